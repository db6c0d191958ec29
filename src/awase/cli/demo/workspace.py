"""The demo's own workspace: a folder of its own, ``awase.toml``, the store, and both connections."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from awase.assembly import DATABASE_VARIABLE, connect, open_store
from awase.cli.demo.orgs import PracticeOrg
from awase.configuration import Workspace, load
from awase.ports.connector import Credentials
from awase.store.postgres import PostgresStore

CONFIGURATION = """\
# The demo's workspace: it lives as long as the demo runs.
[workspace]
name = "demo"
time_zone = "Asia/Tokyo"
language = "{language}"

[connections.hubspot]
vendor = "hubspot"
base_url = "{hubspot}"

[connections.salesforce]
vendor = "salesforce"
login_url = "{salesforce}"

[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}
match_on = "email"
crm_ids = {{ Contact = "salesforcecontactid", Lead = "salesforceleadid" }}

[[syncs.create_as]]
object = "Contact"
when = [{{ field = "lifecyclestage", is = ["customer"] }}]
needs = ["salesforceaccountid"]

[[syncs.create_as]]
object = "Lead"

"""
"""``awase.toml`` up to the fields, which follow by ``MAPPED``."""

MAPPED: Mapping[str, str | Mapping[str, str]] = {
    "email": "Email",
    "lastname": "LastName",
    "firstname": "FirstName",
    "company": {"Lead": "Company"},
    "jobtitle": "Title",
    "phone": "Phone",
    "state": {"Lead": "State", "Contact": "MailingState"},
    "city": {"Lead": "City", "Contact": "MailingCity"},
    "industry": {"Lead": "Industry", "Contact": "Industry__c"},
    "numberofemployees": {"Lead": "NumberOfEmployees"},
    "budget": "Budget__c",
    "last_visit": "Last_Visit__c",
    "interests": "Interests__c",
    "lead_source": "LeadSource",
    "employee_code": "Employee_Code__c",
    "memo": "Memo__c",
    "salesforceaccountid": {"Contact": "AccountId"},
}
"""HubSpot property → Salesforce field, on every object or by object."""

_SIGN_IN = {
    "hubspot": ("token", {"token": "access_token"}),
    "salesforce": ("client_credentials", {"client_id": "client_id", "client_secret": "client_secret"}),
}
"""Kind of credentials, and its values by what a practice org calls them."""


def configuration_text(orgs: Mapping[str, PracticeOrg], language: str) -> str:
    """The demo's ``awase.toml``."""
    head = CONFIGURATION.format(
        language=language, hubspot=orgs["hubspot"].url, salesforce=orgs["salesforce"].url
    )
    return head + "\n".join(_field(name, crm) for name, crm in MAPPED.items())


def _field(name: str, crm: str | Mapping[str, str]) -> str:
    if isinstance(crm, str):
        there = f'"{crm}"'
    else:
        there = "{ " + ", ".join(f'{object} = "{field}"' for object, field in crm.items()) + " }"
    return f'[[syncs.fields]]\nma = "{name}"\ncrm = {there}\n'


@contextmanager
def private_home() -> Iterator[Path]:
    """A data home for this demo alone, removed at the end; nothing of another install is touched."""
    home = Path(tempfile.mkdtemp(prefix="awase-demo-"))
    # A database that was just being made when we were stopped may write once more after the block.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    before = {name: os.environ.get(name) for name in ("AWASE_HOME", DATABASE_VARIABLE)}
    os.environ["AWASE_HOME"] = str(home)
    os.environ.pop(DATABASE_VARIABLE, None)
    try:
        yield home
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def connected_workspace(
    home: Path, orgs: Mapping[str, PracticeOrg], language: str
) -> AsyncIterator[tuple[Workspace, PostgresStore]]:
    """The workspace over both orgs with its store open and its connections made, as practice connections."""
    file = home / "awase.toml"
    file.write_text(configuration_text(orgs, language), encoding="utf-8")
    workspace = load(file)
    async with open_store(workspace) as store:
        for vendor, org in orgs.items():
            kind, names = _SIGN_IN[vendor]
            values = {ours: org.credentials[theirs] for ours, theirs in names.items()}
            await connect(workspace, vendor, store, credentials=Credentials(kind, values), mode="practice")
        yield workspace, store
