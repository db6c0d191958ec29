"""The demo's course: two orgs, their people, every phase on the screen, a finale, and the page at the end."""

from __future__ import annotations

from typing import Any

import aiohttp

from awase.cli.demo.acts import Acts
from awase.cli.demo.orgs import PracticeOrg, practice_orgs
from awase.cli.demo.showing import Screen
from awase.cli.demo.story import Performance, document
from awase.cli.demo.workspace import connected_workspace, private_home
from awase.configuration import Workspace
from awase.core.plan import Plan
from awase.runtime.clock import SystemClock
from awase.server import serve_until_stopped
from awase.store.postgres import PostgresStore
from awase_practice.seeds.casting import story
from awase_practice.seeds.control import ControlCaller
from awase_practice.seeds.loading import Stage, set_up
from awase_practice.seeds.story import PHASES, Phase


class Course:
    """One demo: its people and its screen."""

    def __init__(self, people: int, seed: int, language: str, screen: Screen) -> None:
        self._people = people
        self._seed = seed
        self._language = language
        self._screen = screen
        self._allotments: dict[str, int | None] = {}

    async def run(self, *, serve: bool) -> dict[str, Any]:
        """The whole demo; what it came to as a document. Everything it made is gone at the end."""
        with private_home() as home, self._screen.working():
            async with practice_orgs(home, self._seed) as orgs, aiohttp.ClientSession() as http:
                stage = await self._stage(orgs, http)
                async with connected_workspace(home, orgs, self._language) as (workspace, store):
                    portal, org = orgs["hubspot"].org_id, orgs["salesforce"].org_id
                    self._screen.say(
                        "Connected, for practice: HubSpot {portal}, Salesforce {org}", portal=portal, org=org
                    )
                    acts = Acts(home, self._language, stage)
                    outcome = await self._perform(workspace, store, stage, acts)
                    if serve:
                        self._screen.say(
                            "The data is in {home}. Ctrl-C ends the demo and removes everything.", home=home
                        )
                        await serve_until_stopped(workspace, store, self._tell_page)
        return outcome

    async def _stage(self, orgs: dict[str, PracticeOrg], http: aiohttp.ClientSession) -> Stage:
        controls = {vendor: ControlCaller(org.control, http) for vendor, org in orgs.items()}
        cast = story(self._people, self._seed)
        stage = await set_up(controls["hubspot"], controls["salesforce"], cast)
        self._screen.say(
            "{people} made-up business contacts, {companies} companies and {deals} deals are in place (seed {seed}).",
            people=len(cast.parts),
            companies=len(cast.companies),
            deals=len(cast.deals),
            seed=self._seed,
        )
        return stage

    async def _perform(
        self, workspace: Workspace, store: PostgresStore, stage: Stage, acts: Acts
    ) -> dict[str, Any]:
        performance = Performance(workspace, store, stage, self._approve, self._screen.step)
        for phase in PHASES:
            self._screen.phase(phase)
            self._allotments = await _allotments(workspace, store)
            played = await performance.perform(phase)
            self._screen.result(played)
            if phase in ("first", "day"):
                self._screen.errors(played)
            if acts.has_enough_people:
                await self._act_after(phase, performance, acts)
        against, least = await performance.judge(), await performance.least()
        self._screen.verdict(against, performance.played, least)
        if acts.has_enough_people:
            if (facts := await acts.rule()) is not None:
                self._screen.act(
                    "A validation rule of the CRM says: {message} It was foreseen for {foreseen} people; a copy of the org, "
                    "to which all were sent, refused {refused}. Converted on their way, {converted} of them would be taken.",
                    **facts,
                )
            self._screen.act(
                "The administrator of the CRM deletes “{option}” from the list of industries. Awase says before anything "
                "runs: {next_run} people stop tonight, {people} in all when their industry has to be written. It is put back.",
                **await acts.drift(),
            )
        return document(self._seed, self._people, performance.played, least, against, acts.told)

    async def _act_after(self, phase: Phase, performance: Performance, acts: Acts) -> None:
        """What is shown when the syncs of a phase have ended."""
        match phase:
            case "first":
                self._screen.explained(*await acts.explain(performance.played[-1].items))
            case "day":
                await acts.mistake()
                self._screen.act("By mistake, somebody has overwritten the titles of several people")
                report = (await performance.between())["people"]
                facts = await acts.undo(performance, report.run.id)
                self._screen.act("The run is undone: {put_back} of {previewed} values are put back", **facts)
                await performance.between()
                facts["still_wrong"] = await acts.wrong_titles()
            case "last edit":
                facts = await acts.kill()
                self._screen.act(
                    "A sync was killed in its middle (kill -9) and run again: {arrived} of {edited} edits arrived, each once",
                    **facts,
                )
                await performance.between()
            case "nothing":
                self._screen.reconciled(await acts.reconcile(performance))

    def _tell_page(self, address: str) -> None:
        self._screen.rest()
        self._screen.say("Sync health: {address}", address=address)

    def _approve(self, phase: Phase, plan: Plan) -> bool:
        """The first sync is what the demo was asked for; later ones must pass all guards by themselves."""
        self._screen.preview(plan, self._allotments)
        return phase == "first" or not plan.header.guards


async def _allotments(workspace: Workspace, store: PostgresStore) -> dict[str, int | None]:
    """Calls that each connection may make in 24 hours: half of the vendor's limit, once the vendor has named it."""
    found: dict[str, int | None] = {}
    for name in workspace.connections:
        maximum = (await store.call_use(name, SystemClock().now())).vendor_maximum
        found[name] = None if maximum is None else maximum // 2
    return found
