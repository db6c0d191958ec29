"""The JSON Schema of ``awase.toml``, for editors that complete and check while one types."""

from __future__ import annotations

import msgspec

from awase.configuration.document import Document


def json_schema() -> bytes:
    """The schema as published in ``docs/reference/awase.schema.json``."""
    schema = msgspec.json.schema(Document)
    titled = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "awase.toml", **schema}
    return msgspec.json.format(msgspec.json.encode(titled), indent=2) + b"\n"
