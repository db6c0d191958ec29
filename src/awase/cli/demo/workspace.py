"""The demo's own workspace: a folder of its own, ``awase.toml``, the store, and both connections."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from awase.assembly import DATABASE_VARIABLE, connect, open_store
from awase.cli.demo.orgs import PracticeOrg
from awase.configuration import Workspace, load
from awase.ports.connector import Credentials
from awase.store.postgres import PostgresStore
from awase_practice.seeds.deals import STAGES

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

"""
"""``awase.toml`` up to the syncs, which follow by ``SYNCS``."""

_COMPANIES = """\
[[syncs]]
name = "companies"
ma = { connection = "hubspot", object = "company" }
crm = { connection = "salesforce", objects = ["Account"] }
match_on = "domain"
match_as = "domain"
create_as = [{ object = "Account" }]
"""
_PEOPLE = """\
[[syncs]]
name = "people"
ma = { connection = "hubspot", object = "contact" }
crm = { connection = "salesforce", objects = ["Contact", "Lead"] }
match_on = "email"
crm_ids = { Contact = "salesforcecontactid", Lead = "salesforceleadid" }

[[syncs.create_as]]
object = "Contact"
when = [{ field = "lifecyclestage", is = ["customer"] }]
needs = ["associations.company"]

[[syncs.create_as]]
object = "Lead"
"""
_DEALS = """\
[[syncs]]
name = "deals"
ma = { connection = "hubspot", object = "deal" }
crm = { connection = "salesforce", objects = ["Opportunity"] }
match_on = ""
create_as = [{ object = "Opportunity" }]
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the field list: HubSpot's property, and the Salesforce field on every object or by object."""

    ma: str
    crm: str | Mapping[str, str]
    through: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f'ma = "{self.ma}"', f"crm = {_value(self.crm)}"]
        if self.through:
            parts.append(f'through = "{self.through}"')
        if self.values:
            parts.append(f"values = {_value(self.values)}")
        return "[[syncs.fields]]\n" + "\n".join(parts) + "\n"


_OWNER = Field("hubspot_owner_id", "OwnerId", "owners")

MAPPED: Mapping[str, tuple[Field, ...]] = {
    _COMPANIES: (
        Field("name", "Name"),
        Field("domain", "Website"),
        Field("industry", "Industry"),
        Field("phone", "Phone"),
        _OWNER,
    ),
    _PEOPLE: (
        Field("email", "Email"),
        Field("lastname", "LastName"),
        Field("firstname", "FirstName"),
        Field("company", {"Lead": "Company"}),
        Field("jobtitle", "Title"),
        Field("phone", "Phone"),
        Field("state", {"Lead": "State", "Contact": "MailingState"}),
        Field("city", {"Lead": "City", "Contact": "MailingCity"}),
        Field("industry", {"Lead": "Industry", "Contact": "Industry__c"}),
        Field("numberofemployees", {"Lead": "NumberOfEmployees"}),
        Field("budget", "Budget__c"),
        Field("last_visit", "Last_Visit__c"),
        Field("interests", "Interests__c"),
        Field("lead_source", "LeadSource"),
        Field("employee_code", "Employee_Code__c"),
        Field("memo", "Memo__c"),
        Field("associations.company", {"Contact": "AccountId"}, "companies"),
        _OWNER,
    ),
    _DEALS: (
        Field("dealname", "Name"),
        Field("amount", "Amount"),
        Field("closedate", "CloseDate"),
        Field("dealstage", "StageName", values=STAGES),
        Field("associations.company", "AccountId", "companies"),
        Field("associations.contact", "OpportunityContactRoles", "people"),
        _OWNER,
    ),
}
"""The head of each sync, and its fields."""

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
    return head + "\n".join(f"{sync}\n" + "\n".join(map(str, fields)) for sync, fields in MAPPED.items())


def _value(content: str | Mapping[str, str]) -> str:
    if isinstance(content, str):
        return f'"{content}"'
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in content.items()) + " }"


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
