"""What would be refused if an administrator changed something: a sentence read as a change of one object, and the change.

Lead.Company required             without it nothing is created
Lead.Industry without 製造業       this option can be chosen no more
Lead.Industry restricted          only its active options are taken
Lead.Company length 40            no more characters than that
Lead.Code__c unique               no value twice among the records that would be created
Lead rule NAME on                 a validation rule that is switched off now
Lead rule 'AND(…)'                a validation rule by its formula
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from awase.core.checks.rules import not_foreseen
from awase.core.schema import Field, ObjectSchema, Option, Rule, Schema
from awase.core.values import Kind, match_key
from awase.errors import BadInput, UnknownName

WHERE = "--what-if"
RULE = "what-if"
"""Begins the name of a rule that is given by its formula."""
_SAID = re.compile(
    r"\s*(?P<object>\w+)"
    r"(?:\s*\.\s*(?P<field>\w+)\s+(?:(?P<plain>required|restricted|unique)|length\s+(?P<length>\d{1,9})|without\s+(?P<option>.+?))"
    r"|\s+rule\s+(?:(?P<rule>\w+)\s+on|(?P<quote>['\"])(?P<formula>.+)(?P=quote)))\s*",
    re.DOTALL,
)
_NEAR = 3


@dataclass(frozen=True, slots=True)
class WhatIf:
    """One sentence, taken apart."""

    text: str
    object: str
    field: str = ""
    becomes: str = ""
    """``required``, ``restricted``, ``unique``, ``length`` or ``without``; empty for a rule."""
    argument: str = ""
    """The length or the option."""
    rule: str = ""
    """The name of a rule that is switched off."""
    formula: str = ""


def read(text: str, where: str = WHERE) -> WhatIf:
    """``where``: for the message. Raises BadInput for what is no such sentence."""
    said = _SAID.fullmatch(text)
    if said is None:
        raise BadInput(
            "this change cannot be read: {text}",
            where=where,
            remedy="Write one of: {forms}.",
            text=text,
            forms="“Lead.Company required”, “Lead.Industry without 製造業”, “Lead.Industry restricted”, “Lead.Company length 40”, "
            "“Lead.Code__c unique”, “Lead rule NAME on”, “Lead rule 'AND(…)'”",
        )
    becomes = said["plain"] or ("length" if said["length"] else "without" if said["option"] else "")
    return WhatIf(
        text=text,
        object=said["object"],
        field=said["field"] or "",
        becomes=becomes,
        argument=said["length"] or _unquoted(said["option"] or ""),
        rule=said["rule"] or "",
        formula=said["formula"] or "",
    )


def known_object(change: WhatIf, known: Iterable[str]) -> str:
    """The name among ``known`` that the change means. Raises UnknownName with near ones."""
    names = list(dict.fromkeys(known))
    found = _named(change.object, names)
    if found is None:
        raise UnknownName(
            "nothing is known of an object “{object}”",
            where=f"{WHERE} {change.text}",
            remedy="Use one of: {known}.",
            object=change.object,
            known=", ".join(names),
        )
    return found


def meant(change: WhatIf, known: Iterable[str]) -> WhatIf:
    """``change`` with its object named as it is known. Two systems may have objects that differ only in case (Contact,
    contact): the very name counts first."""
    return replace(change, object=known_object(change, known))


def changed(schema: Schema, changes: Sequence[WhatIf], asleep: Sequence[Rule] = ()) -> Schema:
    """``schema`` after ``changes`` (their objects named as in the schema), one upon the other; those of other objects are
    passed over.

    ``asleep``: the rules that are switched off. Raises BadInput or UnknownName for what cannot be changed so.
    """
    objects = dict(schema.objects)
    for place, change in enumerate(changes):
        if change.object in objects:
            objects[change.object] = _changed(objects[change.object], change, asleep, f"{RULE}-{place + 1}")
    return replace(schema, objects=objects)


def _changed(object: ObjectSchema, change: WhatIf, asleep: Sequence[Rule], new: str) -> ObjectSchema:
    if not change.field:
        return _with_rule(object, change, asleep, new)
    name = _named(change.field, object.fields)
    if name is None:
        raise UnknownName(
            "{object} has no field “{field}”, or the integration user may not see it",
            where=f"{WHERE} {change.text}",
            remedy="Did you mean {near}?"
            if (near := _near(change.field, object.fields))
            else "Correct the name.",
            object=object.name,
            field=change.field,
            near=near,
        )
    field = _BECOMES[change.becomes](object.fields[name], change)
    return replace(object, fields={**object.fields, name: field})


def _required(field: Field, change: WhatIf) -> Field:
    if field.computed or field.derived or not (field.createable or field.updateable):
        raise _does_not_fit("a field that nobody writes cannot be required", change)
    # What the vendor fills in by itself is never missing.
    return replace(field, required=not field.by_default)


def _restricted(field: Field, change: WhatIf) -> Field:
    _options(field, change)
    return replace(field, restricted=True)


def _unique(field: Field, change: WhatIf) -> Field:
    if field.kind is not Kind.TEXT or field.options is not None:
        raise _does_not_fit("only of texts can be told which values come twice", change)
    return replace(field, unique=True)


def _length(field: Field, change: WhatIf) -> Field:
    if field.kind is not Kind.TEXT or field.options is not None:
        raise _does_not_fit("only a text has a length", change)
    if int(change.argument) == 0:
        raise _does_not_fit("a length is at least 1", change)
    return replace(field, max_length=int(change.argument))


def _without(field: Field, change: WhatIf) -> Field:
    options, wanted = _options(field, change), change.argument
    gone = [one for one in options if one.value == wanted] or [one for one in options if one.label == wanted]
    if not gone:
        active = [one.value for one in options]
        near = _near(wanted, active)
        raise UnknownName(
            "{field} has no active option “{option}”",
            where=f"{WHERE} {change.text}",
            remedy="Did you mean {near}?" if near else "Use one of: {known}.",
            field=f"{change.object}.{field.name}",
            option=wanted,
            near=near,
            known=", ".join(active),
        )
    left = tuple(replace(one, active=False) if one in gone else one for one in field.options or ())
    return replace(field, options=left)


_BECOMES: Mapping[str, Callable[[Field, WhatIf], Field]] = {
    "required": _required,
    "restricted": _restricted,
    "unique": _unique,
    "length": _length,
    "without": _without,
}


def _options(field: Field, change: WhatIf) -> list[Option]:
    """The active ones."""
    active = [one for one in field.options or () if one.active]
    if not active:
        raise _does_not_fit("the field has no options that are known", change)
    return active


def _with_rule(object: ObjectSchema, change: WhatIf, asleep: Sequence[Rule], new: str) -> ObjectSchema:
    if change.rule:
        off = {rule.name: rule for rule in asleep if rule.object == object.name}
        on = _named(change.rule, [rule.name for rule in object.rules])
        name = _named(change.rule, off)
        if on is not None and name is None:
            return object
        if name is None:
            near = _near(change.rule, off)
            raise UnknownName(
                "no rule “{rule}” of {object} is known that is switched off",
                where=f"{WHERE} {change.text}",
                remedy="Did you mean {near}?"
                if near
                else "Name a project with --sfdx that has it, or write its formula.",
                rule=change.rule,
                object=object.name,
                near=near,
            )
        rule = off[name]
    else:
        rule = Rule(id=new, object=object.name, name=new, formula=change.formula, message=change.formula)
    more = replace(object, rules=(*object.rules, rule))
    if reason := not_foreseen(more).get(rule.name):
        raise BadInput(
            "the formula cannot be judged: {reason}", where=f"{WHERE} {change.text}", reason=reason
        )
    return more


def _does_not_fit(words: str, change: WhatIf) -> BadInput:
    return BadInput(words, where=f"{WHERE} {change.text}")


def _named(name: str, known: Iterable[str]) -> str | None:
    """A known name, in whatever case it is written."""
    names = list(known)
    if name in names:
        return name
    return next((one for one in names if one.casefold() == name.casefold()), None)


def _near(name: str, known: Iterable[str]) -> str:
    folded = {match_key(one) or "": one for one in known}
    return ", ".join(
        folded[one] for one in difflib.get_close_matches(match_key(name) or "", list(folded), _NEAR)
    )


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text
