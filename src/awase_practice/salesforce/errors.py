"""The org's refusals: of a whole call, and of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..kernel.http import HttpResponse, json_response


class ApiError(Exception):
    """The whole call is refused: an HTTP status and one element of the vendor's error array."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> HttpResponse:
        """The answer in the vendor's shape: an array, without ``fields``."""
        return json_response(self.status, [{"message": self.message, "errorCode": self.code}])


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row was refused. more: what only a single-row answer adds (the duplicates that were found)."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def in_collection(self) -> dict[str, Any]:
        """As an item of a collections answer, where the key is ``statusCode``."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}

    def alone(self) -> dict[str, Any]:
        """As an item of a single-row answer, where the key is ``errorCode``."""
        if self.more:
            return {**self.more, "message": self.message, "errorCode": self.code}
        return {"message": self.message, "errorCode": self.code, "fields": list(self.fields)}


class SignInRefusal(Exception):
    """No token is given; the two texts of the error body."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


class RowRefused(Exception):
    """One row was refused, for at least one reason; status is the HTTP status of a single-row answer."""

    def __init__(self, errors: Sequence[RowError], status: int = 400) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)
        self.status = status

    def response(self) -> HttpResponse:
        """The answer to a single-row call."""
        return json_response(self.status, [error.alone() for error in self.errors])


def refused(code: str, message: str, *fields: str, status: int = 400) -> RowRefused:
    """A refusal with one reason."""
    return RowRefused([RowError(code, message, fields)], status)


def not_found() -> ApiError:
    """There is no such resource."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def wrong_method(method: str, allowed: str) -> ApiError:
    """The resource exists but not for this method."""
    text = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    return ApiError(405, "METHOD_NOT_ALLOWED", text)
