"""The reference page on what practice orgs answer; ``make reference`` writes it."""

from __future__ import annotations

from .hubspot.reference import section as hubspot_section
from .salesforce.served import CALLS, SEEN, refusals

_HEAD = """# What practice orgs answer

This page is made from the code of the practice orgs. *Confirmed* means seen in the named source; *from memory* means
that it was written without one, and may differ from the vendor in detail.

## Salesforce: calls

NN is any version from 50; those from 59.0 to 68.0 are listed. Trailing and repeated slashes, and the case of names, do
not matter. Every call but those for signing in counts against the daily allowance and tells the usage.

| Methods | Path | What it does | Source | Mark |
|---|---|---|---|---|
"""
_REFUSALS = """
## Salesforce: status codes

`…` stands for what differs from case to case. An administrator's rules can refuse with words of their own.

| Code | Words | Mark |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    calls = "".join(
        f"| {methods} | `{path}` | {what} | {source} | {mark} |\n"
        for methods, path, what, source, mark in CALLS
    )
    codes = "".join(
        f"| `{each.code}` | {_cell(each.words)} | {'confirmed' if each.code in SEEN else 'from memory'} |\n"
        for each in refusals()
    )
    return _HEAD + calls + _REFUSALS + codes + "\n" + "\n".join(hubspot_section()) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
