"""Bodies of requests and answers: JSON without floats, forms, and typed reading that never raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from awase.ports.flows import Answer, Response

Shape = TypeVar("Shape")

JSON_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json; charset=UTF-8",
    "Accept": "application/json",
}
FORM_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/json",
}

_encoder = msgspec.json.Encoder(decimal_format="number")


def json_body(value: object) -> bytes:
    """``value`` as JSON in UTF-8. Decimals become numbers digit for digit; they never pass through a float."""
    return _encoder.encode(value)


def form_body(values: Mapping[str, str]) -> bytes:
    """``values`` as a form, in the order given."""
    return urlencode(values).encode("ascii")


def json_answer(response: Response, shape: type[Shape]) -> Shape | None:
    """The answer's body as ``shape``; None when it is not JSON, was cut short, or is of another shape."""
    try:
        return msgspec.json.decode(response.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def expected(answer: Answer, shape: type[Shape]) -> Shape | None:
    """The body of an answer of status 200 as ``shape``; None for any other answer."""
    return json_answer(answer, shape) if isinstance(answer, Response) and answer.status == 200 else None
