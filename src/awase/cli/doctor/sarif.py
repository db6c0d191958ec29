"""Findings as SARIF 2.1.0, which code hosts show beside the line (structure confirmed by the standard)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from awase import __version__
from awase.cli.doctor.report import KINDS, Told
from awase.connectors.salesforce.sfdx import Place
from awase.core.doctor import Level

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.CERTAIN: "error", Level.LIKELY: "warning", Level.ADVICE: "note"}
_ROOT = "%SRCROOT%"
"""Files are named from the folder in which the doctor was called; the reader knows which that is."""


def sarif(findings: Sequence[Told], speak: Callable[[str], str], language: str) -> dict[str, Any]:
    """One run of the doctor. ``speak``: a sentence in the reader's language."""
    kinds = sorted({finding.kind for finding in findings})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "awase doctor",
                        "version": __version__,
                        "language": language,
                        "rules": [
                            {"id": kind, "shortDescription": {"text": speak(KINDS[kind])}} for kind in kinds
                        ],
                    }
                },
                "language": language,
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, kinds.index(finding.kind)) for finding in findings],
            }
        ],
    }


def _result(finding: Told, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.kind,
        "ruleIndex": rule,
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.text}\n→ {finding.remedy}"},
        "locations": [_location(finding.place)] if finding.place is not None else [],
        "partialFingerprints": {"awaseFinding/v2": _fingerprint(finding)},
        "properties": {"certainty": finding.level.value, "whoseMove": finding.who},
    }
    if finding.related is not None:
        result["relatedLocations"] = [{"id": 1, **_location(finding.related)}]
    return result


def _location(place: Place) -> dict[str, Any]:
    absolute = place.file.startswith("/")
    file = (
        {"uri": f"file://{quote(place.file)}"} if absolute else {"uri": quote(place.file), "uriBaseId": _ROOT}
    )
    return {"physicalLocation": {"artifactLocation": file, "region": {"startLine": place.line}}}


def _fingerprint(finding: Told) -> str:
    """The same finding on other lines, or in another language, is the same finding."""
    parts = (finding.kind, finding.sync, finding.object, finding.field, finding.form, *finding.names)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
