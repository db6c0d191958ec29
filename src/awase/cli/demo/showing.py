"""The demo on a terminal: what would be done and its price, what was done, and what stands against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

import msgspec
from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table

from awase.catalogue import entry
from awase.cli.demo.story import Played
from awase.cli.demo.words import say
from awase.core.plan import Plan
from awase.core.records import ItemKind, RunCounts
from awase_practice.agreement.arithmetic import Least
from awase_practice.agreement.verdict import Difference
from awase_practice.seeds.story import Phase

_NAMES: Final = {"ma": "HubSpot", "crm": "Salesforce", "hubspot": "HubSpot", "salesforce": "Salesforce"}
_ERRORS: Final = (
    ItemKind.HELD,
    ItemKind.REJECTED,
    ItemKind.AMBIGUOUS,
    ItemKind.UNKNOWN,
    ItemKind.DEFERRED,
)
_SHOWN_DIFFERENCES: Final = 20


class Screen:
    """Shows the demo's course; silent when it is quiet."""

    def __init__(self, console: Console, language: str) -> None:
        self._console = console
        self._language = language
        self._status: Status | None = None

    def say(self, key: str, **places: object) -> None:
        """One line."""
        self._console.print(say(key, self._language, **places), highlight=False)

    def working(self) -> AbstractContextManager[Status]:
        """A line that moves while something is done; ``step`` says what."""
        self._status = self._console.status(say("starting", self._language))
        return self._status

    def step(self, name: str) -> None:
        """What is being done now."""
        if self._status is not None:
            self._status.update(say(f"step:{name}", self._language))

    def phase(self, phase: Phase) -> None:
        """A heading."""
        self._console.print()
        self._console.rule(say(f"phase:{phase}", self._language), align="left")

    def preview(self, plan: Plan, allotments: Mapping[str, int | None]) -> None:
        """What a plan would write, and its price."""
        header = plan.header
        if not header.writes:
            self.say("nothing_to_do")
            return
        kinds = ("create", "update", "opt_out")
        table = self._table("preview", ("target", *kinds))
        for target in sorted({name.rpartition(":")[0] for name in header.writes}):
            side, _, object = target.partition(":")
            counts = [str(header.writes.get(f"{target}:{kind}", 0)) for kind in kinds]
            table.add_row(f"{_NAMES[side]} {object}", *counts)
        self._console.print(table)
        held = Counter(i.side for chunk in plan.chunks for i in chunk.items if i.kind == ItemKind.HELD)
        if held:
            self.say("held_back", hubspot=held["ma"], salesforce=held["crm"])
        shown = {name: "?" if count is None else str(count) for name, count in allotments.items()}
        self.say("price", calls=header.write_calls, read=header.read_calls, **shown)

    def result(self, played: Played) -> None:
        """What became of every record read."""
        sides = {name: msgspec.structs.asdict(counts) for name, counts in played.sides.items()}
        table = self._table("counts", ("fate",))
        for name in sides:
            system, _, object = name.partition(":")
            table.add_column(f"{_NAMES[system]} {object}", justify="right")
        for fate in RunCounts.__struct_fields__:
            table.add_row(say(fate, self._language), *(str(counts[fate]) for counts in sides.values()))
        self._console.print(table)
        calls = played.report.calls
        self.say(
            "calls",
            read=calls.get("read", 0),
            write=played.write_calls,
            priced=played.report.plan.header.write_calls,
            other=calls.get("other", 0) + calls.get("retries", 0),
            conflicts=played.report.run.conflicts,
            seconds=f"{played.seconds:.1f}",
        )

    def errors(self, played: Played) -> None:
        """Open errors by type, most records first."""
        table = self._table("errors", ("type", "where", "found", "records"))
        groups = Counter(
            (item.error_type, item.side, item.source) for item in played.items if item.kind in _ERRORS
        )
        for (type, side, source), count in groups.most_common():
            name = getattr(entry(type).name, self._language)
            table.add_row(name, _NAMES[side], say(source, self._language), str(count))
        self._console.print(table)

    def verdict(
        self, against: Sequence[Difference], played: Sequence[Played], least: Sequence[Least]
    ) -> None:
        """Whether both sides agree, and at what cost."""
        self._console.print()
        made = sum(each.report.calls.get("read", 0) + each.write_calls for each in played)
        self.say("minimum", made=made, least=sum(each.calls for each in least))
        if not against:
            self.say("agree")
            return
        self.say("differ", count=len(against))
        for difference in against[:_SHOWN_DIFFERENCES]:
            self._console.print(f"  {difference}", highlight=False, markup=False)

    def _table(self, title: str, columns: Sequence[str]) -> Table:
        table = Table(title=say(title, self._language), title_justify="left", box=box.SIMPLE_HEAD)
        first, *rest = columns
        table.add_column(say(first, self._language))
        for name in rest:
            right = name not in {"where", "found"}
            table.add_column(say(name, self._language), justify="right" if right else "left")
        return table
