"""``--what-if``: how a change that somebody thinks of is typed, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from awase.cli.call import Call, help_text
from awase.core.what_if import WhatIf

WhatIfOption = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="CHANGE",
        help=help_text(
            "What a change in the CRM would refuse: “Lead.Company required”, “Lead.Industry without 製造業”, “Lead.Industry "
            "restricted”, “Lead.Company length 40”, “Lead.Code__c unique”, “Lead rule NAME on”, “Lead rule 'AND(…)'”; may be "
            "repeated."
        ),
    ),
]


def say_what_if(call: Call, changes: Sequence[WhatIf], numbers: Mapping[str, int]) -> None:
    """The three numbers: ``refused_now``, ``refused`` (with the changes) and ``newly_refused``."""
    call.say(
        "With {changes}, {refused} would be refused instead of {refused_now}; {newly_refused} only because of it.",
        changes=" + ".join(change.text for change in changes),
        **{name: f"{number:,}" for name, number in numbers.items()},
    )
