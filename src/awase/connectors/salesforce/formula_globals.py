"""What formulas read that is the same for every record: of the integration user, and of what the org has set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Never

from awase.connectors.salesforce import soql
from awase.connectors.salesforce.custom_values import METADATA, SETUP, read_custom_values
from awase.connectors.salesforce.running_user import read_organization, read_running_user
from awase.connectors.salesforce.setup_rows import Scalar
from awase.core.schema import Globals
from awase.ports.flows import Flow

_ORGANIZATION = "$organization"


def read_globals(api_version: str, user_id: str, names: Iterable[str]) -> Flow[Never, Globals]:
    """The values of ``names`` (``$Profile.Name``), as far as the user may read them.

    Each family is asked apart, and so is each custom setting and custom metadata type: what may not be read costs only
    itself. Families that are not here (``$Label`` …) are left out.
    """
    asked: dict[str, list[str]] = {}
    for name in sorted(names):
        family, _, path = name.partition(".")
        if soql.is_path(path):
            asked.setdefault(family.casefold(), []).append(name)
    values: dict[str, Scalar] = yield from read_running_user(api_version, user_id, asked)
    if _ORGANIZATION in asked:
        values |= yield from read_organization(api_version, asked[_ORGANIZATION])
    custom = [*asked.get(SETUP, ()), *asked.get(METADATA, ())]
    if not custom:
        return Globals(values)
    found = yield from read_custom_values(api_version, user_id, custom)
    return Globals({**values, **found.values}, found.fields)
