"""``awase init``: a commented ``awase.toml`` to begin with."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from awase.cli.call import Call, help_text, verb
from awase.configuration import FILE_NAME, NAME_PATTERN
from awase.errors import BadInput

_TEMPLATE = """\
# {0}

[workspace]
name = "{name}"            # {1}
time_zone = "{zone}"
language = "{language}"

[connections.hubspot]
vendor = "hubspot"
# base_url = "http://127.0.0.1:8731"   # {2}
# key_property = "awase_key"           # {3}

[connections.salesforce]
vendor = "salesforce"
login_url = "https://login.salesforce.com"   # {4}
# login_url = "http://127.0.0.1:8732"        # {2}
# key_field = "Awase_Key__c"                 # {3}

[[syncs]]
name = "people"
ma = {{ connection = "hubspot", object = "contact" }}
crm = {{ connection = "salesforce", objects = ["Contact", "Lead"] }}   # {5}
match_on = "email"
on_conflict = "crm"          # {6}
# crm_ids = {{ Contact = "salesforcecontactid", Lead = "salesforceleadid" }}   # {7}

# {8}
[[syncs.create_as]]
object = "Lead"

# {9}
[[syncs.fields]]
ma = "email"
crm = "Email"

[[syncs.fields]]
ma = "lastname"
crm = "LastName"

[[syncs.fields]]
ma = "firstname"
crm = "FirstName"

[[syncs.fields]]
ma = "company"
crm = {{ Lead = "Company" }}   # {10}

[[syncs.fields]]
ma = "jobtitle"
crm = "Title"

[[syncs.fields]]
ma = "phone"
crm = "Phone"

# {11}
# [[syncs.fields]]
# ma = "industry"
# crm = {{ Lead = "Industry" }}
# direction = "two_way"                # two_way | prefer_crm | crm | ma | off
# values = {{ "製造" = "製造業" }}
"""
_COMMENTS = (
    "What Awase keeps in agreement. Credentials are never written here: `awase connect NAME` asks for them.",
    "small letters, digits, - and _",
    "a practice org on this machine (`awase practice up`)",
    "the unique field that carries Awase's key; creates are safe to repeat with it",
    "or https://test.salesforce.com, or the org's own My Domain address",
    "in matching order",
    "when both sides changed: crm, ma or wait (a person decides)",
    "fields of HubSpot that hold the Salesforce ids, if there are any",
    "What a person becomes who is not in the CRM yet. Without any rule nothing is created there.",
    "Fields kept equal. Opt-outs need no mapping: they always go, in both directions, and are never undone.",
    "only on that object",
    "Direction, and values that are named differently:",
)


def add_to(app: typer.Typer) -> None:
    """Make this a verb of ``app``."""
    verb(app, "init", "Write a commented awase.toml to begin with.")(init)


def init(
    call: Call,
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", show_default=False)] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help=help_text("Name of the workspace; without it, the folder's made fit.")),
    ] = None,
    practice: Annotated[
        bool,
        typer.Option("--practice", help=help_text("Lead to the practice orgs."), show_default=False),
    ] = False,
) -> int:
    folder = directory or call.directory
    file = folder / FILE_NAME
    comments = [call.t(comment) for comment in _COMMENTS]
    zone = "Asia/Tokyo" if call.language == "ja" else "UTC"
    named = _fitting(folder.resolve().name) if name is None else _checked(name)
    content = _TEMPLATE.format(*comments, name=named, zone=zone, language=call.language)
    if practice:
        content = _leading_to_practice(content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644), "w", encoding="utf-8"
        ) as out:
            out.write(content)
    except FileExistsError:
        raise BadInput(
            "there is an awase.toml already; it was left as it is",
            where=str(file),
            remedy="Edit it, or choose another folder.",
        ) from None
    except OSError as problem:
        raise BadInput(
            "the file cannot be written: {words}", where=str(file), words=problem.strerror or ""
        ) from None
    call.document({"file": str(file)})
    call.say(
        "Written: {file}. Next: edit it, then `awase connect hubspot` and `awase connect salesforce`.",
        file=file,
    )
    return 0


def _fitting(wanted: str) -> str:
    """The nearest name that a workspace may have."""
    folded = unicodedata.normalize("NFKC", wanted).lower()
    return re.sub(r"[^a-z0-9_-]+", "-", folded).lstrip("-_")[:32].rstrip("-_") or "workspace"


def _checked(name: str) -> str:
    if re.fullmatch(NAME_PATTERN, name) is None or name.endswith("\n"):
        raise BadInput(
            "a workspace cannot be named “{name}”",
            where="--name",
            remedy="Use small letters from a to z, digits, - and _: at most 32, and a letter or digit first. "
            "For instance: {fitting}",
            name=name,
            fitting=_fitting(name),
        )
    return name


def _leading_to_practice(content: str) -> str:
    """The practice addresses in force instead of the vendors'."""
    lines = [line for line in content.splitlines() if not line.startswith('login_url = "https:')]
    addresses = ("# base_url = ", "# login_url = ")
    return "".join((line[2:] if line.startswith(addresses) else line) + "\n" for line in lines)
