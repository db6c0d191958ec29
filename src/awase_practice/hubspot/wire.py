"""How the portal writes moments, answers and refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from ..kernel.http import HttpRequest, HttpResponse, UnreadableBody, json_response

NO_CONTENT = HttpResponse(204)


class Refusal(Exception):
    """A call, or one item of a batch, that the portal turns down.

    status: the HTTP status if it is the whole call. context: names to lists of text. errors: details, each with
    ``message``, ``code`` and ``context``. extra: members only some refusals have (``policyName`` and such). item_context: context that is shown only in a batch.
    """

    def __init__(
        self,
        status: int,
        category: str | None,
        message: str,
        *,
        sub_category: str | None = None,
        context: Mapping[str, Sequence[str]] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        extra: Mapping[str, Any] | None = None,
        item_context: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.sub_category = sub_category
        self.context = dict(context or {})
        self.errors = list(errors)
        self.extra = dict(extra or {})
        self.item_context = dict(item_context or {})

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The error envelope of a whole call; most members are left out when they have nothing to say (seen)."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        if self.context:
            body["context"] = self.context
        if self.errors:
            body["errors"] = self.errors
        if self.category is not None:
            body["category"] = self.category
        if self.sub_category is not None:
            body["subCategory"] = self.sub_category
        return {**body, **self.extra}

    def item(self, trace_id: str | None = None) -> dict[str, Any]:
        """The same as one of the ``errors`` of a batch (seen: no correlationId; the trace id in the context)."""
        context = {**self.context, **self.item_context}
        if trace_id is not None:
            context["objectWriteTraceId"] = [trace_id]
        item: dict[str, Any] = {
            "status": "error",
            "category": self.category or "VALIDATION_ERROR",
            "message": self.message,
            "context": context,
        }
        if self.sub_category is not None:
            item["subCategory"] = self.sub_category
        if self.errors:
            item["errors"] = self.errors
        return item


def bad_request(message: str, **details: Any) -> Refusal:
    """A 400 with the category VALIDATION_ERROR."""
    return Refusal(400, "VALIDATION_ERROR", message, **details)


def not_found(message: str = "resource not found") -> Refusal:
    """A 404; of a record it says no more than this, without a category (seen)."""
    return Refusal(404, None, message)


def no_such_path() -> Refusal:
    """A 404 for a path the API does not have."""
    return Refusal(404, "OBJECT_NOT_FOUND", "Unable to find the requested path")


def method_not_allowed() -> Refusal:
    """A 405."""
    return Refusal(405, None, "Method not allowed")


def answer(status: int, document: Any) -> HttpResponse:
    """A JSON answer."""
    return json_response(status, document)


def json_object(request: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal."""
    try:
        body = request.json()
    except UnreadableBody as error:
        raise bad_request("Invalid input JSON on line 1, column 1: the body could not be read") from error
    if not isinstance(body, dict):
        raise bad_request("Invalid input JSON on line 1, column 1: an object was expected")
    return body


def stamp(at: datetime) -> str:
    """ISO 8601 with milliseconds and a Z, of a moment in UTC."""
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def midnight(day: date) -> datetime:
    """The beginning of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def text_list(request: HttpRequest, name: str) -> list[str]:
    """A list parameter, written comma-joined or by repeating the name; both are served."""
    return [part for value in request.query.get(name, ()) for part in value.split(",") if part]


def whole_number(request: HttpRequest, name: str, default: int, at_most: int) -> int:
    """A number parameter from 1 to at_most. Raises Refusal."""
    text = request.first(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) < 1:
        raise bad_request(f"Invalid value '{text}' for query parameter '{name}'")
    if int(text) > at_most:
        raise bad_request(f"The limit {text} is too large; at most {at_most} can be asked for")
    return int(text)


def after_id(request: HttpRequest) -> int:
    """The id after which a page begins. Raises Refusal."""
    after = request.first("after") or "0"
    if not after.isdecimal():
        raise bad_request(f"Invalid value '{after}' for query parameter 'after'")
    return int(after)


def flag(request: HttpRequest, name: str) -> bool:
    """A boolean parameter, false when absent."""
    return (request.first(name) or "").lower() == "true"
