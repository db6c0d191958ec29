"""A workspace of four fields, for people of one kind, with the embedded database that a first user has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.installation import HOUR, Installation, heading, installation

CONFIGURATION = (
    heading("acme")
    + """\
[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}

[[syncs.create_as]]
object = "Lead"

[[syncs.fields]]
ma = "email"
crm = "Email"

[[syncs.fields]]
ma = "lastname"
crm = "LastName"

[[syncs.fields]]
ma = "company"
crm = {{ Lead = "Company" }}

[[syncs.fields]]
ma = "jobtitle"
crm = "Title"
"""
)

WORKSPACE = "acme"


def contact(number: int, **values: str) -> dict[str, str]:
    """A believable contact."""
    given = {
        "email": f"person{number}@example.jp",
        "lastname": f"山田{number}",
        "company": f"株式会社例{number}",
        "jobtitle": "課長",
    }
    return {**given, **values}


def load(place: Installation, *contacts: Mapping[str, str]) -> list[str]:
    """People as HubSpot has them; their ids."""
    return place.hubspot.load("contacts", contacts)


def pass_an_hour(place: Installation) -> None:
    """Let time pass in both orgs, so that what was written is history."""
    place.let_pass(HOUR)


@contextmanager
def small_workspace(orgs: str = "office", project: Path | None = None) -> Iterator[Installation]:
    """Two empty practice orgs of that name and a workspace for them, not connected yet.

    ``project``: the SFDX project by which the Salesforce org is set up.
    """
    with installation(
        connected=False, orgs=orgs, template=CONFIGURATION, embedded=WORKSPACE, project=project
    ) as made:
        yield made
