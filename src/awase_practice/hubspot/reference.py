"""The part of the page on practice orgs that tells what a HubSpot portal serves."""

from __future__ import annotations

from collections.abc import Iterable

from ..kernel.served import CONFIRMED, Endpoint, ErrorKind, table
from .endpoints import APIS, OPEN, Api
from .refusals import FAULTS, ITEMS, REFUSALS
from .settings import Settings
from .webhooks import EVENT_TYPES, MOST_IN_A_CALL, MOST_REPETITIONS

_UNKNOWN = "—"


def section() -> list[str]:
    """The lines of the section."""
    calls = [each for api in APIS for each in api.endpoints]
    every = [*calls, *OPEN]
    known = sum(each.mark == CONFIRMED for each in every)
    lines = [
        "## HubSpot portal",
        "",
        f"{len(every)} calls, {known} of them confirmed; {len(REFUSALS)} refusals, "
        f"{sum(each.mark == CONFIRMED for each in REFUSALS)} of their names confirmed. "
        "A slash at the end of a path changes nothing. A path that is not listed is answered by 404, one by another "
        "method by 405.",
        "",
    ]
    for api in APIS:
        lines += _api(api)
    lines += ["### Without a bearer token", "", *_endpoints(OPEN), ""]
    lines += ["### Refusals", "", *_errors(REFUSALS), ""]
    lines += ["### Among the errors of a batch", "", *_errors(ITEMS), ""]
    lines += ["### Only by faults that are armed", "", *_errors(FAULTS), ""]
    return [*lines, *_webhooks(), "", *_settings()]


def _api(api: Api) -> list[str]:
    places = dict.fromkeys(f"`{api.place(version)}`" for version in sorted(api.versions, reverse=True))
    return [f"### {api.title}", "", f"At {', '.join(places)}.", "", *_endpoints(api.endpoints), ""]


def _endpoints(endpoints: Iterable[Endpoint]) -> list[str]:
    rows = [(f"`{e.method} {e.path}`", e.about, e.source or _UNKNOWN, e.mark) for e in endpoints]
    return table(("Call", "What it does", "Source", "Mark"), rows)


def _errors(kinds: Iterable[ErrorKind]) -> list[str]:
    rows = [(str(e.status), f"`{e.name}`", e.when, e.source or _UNKNOWN, e.mark) for e in kinds]
    return table(("Status", "Category, code or words", "When", "Source", "Mark"), rows)


def _webhooks() -> list[str]:
    return [
        "### Webhooks",
        "",
        f"To an address of this machine, in calls of at most {MOST_IN_A_CALL} events, unordered, some of them twice when "
        f"that is set, signed by v1 and v3, and told again up to {MOST_REPETITIONS} times. The event types are: "
        + ", ".join(f"`{each}`" for each in sorted(EVENT_TYPES))
        + ". The control call `webhooks` sets who is told what.",
    ]


def _settings() -> list[str]:
    rows = [
        (f"`{name}`", f"{len(value)} scopes" if name == "scopes" else f"`{value}`")
        for name, value in Settings().to_json().items()
    ]
    return ["### Settings", "", *table(("Setting", "At first"), rows)]
