"""No value in the core can say that somebody is in."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from types import ModuleType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import awase.core
from awase.core import consent
from awase.core.consent import OptOut, opted_out, strictest
from awase.core.operations import Operation, OperationKind
from awase.core.records import LedgerEntry


@pytest.mark.parametrize(
    ("states", "joined"),
    [
        ((), None),
        ((None,), None),
        ((None, None), None),
        ((False,), False),
        ((False, None), False),
        ((False, False), False),
        ((True,), True),
        ((True, None), True),
        ((True, False), True),
        ((False, None, True), True),
    ],
)
def test_out_wins_over_everything_and_knowing_nothing_stays_unknown(
    states: tuple[bool | None, ...], joined: bool | None
) -> None:
    for order in itertools.permutations(states):
        assert strictest(*order) is joined


def test_an_opt_out_says_who_where_and_for_what_and_nothing_else() -> None:
    assert OptOut.__struct_fields__ == ("address", "scope", "source")
    given = opted_out(address="a@x.jp", source="ma:contact:1")
    assert given.scope == "organisation"
    hints = get_type_hints(OptOut)
    assert bool not in hints.values()
    assert hints == {"address": str | None, "scope": str, "source": str}


def test_an_opt_out_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        opted_out(address=None, source="ledger").scope = "none"  # type: ignore[misc]


def test_the_module_of_consent_offers_only_ways_to_say_out() -> None:
    own = {
        name: thing
        for name, thing in vars(consent).items()
        if getattr(thing, "__module__", None) == consent.__name__
    }
    assert set(own) == {"OptOut", "opted_out", "strictest"}
    assert inspect.signature(opted_out).return_annotation == "OptOut"


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(awase.core.__path__, "awase.core."):
        yield importlib.import_module(found.name)


def types_of_the_core() -> Iterator[type]:
    for module in modules():
        for thing in vars(module).values():
            if inspect.isclass(thing) and thing.__module__ == module.__name__:
                yield thing


def literals(hint: Any) -> Iterator[object]:
    """Every literal value a type allows."""
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    for part in get_args(hint):
        yield from literals(part)


def test_no_type_of_the_core_has_a_state_in() -> None:
    allowed: set[object] = set()
    for kind in types_of_the_core():
        for hint in get_type_hints(kind).values():
            allowed |= set(literals(hint))
        if issubclass(kind, StrEnum):
            allowed |= {member.value for member in kind}
    assert {"out", "opt_out"} <= allowed
    assert not allowed & {"in", "opt_in", "opted_in", "subscribe", "subscribed", "consent", "granted"}
    assert get_args(get_type_hints(LedgerEntry)["state"]) == ("out",)


def test_consent_rides_in_operations_only_as_an_opt_out() -> None:
    assert get_type_hints(Operation)["opt_out"] == OptOut | None
    assert {kind.value for kind in OperationKind} == {
        "opt_out",
        "create",
        "update",
        "relate",
        "unrelate",
        "take_off",
        "delete",
    }


def test_no_function_of_the_core_is_named_for_opting_in() -> None:
    names = [name.lower() for module in modules() for name in vars(module)]
    assert any("opt_out" in name or "opted_out" in name for name in names)
    assert not [n for n in names if "opt_in" in n or "opted_in" in n or "subscribe" in n]
