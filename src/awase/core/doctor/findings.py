"""One finding: what is wrong, where, how sure that is, and whose move it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""A place in the configuration: names and places in lists."""
Who: TypeAlias = Literal["marketing", "crm_admin", "integration"]
Part: TypeAlias = tuple[Literal["field", "rule", "layout"], str, str]
"""Something of the CRM's: what it is, its object, its name."""


class Level(StrEnum):
    """How sure a finding is."""

    CERTAIN = "certain"
    """Records will be refused, or the sync does not start."""
    LIKELY = "likely"
    """Some records will be refused, or it follows from what is only probably known."""
    ADVICE = "advice"
    """Nothing is refused, but somebody should know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``words`` and ``remedy`` are English sentences with named places."""

    kind: str
    """Stable, shown and documented."""
    level: Level
    who: Who
    words: str
    remedy: str
    places: Mapping[str, object] = field(default_factory=dict)
    sync: str = ""
    object: str = ""
    field: str = ""
    path: Path | None = None
    """Where in the configuration; None: it is not about what stands there."""
    part: Part | None = None
    """What of the CRM's it is about."""
    form: str = ""
    """The form's name, where it is about one."""
