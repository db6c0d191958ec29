"""Who writes, and how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Writer:
    """One who writes.

    allow_duplicates: passes duplicate rules that only alert. assigns: assignment rules run. limited: the rights of
    the API's user and the locks of others bind this writer; people at the control port are not bound.
    """

    author: str
    user_id: str
    allow_duplicates: bool = False
    assigns: bool = False
    limited: bool = True
