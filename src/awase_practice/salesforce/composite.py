"""Several calls in one: composite, batch and graph, with references from one call to the answers of others.

Shapes and limits as in the fact reference; texts marked there from memory are so here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from ..kernel.http import HttpRequest, HttpResponse, json_response
from .data import OrgData, Savepoint
from .errors import ApiError
from .rest import json_body

MOST_CALLS: Final = 25
_MOST_NODES: Final = 500
_MOST_GRAPHS: Final = 75
_MOST_FAILED_GRAPHS: Final = 14
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\[\d+\]|\.[A-Za-z0-9_]+)*)\}")
_STEP = re.compile(r"\[(\d+)\]|\.([A-Za-z0-9_]+)")
_ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."

CallInside = Callable[[HttpRequest], HttpResponse]
"""Answers a call as if it had come alone, errors as answers too."""
Result = dict[str, Any]


class _NoValue(Exception):
    """A reference leads nowhere."""


class Composite:
    """The calls under ``/composite`` that carry other calls. Raises ApiError when the whole call makes no sense."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def composite(self, request: HttpRequest, inside: CallInside) -> HttpResponse:
        """``/composite``: up to 25 calls that may refer to each other."""
        body = json_body(request)
        calls = _calls(body, "compositeRequest", MOST_CALLS)
        results, _ = self._run(request, calls, inside, together=body.get("allOrNone") is True)
        return json_response(200, {"compositeResponse": results})

    def graph(self, request: HttpRequest, inside: CallInside) -> HttpResponse:
        """``/composite/graph``: sets of calls, each all or nothing."""
        graphs = _calls(json_body(request), "graphs", _MOST_GRAPHS)
        nodes = sum(len(graph.get("compositeRequest") or ()) for graph in graphs)
        if nodes > _MOST_NODES:
            raise ApiError(400, "LIMIT_EXCEEDED", f"Graph payload is limited to {_MOST_NODES} nodes")
        shown, failed = [], 0
        for graph in graphs:
            calls = _calls(graph, "compositeRequest", _MOST_NODES)
            if failed >= _MOST_FAILED_GRAPHS:
                results, good = [_halted(each, _ROLLED_BACK) for each in calls], False
            else:
                results, good = self._run(request, calls, inside, together=True)
            failed += not good
            answer = {"compositeResponse": results}
            shown.append({"graphId": graph.get("graphId"), "graphResponse": answer, "isSuccessful": good})
        return json_response(200, {"graphs": shown})

    def batch(self, request: HttpRequest, inside: CallInside) -> HttpResponse:
        """``/composite/batch``: up to 25 calls that know nothing of each other."""
        body = json_body(request)
        results: list[Result] = []
        failed = False
        for each in _calls(body, "batchRequests", MOST_CALLS):
            if failed and body.get("haltOnError") is True:
                halted = [
                    {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}
                ]
                results.append({"statusCode": 412, "result": halted})
                continue
            url = str(each.get("url", "")).removeprefix("/services/data/").lstrip("/")
            rich = each.get("richInput")
            answer = inside(_inner(request, each, f"/services/data/{url}", rich, {}))
            failed |= answer.status >= 400
            results.append({"statusCode": answer.status, "result": _document(answer)})
        return json_response(200, {"hasErrors": failed, "results": results})

    def _run(
        self, request: HttpRequest, calls: Sequence[Mapping[str, Any]], inside: CallInside, *, together: bool
    ) -> tuple[list[Result], bool]:
        """The results in order of the calls, and whether all went well."""
        savepoint = Savepoint(self._data.tables.values()) if together else None
        answers: dict[str, Any] = {}
        results: list[Result] = []
        failed = -1
        for place, each in enumerate(calls):
            name = str(each.get("referenceId", ""))
            try:
                url = str(_filled(each.get("url", ""), answers))
                sent = _filled(each.get("body"), answers)
            except _NoValue as lost:
                results.append(_halted(each, str(lost)))
            else:
                answer = inside(_inner(request, each, url, sent, each.get("httpHeaders") or {}))
                document = _document(answer)
                if answer.status < 400:
                    answers[name] = document
                results.append(_result(answer, document, name))
            if results[-1]["httpStatusCode"] >= 400 and failed < 0:
                failed = place
                if together:
                    break
        if savepoint is None:
            return results, failed < 0
        if failed < 0:
            savepoint.release()
            return results, True
        savepoint.roll_back()
        return [
            results[failed] if place == failed else _halted(each, _ROLLED_BACK)
            for place, each in enumerate(calls)
        ], False


def _calls(body: Mapping[str, Any], name: str, most: int) -> list[Mapping[str, Any]]:
    calls = body.get(name)
    if not isinstance(calls, list) or not calls or not all(isinstance(each, dict) for each in calls):
        raise ApiError(400, "INVALID_INPUT", f"The request needs an array of {name}.")
    if len(calls) > most:
        raise ApiError(400, "LIMIT_EXCEEDED", f"The request has more than {most} {name}.")
    names = [each["referenceId"] for each in calls if "referenceId" in each]
    if len(set(map(str, names))) < len(names):
        raise ApiError(400, "INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
    return calls


def _inner(
    request: HttpRequest, call: Mapping[str, Any], url: str, body: Any, headers: Mapping[str, Any]
) -> HttpRequest:
    given = {name.lower(): str(value) for name, value in headers.items()}
    return HttpRequest.of(
        str(call.get("method", "")),
        url,
        headers={**request.headers, **given},
        body=b"" if body is None else orjson.dumps(body),
        host=request.host,
        scheme=request.scheme,
    )


def _document(answer: HttpResponse) -> Any:
    if not answer.body:
        return None
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return orjson.loads(answer.body)
    return answer.body.decode("utf-8", "replace")


def _result(answer: HttpResponse, document: Any, name: str) -> Result:
    headers = {key: value for key, value in answer.headers.items() if key in {"Location", "ETag"}}
    return {"body": document, "httpHeaders": headers, "httpStatusCode": answer.status, "referenceId": name}


def _halted(call: Mapping[str, Any], text: str) -> Result:
    body = [{"errorCode": "PROCESSING_HALTED", "message": text}]
    name = str(call.get("referenceId", ""))
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": name}


def _filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """A part of a call with its references replaced by what other calls answered. Raises _NoValue."""
    if isinstance(value, dict):
        return {name: _filled(each, answers) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, answers) for each in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole is not None:
        return _referred(whole, answers)
    return _REFERENCE.sub(lambda match: str(_referred(match, answers)), value)


def _referred(match: re.Match[str], answers: Mapping[str, Any]) -> Any:
    name, path = match.groups()
    at: Any = answers.get(name)
    for index, key in _STEP.findall(path):
        try:
            at = at[int(index)] if index else _field(at, key)
        except (KeyError, IndexError, TypeError):
            at = None
    if at is None:
        raise _NoValue(f"Invalid reference specified. No value for {name}{path} found in {name}.")
    return at


def _field(of: Any, name: str) -> Any:
    """A key of an answer, whatever its case: answers say ``id``, records say ``Id``."""
    return next(value for key, value in of.items() if key.lower() == name.lower()) if _has(of, name) else None


def _has(of: Any, name: str) -> bool:
    return isinstance(of, dict) and any(key.lower() == name.lower() for key in of)
