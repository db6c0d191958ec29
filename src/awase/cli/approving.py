"""Asking before anything is written: guards, read-only connections, and a person at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from awase.cli.call import Call
from awase.core.mapping import Sync
from awase.core.plan import Plan
from awase.errors import AwaseError, StoppedByGuard
from awase.ports.store import ConnectionRecord
from awase.runtime.unattended import read_only


class Approval:
    """Says yes or no to a finished plan; ``refusal`` is then why not, where the guards are not the reason."""

    def __init__(
        self,
        call: Call,
        sync: Sync,
        records: Mapping[str, ConnectionRecord],
        *,
        yes: bool,
        show: Callable[[Plan], None],
    ) -> None:
        self._call = call
        self._sync = sync
        self._records = records
        self._yes = yes
        self._show = show
        self.refusal: AwaseError | None = None

    def __call__(self, plan: Plan) -> bool:
        self._show(plan)
        self.refusal = read_only(plan, self._sync, self._records)
        if self.refusal is not None:
            return False
        if self._yes or not plan.header.guards:
            return True
        if not self._call.interactive:
            return False
        if self._call.confirmed("Carry out this plan?"):
            return True
        self.refusal = StoppedByGuard(
            "nothing was written, as you chose",
            where=f"sync {self._sync.name}",
            remedy="Run the same command again when you want to.",
        )
        return False

    def told(self, stopped: StoppedByGuard) -> AwaseError:
        """The reason to show when a run was not approved."""
        return self.refusal or stopped
