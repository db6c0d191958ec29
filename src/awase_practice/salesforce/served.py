"""What the practice Salesforce org answers, for the reference page: its calls, and the refusals found in its own code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_REST = "REST API Developer Guide"
_BULK = "Bulk API 2.0 guide, jsforce, simple-salesforce"
_SOAP = "partner WSDL (jsforce)"
_OAUTH = "Salesforce Help, jsforce, simple-salesforce"
_DATA = "/services/data/vNN.0"

CALLS: Final = (
    ("GET POST", "/services/oauth2/authorize", "log-in page, code with PKCE", _OAUTH, "confirmed"),
    ("POST", "/services/oauth2/token", "JWT bearer, client credentials, refresh, code, password", _OAUTH, "confirmed"),
    ("POST", "/services/oauth2/revoke", "end a token", _OAUTH, "confirmed"),
    ("POST", "/services/oauth2/introspect", "what a token is worth", _OAUTH, "from memory"),
    ("GET", "/services/oauth2/userinfo", "who one is", _OAUTH, "confirmed"),
    ("GET", "/.well-known/openid-configuration", "where to sign in", _OAUTH, "from memory"),
    ("GET", "/id/ORG/USER", "the identity page", _OAUTH, "confirmed"),
    ("POST", "/services/Soap/u/NN.0", "login, logout, getUserInfo, convertLead, merge, undelete", _SOAP, "confirmed"),
    ("GET", "/services/data", "versions 59.0 to 68.0", _REST, "confirmed"),
    ("GET", f"{_DATA}", "the list of resources", _REST, "confirmed"),
    ("GET", f"{_DATA}/limits", "allowances", _REST, "confirmed"),
    ("GET", f"{_DATA}/limits/recordCount", "rows by object", _REST, "from memory"),
    ("GET", f"{_DATA}/query, queryAll", "SOQL, pages by locator, columns=true", _REST, "confirmed"),
    ("GET", f"{_DATA}/search", "SOSL", _REST, "from memory"),
    ("GET POST", f"{_DATA}/parameterizedSearch", "search by parameters", _REST, "from memory"),
    ("GET", f"{_DATA}/sobjects", "describe global", _REST, "confirmed"),
    ("GET POST", f"{_DATA}/sobjects/X", "what it is; a new row", _REST, "confirmed"),
    ("GET", f"{_DATA}/sobjects/X/describe", "describe, 304 if known", _REST, "confirmed"),
    ("GET", f"{_DATA}/sobjects/X/describe/layouts, compactLayouts", "layouts", _REST, "from memory"),
    ("GET", f"{_DATA}/sobjects/X/updated, deleted", "changes in a window", _REST, "from memory"),
    ("GET PATCH DELETE", f"{_DATA}/sobjects/X/ID", "one row", _REST, "confirmed"),
    ("GET PATCH DELETE", f"{_DATA}/sobjects/X/FIELD/VALUE", "one row by external id; 300 if several", _REST, "confirmed"),
    ("GET POST PATCH DELETE", f"{_DATA}/composite/sobjects", "up to 200 rows", _REST, "confirmed"),
    ("POST", f"{_DATA}/composite", "up to 25 calls with references", _REST, "confirmed"),
    ("POST", f"{_DATA}/composite/batch", "up to 25 calls", _REST, "confirmed"),
    ("POST", f"{_DATA}/composite/tree/X", "rows with what hangs on them", _REST, "confirmed"),
    ("POST", f"{_DATA}/composite/graph", "sets of calls, each all or nothing", _REST, "confirmed"),
    ("GET POST PUT PATCH DELETE", f"{_DATA}/jobs/ingest", "Bulk API 2.0, writing", _BULK, "confirmed"),
    ("GET POST PATCH DELETE", f"{_DATA}/jobs/query", "Bulk API 2.0, reading", _BULK, "confirmed"),
    ("GET", f"{_DATA}/tooling/query, tooling/sobjects", "validation rules with their formulas", "Tooling API guide", "confirmed"),
    ("GET", f"{_DATA}/ui-api/object-info/X/picklist-values/ID", "values by record type", "UI API guide", "from memory"),
)  # fmt: skip
"""Methods, path, what it does, where that was learnt, and whether it was seen there or is remembered."""

SEEN: Final = frozenset(
    [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "API_CURRENTLY_DISABLED",
        "API_DISABLED_FOR_ORG",
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "DELETE_FAILED",
        "DUPLICATES_DETECTED",
        "DUPLICATE_VALUE",
        "ENTITY_IS_DELETED",
        "ENTITY_IS_LOCKED",
        "EXCEEDED_ID_LIMIT",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "INACTIVE_OWNER_OR_USER",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_QUERY_LOCATOR",
        "INVALID_SESSION_ID",
        "INVALID_TYPE",
        "JSON_PARSER_ERROR",
        "MALFORMED_ID",
        "MALFORMED_QUERY",
        "METHOD_NOT_ALLOWED",
        "NOT_FOUND",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "PROCESSING_HALTED",
        "REQUEST_LIMIT_EXCEEDED",
        "REQUIRED_FIELD_MISSING",
        "SERVER_UNAVAILABLE",
        "STRING_TOO_LONG",
        "TXN_SECURITY_NO_ACCESS",
        "UNABLE_TO_LOCK_ROW",
        "UNKNOWN_EXCEPTION",
    ]
)
"""Codes whose texts were seen in the vendor's pages, public fixtures or live bodies; of the others they are remembered."""

_CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)+|INVALID[A-Z]+|FEATURENOTENABLED")
_MAKERS: Final = frozenset(("ApiError", "refused", "RowError", "_Fault", "_refusal", "_refusals", "_from"))


@dataclass(frozen=True, slots=True)
class Refused:
    """A status code and the words that may come with it; ``…`` stands for what differs."""

    code: str
    words: str


def refusals() -> list[Refused]:
    """Every code that the org's code can answer with, with its words, as far as they stand beside it."""
    found: dict[str, set[str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name == Path(__file__).name:
            continue
        for code, words in _in_source(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(code, set()).update({words} if words else ())
    return [Refused(code, " / ".join(sorted(words))) for code, words in sorted(found.items())]


def _in_source(tree: ast.Module) -> Iterator[tuple[str, str]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    yield from _in_scope([node for node in ast.walk(tree) if id(node) not in inside])
    for function in functions:
        yield from _in_scope(list(ast.walk(function)))


def _in_scope(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    assigned = [
        (node.lineno, target.id, node.value)
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
    ]

    def meant(node: ast.expr) -> ast.expr:
        """What a name stands for where it is used."""
        if not isinstance(node, ast.Name):
            return node
        before = [value for line, name, value in assigned if name == node.id and line <= node.lineno]
        return before[-1] if before else node

    for node in nodes:
        if isinstance(node, ast.Dict):
            plain = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            code = plain.get("errorCode")
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield code.value, _words(meant(plain["message"]))
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args] if _name(node.func) in _MAKERS else []
        given += [each.value for each in node.keywords if each.arg == "overflow"]
        for place, each in enumerate(given):
            value = meant(each)
            if (
                isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and _CODE.fullmatch(value.value)
            ):
                yield (
                    value.value,
                    next((words for rest in given[place + 1 :] if (words := _words(meant(rest)))), ""),
                )
                break


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "…" for each in node.values]
        return " ".join("".join(str(part) for part in parts).split())
    return ""
