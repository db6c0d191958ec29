"""The demo on a terminal: what would be done and its price, what was done, and what stands against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table

from awase.catalogue import entry
from awase.cli.demo.story import Played, fates
from awase.cli.reconcile import REASONS
from awase.core.plan import Plan
from awase.core.reconcile import Reconciliation
from awase.core.records import ERROR_KINDS, ItemKind
from awase.locale import text
from awase_practice.agreement.arithmetic import Least
from awase_practice.agreement.verdict import Difference
from awase_practice.seeds.story import Phase

_NAMES: Final = {"ma": "HubSpot", "crm": "Salesforce", "hubspot": "HubSpot", "salesforce": "Salesforce"}
_SHOWN_DIFFERENCES: Final = 20
_PHASES: Final[Mapping[Phase, str]] = {
    "first": "1. The first sync",
    "day": "2. A day has passed, with edits on both sides",
    "last edit": "3. An hour later, one edit just before the sync",
    "nothing": "4. Another hour later, nothing has changed",
}
_STEPS: Final = {
    "recover": "Looking for what an earlier run left",
    "plan": "Reading and comparing both sides",
    "apply": "Carrying it out",
    "settle": "Settling",
    "check": "Checking",
}
_WRITES: Final = {"create": "Create", "update": "Update", "opt_out": "Opt out"}
_FATES: Final = {
    "read": "Read",
    "created": "Created",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "held": "Held",
    "rejected": "Rejected",
    "waiting": "Waiting",
    "skipped": "Skipped",
    "deleted": "Deleted",
}
_COMPANIES: Final = ("hubspot:company", "salesforce:Account")
_PEOPLE: Final = ("hubspot:contact", "salesforce:Contact", "salesforce:Lead")
_DEALS: Final = ("hubspot:deal", "salesforce:Opportunity")
_SOURCES: Final = {"foreseen": "foreseen", "answered": "answered"}


class Screen:
    """Shows the demo's course; silent when it is quiet."""

    def __init__(self, console: Console, language: str) -> None:
        self._console = console
        self._language = language
        self._status: Status | None = None

    def say(self, sentence: str, /, **places: object) -> None:
        """One line."""
        self._console.print(self._t(sentence, **places), highlight=False)

    def working(self) -> AbstractContextManager[Status]:
        """A line that moves while something is done; ``step`` says what."""
        self._status = self._console.status(
            self._t("Starting a practice HubSpot and a practice Salesforce …")
        )
        return self._status

    def step(self, name: str) -> None:
        """What is being done now."""
        if self._status is not None:
            self._status.update(self._t(_STEPS[name]))

    def rest(self) -> None:
        """Nothing more is being done: the moving line goes."""
        if self._status is not None:
            self._status.stop()

    def phase(self, phase: Phase) -> None:
        """A heading."""
        self._console.print()
        self._console.rule(self._t(_PHASES[phase]), align="left")

    def preview(self, plan: Plan, allotments: Mapping[str, int | None]) -> None:
        """What a plan would write, and its price."""
        header = plan.header
        if not header.writes:
            self.say("“{sync}”: there is nothing to write.", sync=header.sync)
            return
        table = self._table("What would be done (nothing is sent yet)", ("Written to",), _WRITES.values())
        for target in sorted({name.rpartition(":")[0] for name in header.writes}):
            side, _, object = target.partition(":")
            counts = [str(header.writes.get(f"{target}:{kind}", 0)) for kind in _WRITES]
            table.add_row(f"{_NAMES[side]} {object}", *counts)
        self._console.print(table)
        held = Counter(i.side for chunk in plan.chunks for i in chunk.items if i.kind == ItemKind.HELD)
        if held:
            self.say(
                "Held back because they would be refused: {hubspot} toward HubSpot, {salesforce} toward Salesforce",
                hubspot=held["ma"],
                salesforce=held["crm"],
            )
        shown = {name: "?" if count is None else str(count) for name, count in allotments.items()}
        self.say(
            "API calls to write: {calls} ({read} were spent reading). Allotment of 24 hours: HubSpot {hubspot}, "
            "Salesforce {salesforce}",
            calls=header.write_calls,
            read=header.read_calls,
            **shown,
        )

    def result(self, played: Played) -> None:
        """What became of every record read."""
        for of in (_COMPANIES, _PEOPLE, _DEALS):
            sides = {name: fates(counts) for name, counts in played.sides.items() if name in of}
            if not sides:
                continue
            table = self._table("What became of the records read", ("Outcome",))
            for name in sides:
                system, _, object = name.partition(":")
                table.add_column(f"{_NAMES[system]} {object}", justify="right")
            for fate, word in _FATES.items():
                if any(counts[fate] for counts in sides.values()):
                    table.add_row(self._t(word), *(str(counts[fate]) for counts in sides.values()))
            self._console.print(table)
        calls = played.calls
        self.say(
            "API calls: {read} reading, {write} writing (announced: {priced}), {other} other. "
            "Conflicts: {conflicts}. {seconds} s",
            read=calls.get("read", 0),
            write=played.write_calls,
            priced=played.priced,
            other=calls.get("other", 0) + calls.get("retries", 0),
            conflicts=played.conflicts,
            seconds=f"{played.seconds:.1f}",
        )

    def errors(self, played: Played) -> None:
        """Open errors by type, most records first."""
        table = self._table("Sync errors by type", ("Type", "Toward", "Found"), ("Records",))
        groups = Counter(
            (item.error_type, item.side, item.source) for item in played.items if item.kind in ERROR_KINDS
        )
        for (type, side, source), count in groups.most_common():
            name = getattr(entry(type).name, self._language)
            table.add_row(name, _NAMES[side], self._t(_SOURCES[source]), str(count))
        self._console.print(table)

    def act(self, sentence: str, /, **places: object) -> None:
        """What happens between two phases."""
        self._console.print()
        self.say(sentence, **places)

    def explained(self, name: str, page: str) -> None:
        """Why somebody is not in the CRM."""
        self._console.print()
        self._console.rule(self._t("Why is {name} not in Salesforce?", name=name), align="left")
        self._console.print(page, highlight=False, markup=False)

    def reconciled(self, found: Mapping[str, Reconciliation]) -> None:
        """Why what differs differs."""
        self._console.print()
        table = self._table(
            "Reconciliation: every difference and its reason", ("Sync", "Reason"), ("Differences",)
        )
        for name, one in found.items():
            reasons = Counter(each.reason for each in one.differences)
            for reason, words in REASONS.items():
                if reasons[reason]:
                    table.add_row(name, self._t(words), str(reasons[reason]))
        self._console.print(table)
        self.say("Pairs compared: {count}", count=sum(one.pairs for one in found.values()))

    def verdict(
        self, against: Sequence[Difference], played: Sequence[Played], least: Sequence[Least]
    ) -> None:
        """Whether both sides agree, and at what cost."""
        self._console.print()
        made = sum(each.calls["read"] + each.write_calls for each in played)
        fewest = sum(each.calls for each in least)
        other = sum(each.calls["other"] + each.calls["retries"] for each in played)
        self.say(
            "API calls for records: {made} (the arithmetic minimum is {least}); {other} more to sign in and read definitions",
            made=made,
            least=fewest,
            other=other,
        )
        if not against:
            self.say("Both sides agree, and exactly the planted troubles were found.")
            return
        self.say("They do not agree: {count} differences", count=len(against))
        for difference in against[:_SHOWN_DIFFERENCES]:
            self._console.print(f"  {difference}", highlight=False, markup=False)

    def _table(self, title: str, columns: Iterable[str], numbers: Iterable[str] = ()) -> Table:
        """An empty table; ``numbers`` are columns after the others that stand to the right."""
        table = Table(title=self._t(title), title_justify="left", box=box.SIMPLE_HEAD)
        for name in columns:
            table.add_column(self._t(name))
        for name in numbers:
            table.add_column(self._t(name), justify="right")
        return table

    def _t(self, sentence: str, /, **places: object) -> str:
        return text(sentence, self._language, **places)
