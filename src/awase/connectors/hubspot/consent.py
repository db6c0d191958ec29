"""Consent: the one call that writes it, and the last gate before transport.

A status belongs to the e-mail address, not the record. The newer interface *can* subscribe again a person who opted
out (confirmed), so the vendor does not protect us from that mistake: ``consent_breach`` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Never
from urllib.parse import unquote

import msgspec

from awase.connectors.hubspot.faults import NO_ADDRESS, NOT_ACTED, Refusal, refusal_of, vendor_error
from awase.connectors.hubspot.limits import SIZES
from awase.connectors.hubspot.paths import Paths
from awase.connectors.hubspot.schema import OUT_FIELD
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer, json_body
from awase.connectors.sdk.calls import ask
from awase.connectors.sdk.chunks import chunks
from awase.core.operations import Operation, Outcome, State, VendorError
from awase.ports.connector import WriteBatch
from awase.ports.flows import Answer, Flow, Lane, Request, Response, Unanswered

# -- writing an opt-out ------------------------------------------------------------------------------------------

_ADDRESSLESS = VendorError(
    code=NO_ADDRESS, message="consent belongs to the e-mail address, and this person has none"
)

Verdict = tuple[State, VendorError | None]


class _Named(msgspec.Struct, rename="camel"):
    subscriber_id_string: str


class _Answered(msgspec.Struct):
    status: str = ""
    results: list[_Named] | None = None
    errors: list[Refusal] | None = None


def opt_out(paths: Paths, batch: WriteBatch) -> Flow[Never, list[Outcome]]:
    """Opt the batch's addresses out of all e-mail; one outcome an operation.

    A refused call is sent again in halves: one malformed address must not hold back the others' wish, and saying
    *out* twice does no harm.
    """
    addresses = list(dict.fromkeys(address for one in batch.operations if (address := _address(one))))
    verdicts: dict[str, Verdict] = {}
    waiting = [list(chunk) for chunk in chunks(addresses, SIZES.opt_out)]
    while waiting:
        answers = yield from ask([_unsubscribe(paths, chunk) for chunk in waiting])
        refused: list[list[str]] = []
        for chunk, answer in zip(waiting, answers, strict=True):
            if len(chunk) > 1 and _about_an_address(answer):
                middle = len(chunk) // 2
                refused += [chunk[:middle], chunk[middle:]]
            else:
                verdicts |= _verdicts(chunk, answer)
        waiting = refused
    return [_outcome(one, verdicts) for one in batch.operations]


def _address(operation: Operation) -> str | None:
    address = operation.opt_out.address if operation.opt_out else None
    return address.strip().lower() if address and address.strip() else None


def _outcome(operation: Operation, verdicts: dict[str, Verdict]) -> Outcome:
    address = _address(operation)
    state, error = verdicts[address] if address else (State.REJECTED, _ADDRESSLESS)
    return Outcome(link=operation.link, state=state, id=operation.id, error=error)


def _unsubscribe(paths: Paths, addresses: Sequence[str]) -> Request:
    return Request(
        "POST",
        paths.unsubscribe_all(),
        headers=JSON_HEADERS,
        body=json_body({"inputs": list(addresses)}),
        lane=Lane.CONSENT,
        idempotent=False,
    )


def _about_an_address(answer: Answer) -> bool:
    return (
        isinstance(answer, Response)
        and answer.status in (400, 404, 409, 422)
        and refusal_of(answer) is not None
    )


def _verdicts(addresses: Sequence[str], answer: Answer) -> dict[str, Verdict]:
    if isinstance(answer, Unanswered):
        state = State.UNKNOWN if answer.maybe_sent else State.DEFERRED
        return dict.fromkeys(addresses, (state, VendorError(code="NO_ANSWER", message=answer.reason)))
    if answer.status in (200, 201, 207):
        return _settled(addresses, answer)
    refusal = refusal_of(answer)
    if answer.status in NOT_ACTED:
        error = vendor_error(refusal or Refusal(), answer.status)
        return dict.fromkeys(addresses, (State.DEFERRED, error))
    if _about_an_address(answer) and refusal is not None:
        return dict.fromkeys(addresses, (State.REJECTED, vendor_error(refusal, answer.status)))
    return dict.fromkeys(addresses, (State.UNKNOWN, _unusable(answer)))


def _settled(addresses: Sequence[str], answer: Response) -> dict[str, Verdict]:
    """By the addresses the answer names. A complete answer without errors or names has done them all."""
    said = json_answer(answer, _Answered)
    if said is None:
        return dict.fromkeys(addresses, (State.UNKNOWN, _unusable(answer)))
    done = {result.subscriber_id_string.strip().lower() for result in said.results or ()}
    if not said.results and not said.errors and said.status == "COMPLETE" and answer.status != 207:
        done = set(addresses)
    verdicts: dict[str, Verdict] = {}
    for address in addresses:
        errors = [error for error in said.errors or () if address in _texts(error)]
        if errors and address not in done:
            verdicts[address] = State.REJECTED, vendor_error(errors[0])
        elif address in done and not errors:
            verdicts[address] = State.APPLIED, None
        else:
            verdicts[address] = State.UNKNOWN, _unusable(answer)
    return verdicts


def _texts(refusal: Refusal) -> set[str]:
    """Every text of an error's contexts, folded; under which name the address stands is not known."""
    contexts = [refusal.context, *(part.context for part in refusal.parts)]
    return {str(value).strip().lower() for context in contexts for value in _leaves(context)}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None:
        yield value


