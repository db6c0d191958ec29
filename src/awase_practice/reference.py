"""The page on what practice orgs serve, made of the tables by which they route."""

from __future__ import annotations

from .hubspot import reference as hubspot
from .kernel.front import PRACTICE_PAGE

_HEAD = f"""# What practice orgs serve

This page is made from code (`make reference`): a practice org routes by the tables below and serves nothing else. Each
line says where a fact is known from. *Confirmed* means that the named source says so; *from memory* means that nobody
looked it up, and that a real vendor may differ.

Every practice org says what it is at `GET {PRACTICE_PAGE}`, which no vendor has.
"""


def page() -> str:
    """The page in Markdown."""
    return "\n".join([_HEAD, *hubspot.section()]) + "\n"
