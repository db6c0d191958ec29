"""Calls to a practice Salesforce org that several contract tests make."""

# ruff: noqa: S608  (queries to the practice org are built from the tests' own texts)

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any
from urllib.parse import quote

from .practice_process import PracticeProcess, Reply, query_target

DATA = "/services/data/v65.0"
MANY = f"{DATA}/composite/sobjects"
numbers = count(1)


def sign_in(org: PracticeProcess) -> Reply:
    wanted = {name: org.credentials[name] for name in ("client_id", "client_secret")}
    return org.form("/services/oauth2/token", {"grant_type": "client_credentials", **wanted})


def unbound(org: PracticeProcess) -> PracticeProcess:
    """The org, signed in anew, with no fault armed and no right withheld."""
    org.control("faults", {})
    maps = ("hidden_fields", "read_only_fields", "object_permissions", "row_access")
    org.control("settings", {name: {} for name in maps} | {"locked_rows": [], "access_revoked": False})
    org.token = ""
    org.token = sign_in(org).document["access_token"]
    return org


def row_path(object: str, row_id: str = "") -> str:
    return f"{DATA}/sobjects/{object}" + (f"/{row_id}" if row_id else "")


def load(org: PracticeProcess, object: str, **values: object) -> str:
    """Put a row in past the rules."""
    return str(org.control("load", {"objects": {object: [values]}})["ids"][object][0])


def create(org: PracticeProcess, object: str, /, **values: object) -> str:
    """Make a row as the API's user."""
    reply = org.send("POST", row_path(object), values)
    assert reply.status == 201, reply.body
    return str(reply.document["id"])


def change(org: PracticeProcess, object: str, row_id: str, /, **values: object) -> Reply:
    return org.send("PATCH", row_path(object, row_id), values)


def edit(org: PracticeProcess, object: str, row_id: str, /, **values: object) -> None:
    """Change a row as a person."""
    org.control("edit", {"object": object, "id": row_id, "values": values, "author": "user:佐藤"})


def found(org: PracticeProcess, text: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    """The records of a query."""
    target = query_target(text)
    reply = org.send("GET", target.replace("/query?", "/queryAll?") if deleted else target)
    assert reply.status == 200, reply.body
    return list(reply.document["records"])


def one(
    org: PracticeProcess, object: str, row_id: str, fields: str, *, deleted: bool = False
) -> dict[str, Any]:
    """Some fields of one row."""
    (record,) = found(org, f"SELECT {fields} FROM {object} WHERE Id = '{row_id}'", deleted=deleted)
    return {name: value for name, value in record.items() if name != "attributes"}


def described(org: PracticeProcess, object: str) -> Mapping[str, Any]:
    document: dict[str, Any] = org.send("GET", f"{row_path(object)}/describe").document
    return {**document, "fields": {each["name"]: each for each in document["fields"]}}


def outcomes(reply: Reply) -> list[str]:
    """Of each record of a collection: ``ok`` or the code of its first error."""
    assert reply.status == 200, reply.body
    return ["ok" if each["success"] else each["errors"][0]["statusCode"] for each in reply.document]


def many(object: str, *records: Mapping[str, object]) -> dict[str, object]:
    return {"allOrNone": False, "records": [{"attributes": {"type": object}, **each} for each in records]}


def deletion(*ids: str, all_or_none: bool = False) -> str:
    return f"{MANY}?ids={quote(','.join(ids))}&allOrNone={str(all_or_none).lower()}"