def _unusable(response: Response) -> VendorError:
    return VendorError(
        code="NO_ANSWER", message=f"the answer does not say what became of it (HTTP {response.status})"
    )


# -- the last gate -----------------------------------------------------------------------------------------------

_NAMING = frozenset({"name", "property", "propertyname"})
"""Members whose value names a property, in the older shapes of a write."""

_SAYS_OUT_OR_READS = ("/unsubscribe-all", "/unsubscribe-all/read", "/v3/unsubscribe", "/statuses/batch/read")

Pairs = list[tuple[str, Any]]


def consent_breach(request: Request) -> str | None:
    """Why this request could turn an opt-out back, or None. What cannot be understood is refused."""
    path = _path(request.url)
    if request.method.upper() in ("GET", "HEAD", "OPTIONS"):
        return None
    if "communication-preferences" in path:
        return _breach_of_preferences(request.method.upper(), path, request.body)
    if "/email/public/" in path:
        return "the old subscription interface can subscribe a person again"
    signing_in = not request.signed and path.startswith("/oauth/")
    if signing_in or (path.startswith("/crm/") and path.endswith(("/batch/read", "/search"))):
        return None
    return _breach_of_write(request.body)


def _path(url: str) -> str:
    """The path as a lenient server would understand it: without host, decoded, folded, single slashes."""
    path = re.sub(r"^https?://[^/]*", "", url.partition("?")[0].partition("#")[0])
    return re.sub(r"/{2,}", "/", unquote(path)).lower().rstrip("/")


def _breach_of_preferences(method: str, path: str, body: bytes | None) -> str | None:
    """Only what reads or says *out* passes."""
    if method == "POST" and path.endswith(_SAYS_OUT_OR_READS):
        return None
    if method != "POST" or "/statuses/" not in path:
        return "this consent call does not say out"
    try:
        content = _parsed(body or b"")
    except (ValueError, RecursionError):
        return "the body of a consent call cannot be read"
    states = [value for name, value in _members(content) if name.lower() == "statusstate"]
    if not states or any(state != "UNSUBSCRIBED" for state in states):
        return "a consent status other than UNSUBSCRIBED would be written"
    return None


def _breach_of_write(body: bytes | None) -> str | None:
    if not body:
        return None
    folded = body.lower()
    try:
        if b"optout" not in folded and b"\\u" not in folded:
            msgspec.json.decode(body, type=msgspec.Raw)
            return None
        content = _parsed(body)
    except (ValueError, RecursionError):
        return "the body of a write cannot be read"
    for name, value in _members(content):
        if _is_consent(name) or (name.lower() in _NAMING and _is_consent(value)):
            return f"the consent property {OUT_FIELD} would be written like an ordinary field"
    return None


def _is_consent(name: object) -> bool:
    return isinstance(name, str) and name.strip().lower().startswith(OUT_FIELD)


def _parsed(body: bytes) -> Any:
    """The body with every object as its list of pairs, so that a member written twice cannot hide."""
    return json.loads(body.decode("utf-8"), object_pairs_hook=_Object)


class _Object(Pairs):
    """A JSON object as its members in order."""


def _members(content: Any) -> Iterator[tuple[str, Any]]:
    """Every member of every object, at any depth."""
    if isinstance(content, _Object):
        for name, value in content:
            yield name, value
            yield from _members(value)
    elif isinstance(content, list):
        for value in content:
            yield from _members(value)
