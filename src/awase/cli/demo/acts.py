"""What the demo shows between its phases:
why somebody is not in the CRM, a run undone, a sync killed in its middle, and the reconciliation of all."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from awase.assembly import environment
from awase.cli.demo.story import Performance
from awase.cli.demo.workspace import Field
from awase.configuration import FILE_NAME
from awase.core.operations import State
from awase.core.reconcile import Reconciliation
from awase.core.records import Item
from awase.engine.reconciling import reconcile
from awase.engine.undoing import find_run, preview, undo_run
from awase.errors import Bug
from awase_practice.salesforce.stock_fields import INDUSTRIES
from awase_practice.seeds.control import load, rows
from awase_practice.seeds.loading import Stage, let_pass
from awase_practice.seeds.orgs import PHONE_RULE
from awase_practice.seeds.story import Part, Record

HOUR: Final = 3_600.0
_NAME: Final = "山田"
MISTAKE: Final = "一括更新の誤り"
"""What somebody writes over the titles of people by mistake."""

LOST: Final = "製造業"
"""The industry that the CRM's administrator deletes from the list."""

_TITLE_WHILE_KILLED: Final = "営業推進部 部長"
_TOUCHED: Final = 12
"""People whom a mistake, or the sync that is killed, concerns."""
_PATIENCE: Final = 120.0
_SLOW: Final = 0.4
"""Seconds that each call of the sync that is killed takes, so that there is something to kill into."""
_GLANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended; status is negative where a signal ended it."""

    status: int
    out: str

    @property
    def document(self) -> Any:
        """What ``--json`` printed."""
        return msgspec.json.decode(self.out)


@dataclass(slots=True)
class Acts:
    """The acts of one demo, and what they came to."""

    home: Path
    """The demo's workspace."""
    language: str
    stage: Stage
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Act → its facts, for the document."""

    @property
    def has_enough_people(self) -> bool:
        """Whether there is somebody for every act."""
        return bool(_held(self.stage) and self._undisturbed(1))

    async def explain(self, items: Iterable[Item]) -> tuple[str, str]:
        """Why somebody is not in the CRM: the person's name, and the page that ``awase explain`` prints."""
        people = _held(self.stage)
        record = next((each for each in people if each.values.get("lastname") == _NAME), people[0])
        address = str(record.values["email"])
        page = await self._ended("explain", address, "--lang", self.language)
        name = f"contact:{self.stage.ids[record.name]}"
        codes = sorted({item.error_type for item in items if item.record == name})
        self.told["explain"] = {"person": name, "error_types": codes}
        return str(record.values.get("lastname") or record.values.get("firstname") or address), page.out

    async def mistake(self) -> None:
        """Somebody writes over the titles of several people by mistake."""
        await self._retitle(0, MISTAKE)
        await let_pass(self.stage, HOUR)

    async def wrong_titles(self) -> int:
        """In how many records of both systems the mistake still stands."""
        contacts = await rows(self.stage.hubspot, "contact")
        leads = await rows(self.stage.salesforce, "Lead")
        return sum(MISTAKE in (row.get("jobtitle"), row.get("Title")) for row in (*contacts, *leads))

    async def undo(self, performance: Performance, number: int) -> dict[str, Any]:
        """The run that carried the mistake over: looked at, then undone; the next sync takes it back at its origin, too."""
        run = await find_run(performance.store, number)
        sync = performance.workspace.sync(run.sync)
        async with environment(performance.workspace, sync, performance.store) as env:
            looked = await preview(env, sync, run, carry=True)
        async with environment(performance.workspace, sync, performance.store) as env:
            done = await undo_run(env, sync, run, lambda _: True, carry=True)
        back = sum(outcome.state == State.APPLIED for outcome in done.outcomes.values())
        facts = {"run": number, "previewed": len(looked.undo.restored), "put_back": back}
        self.told["undo"] = facts
        await let_pass(self.stage, HOUR)
        return facts

    async def kill(self) -> dict[str, Any]:
        """A sync of people is killed after its first write, and the same command brings it to its end."""
        await self._retitle(1, _TITLE_WHILE_KILLED)
        await let_pass(self.stage, HOUR)
        late = {"arm": {"call.late": {"chance": 1, "size": _SLOW}}}
        await self.stage.salesforce.tell("faults", late)
        before = await self._writes()
        process = await self._start("sync", "people", "--yes", "--json")
        try:
            async with asyncio.timeout(_PATIENCE):
                # The other process has no event of ours to set.
                while process.returncode is None and await self._writes() == before:  # noqa: ASYNC110
                    await asyncio.sleep(_GLANCE)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()
        await self.stage.salesforce.tell("faults", {})
        again = (await self._ended("sync", "people", "--yes", "--json")).document["runs"][0]
        found = [
            r for r in await rows(self.stage.salesforce, "Lead") if r.get("Title") == _TITLE_WHILE_KILLED
        ]
        facts = {
            "killed_by": -(process.returncode or 0),
            "run": again["run"],
            "edited": len(self._undisturbed(1)),
            "arrived": len(found),
        }
        self.told["kill"] = facts
        return facts

    async def reconcile(self, performance: Performance) -> dict[str, Reconciliation]:
        """Every difference between the two systems with its reason, by sync."""
        found = {}
        for sync in performance.syncs:
            async with environment(performance.workspace, sync, performance.store) as env:
                found[sync.name] = await reconcile(env, sync)
        reasons = Counter(str(each.reason) for one in found.values() for each in one.differences)
        self.told["reconcile"] = {
            "explained": all(one.explained for one in found.values()),
            "pairs": sum(one.pairs for one in found.values()),
            "reasons": dict(reasons),
        }
        return found

    async def rule(self) -> dict[str, Any] | None:
        """A validation rule of the CRM: whom it keeps out, that a copy of the org says the same, and what a conversion
        of the telephone numbers on their way would change. None where it keeps nobody out."""
        proved = (await self._ended("check", "people", "--prove", "--json")).document["checks"][0]
        score = next((row for row in proved["proof"]["rules"] if row["rule"] == PHONE_RULE["name"]), None)
        if score is None or not score["foreseen"]:
            return None
        message = next(c["message"] for c in proved["causes"] if c["rule"] == PHONE_RULE["name"])
        file = self.home / FILE_NAME
        before = file.read_text(encoding="utf-8")
        file.write_text(_with_conversion(before), encoding="utf-8")
        converted = (await self._ended("check", "people", "--json")).document["checks"][0]
        file.write_text(before, encoding="utf-8")
        left = [c["records"] for c in converted["causes"] if c["rule"] == PHONE_RULE["name"]]
        facts = {
            "rule": score["rule"],
            "message": message,
            "foreseen": score["foreseen"],
            "refused": score["refused_by_it"] + score["refused_otherwise"],
            "saved": score["saved"],
            "precision": proved["proof"]["precision"],
            "converted": score["foreseen"] - sum(left),
        }
        self.told["rule"] = facts
        return facts

    async def drift(self) -> dict[str, Any]:
        """The CRM's administrator takes an industry in use off the list of leads while people with it wait for the next
        run: who stops is told before it, and the industry is put back."""
        fresh = [
            {
                "email": f"tonight{n}@example.jp",
                "lastname": f"{_NAME}{n}",
                "company": "今夜製作所",
                "industry": LOST,
            }
            for n in range(_TOUCHED)
        ]
        await load(self.stage.hubspot, "contact", fresh, "user:sato")
        have_it = sum(row.get("Industry") == LOST for row in await rows(self.stage.salesforce, "Lead"))
        await self._industries([each for each in INDUSTRIES if each != LOST])
        found = (await self._ended("drift", "people", "--json")).document["drifts"][0]
        await self._industries(INDUSTRIES)
        after = (await self._ended("drift", "people", "--json")).document["drifts"][0]
        facts = {
            "option": LOST,
            "have_it": have_it,
            "people": found["people"],
            "next_run": found["next_run"],
            "after": after["people"],
        }
        self.told["drift"] = facts
        return facts

    async def _industries(self, values: Sequence[str]) -> None:
        change = {"name": "Industry", "values": list(values)}
        await self.stage.salesforce.tell("schema", {"object": "Lead", "change_field": change})

    # -- commands --------------------------------------------------------------------------------------------------

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "awase.cli.main", *arguments),
            cwd=self.home,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def _ended(self, *arguments: str) -> Ended:
        """A command to its end. Those that end with a mistake of ours, or not at all, end the demo."""
        process = await self._start(*arguments)
        try:
            async with asyncio.timeout(_PATIENCE):
                out, err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode not in (0, 1):
            raise Bug(
                "awase {command} ended with {status}: {words}",
                command=arguments[0],
                status=process.returncode,
                words=(err or out).decode(errors="replace")[-500:],
            )
        return Ended(process.returncode, out.decode())

    # -- people ----------------------------------------------------------------------------------------------------

    async def _writes(self) -> int:
        calls = (await self.stage.salesforce.ask("state"))["calls"]
        return int(calls.get("collection_write", 0))

    async def _retitle(self, turn: int, title: str) -> None:
        for record in self._undisturbed(turn):
            body = {
                "object": "contact",
                "id": self.stage.ids[record.name],
                "values": {"jobtitle": title},
                "author": "user:sato",
            }
            await self.stage.hubspot.tell("edit", body)

    def _undisturbed(self, turn: int) -> list[Record]:
        """Leads of the first sync to whom nothing else happens, others each turn."""
        plain = [part.records[0] for part in self.stage.story.parts if _is_plain(part)]
        return plain[turn::2][:_TOUCHED]


def _with_conversion(configuration: str) -> str:
    """The workspace's text, in which telephone numbers of people become half-width on their way to the CRM."""
    mapping = str(Field("phone", "Phone"))
    head, _, tail = configuration.rpartition(mapping)
    if not head:
        raise Bug("the demo maps no telephone numbers")
    return f'{head}{mapping}to_crm = [{{ half_width = "ascii" }}]\n{tail}'


def _is_plain(part: Part) -> bool:
    (record, *others) = part.records
    eventful = part.planted or part.edits or part.events or part.fault or others
    return not eventful and record.object == "contact" and record.phase == "first" and record.account is None


def _held(stage: Stage) -> list[Record]:
    """Those in HubSpot whose leads are held from the beginning."""
    held = {p.record for p in stage.story.planted if (p.kind, p.toward, p.since) == ("held", "crm", "first")}
    return [
        r for r in stage.story.records if r.name in held and r.object == "contact" and r.values.get("email")
    ]
