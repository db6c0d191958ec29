"""The nearest value that a target would take, for a person to choose: nothing is changed by itself."""

from __future__ import annotations

import difflib
import unicodedata

from awase.core.schema import Field
from awase.core.values import Kind

_ALIKE = 0.6
"""How alike two texts must be, of 1, to be offered for each other."""
_CUT = "string_too_long"


def nearest(field: Field, value: str, error_type: str) -> str | None:
    """An option of the field, or the text cut to its length; None where nothing is near."""
    if error_type == _CUT and field.max_length is not None:
        return value[: field.max_length]
    if field.options is None or field.kind is Kind.TEXTS:
        return None
    active = [option for option in field.options if option.active and option.value != value]
    wanted = _folded(value)
    for option in active:
        if wanted in (_folded(option.value), _folded(option.label)):
            return option.value
    longer = [option.value for option in active if wanted and _folded(option.value).startswith(wanted)]
    if longer:
        return longer[0] if len(longer) == 1 else None
    by_name = {_folded(option.value): option.value for option in active}
    found = difflib.get_close_matches(wanted, list(by_name), n=1, cutoff=_ALIKE)
    return by_name[found[0]] if found else None


def _folded(text: str) -> str:
    """Widths and case aside."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
