"""Practice orgs as a test, the seeds and the judge handle them, past the product."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.contract.practice.practice_process import PracticeProcess

_WRITING = ("write", "create", "update", "upsert", "archive")


class Org:
    """A practice org's control API as the seeds and the judge want it (``awase_practice.seeds.control.Control``)."""

    def __init__(self, process: PracticeProcess) -> None:
        self.process = process

    @property
    def id(self) -> str:
        return self.process.org_id

    async def ask(self, what: str, **parameters: str) -> Any:
        return self.process.control(what, **parameters)

    async def tell(self, what: str, body: Mapping[str, Any]) -> Any:
        return self.process.control(what, dict(body))

    def rows(self, object: str) -> list[dict[str, Any]]:
        """Live records as stored."""
        found: list[dict[str, Any]] = self.process.control("rows", object=object)
        return found

    def load(self, object: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Put records in past the rules; their ids."""
        answer = self.process.control("load", {"objects": {object: [dict(row) for row in rows]}})
        ids: list[str] = answer["ids"][object]
        return ids

    def edit(self, object: str, id: str, values: Mapping[str, Any], author: str = "user:sales") -> None:
        """Change a record as one of the org's users."""
        self.process.control("edit", {"object": object, "id": id, "values": dict(values), "author": author})

    def schema(self, object: str, **change: Any) -> None:
        """Change the fields or rules of an object as the administrator."""
        self.process.control("schema", {"object": object, **change})

    def calls(self) -> Counter[str]:
        """Calls so far, by kind."""
        return Counter(self.process.control("state")["calls"])

    def writes(self) -> int:
        """Calls so far that wrote people, or their consent."""
        return sum(
            count
            for kind, count in self.calls().items()
            if re.split(r"[._]", kind)[-1] in _WRITING and not kind.startswith("oauth")
        )

    def sign_in(self) -> dict[str, str]:
        """What a person would give to sign in."""
        given = self.process.credentials
        if "access_token" in given:
            return {"token": given["access_token"]}
        return {"client_id": given["client_id"], "client_secret": given["client_secret"]}
