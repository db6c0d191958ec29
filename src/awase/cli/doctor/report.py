"""Findings as lines for people and as one JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awase.catalogue import owner_name
from awase.cli.call import Call
from awase.cli.doctor.reading import Patient
from awase.connectors.salesforce.sfdx import Place, Trouble
from awase.core.doctor import Finding, Level
from awase.core.doctor.findings import Who

KINDS: Mapping[str, str] = {
    "field_missing": "A mapped field does not exist",
    "field_hidden": "A mapped field is hidden from the integration user",
    "field_not_writable": "A field that values go to cannot be written",
    "filter_field_missing": "A filter looks at a field that does not exist",
    "filter_field_hidden": "A filter looks at a field that is hidden from the integration user",
    "type": "Two mapped fields hold different kinds of values",
    "transform_does_not_fit": "A transform does not fit its field",
    "length": "A text may be too long for its field",
    "reference_without_through": "A reference is mapped without saying how its ids are translated",
    "required_not_mapped": "A required field is filled by no mapping",
    "value_not_an_option": "A mapping writes a value that is no active option",
    "option_missing": "The marketing side offers an option that the CRM's list lacks",
    "option_missing_in_ma": "The CRM has an option that the marketing side's list lacks",
    "text_into_list": "Free text goes into a restricted list",
    "stray_values": "An unrestricted picklist collects stray values",
    "form_option_missing": "One form offers an option that the CRM's list lacks",
    "form_lacks_required": "A form does not ask for a required field",
    "form_leaves_required_optional": "A form leaves a required field optional",
    "object_unknown": "Nothing is known of an object",
    "object_not_writable": "The integration user may not write an object",
    "key_missing": "An object has no field for Awase's key",
    "opt_out_mapped": "An opt-out is mapped like a field",
    "opt_out_missing": "An opt-out cannot be seen",
    "opt_out_not_writable": "An opt-out cannot be written",
    "opt_out_not_on_layout": "An opt-out is not on a page layout",
    "owner_inactive": "An override names an owner who cannot own",
    "owner_without_user": "An owner has no active user in the CRM",
    "rule_not_foreseen": "A validation rule cannot be foreseen",
    "rule_foreseen_in_part": "A validation rule can be foreseen in part only",
    "rule_unreadable": "A validation rule cannot be read",
    "value_set_missing": "The options of a field are not in the project",
    "metadata_broken": "A metadata file is broken",
    "metadata_twice": "A field or rule is defined twice",
    "metadata_unknown": "A metadata file holds an unknown element",
}
"""Kind of a finding → what it is, in a few words."""
LEVELS: Mapping[Level, str] = {Level.CERTAIN: "certain", Level.LIKELY: "likely", Level.ADVICE: "advice"}
_OF_TROUBLES: Mapping[str, Level] = {"metadata_broken": Level.CERTAIN, "rule_unreadable": Level.LIKELY}

_TROUBLE_REMEDIES: Mapping[str, str] = {
    "metadata_broken": "Correct the file; everything else was read.",
    "rule_unreadable": "Correct the formula; everything else was read.",
    "value_set_missing": "Retrieve the value set into the project.",
    "metadata_twice": "If the packages are deployed into one org, keep one definition.",
    "metadata_unknown": "If it is no slip, nothing has to be done.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in the language of its reader, with the places it is about."""

    kind: str
    level: Level
    who: Who
    text: str
    remedy: str
    place: Place | None
    related: Place | None = None
    sync: str = ""
    object: str = ""
    field: str = ""
    form: str = ""
    names: tuple[str, ...] = ()
    """What the sentence names, whatever the language: tells findings of a kind apart."""


def told(call: Call, patient: Patient, findings: Sequence[Finding]) -> list[Told]:
    """What is wrong with the project's files first, for it may explain the rest."""
    troubles = patient.project.troubles if patient.project is not None else ()
    return [
        *(_of_trouble(call, trouble, "crm_admin") for trouble in troubles),
        *(_of_trouble(call, trouble, "integration") for trouble in patient.troubles),
        *(_of_finding(call, patient, finding) for finding in findings),
    ]


def _of_trouble(call: Call, trouble: Trouble, who: Who) -> Told:
    return Told(
        kind=trouble.kind,
        level=_OF_TROUBLES.get(trouble.kind, Level.ADVICE),
        who=who,
        text=call.t(trouble.words, **trouble.places),
        remedy=call.t(_TROUBLE_REMEDIES[trouble.kind]),
        place=trouble.place,
        names=(trouble.place.file, *_names(trouble.places)),
    )


def _of_finding(call: Call, patient: Patient, finding: Finding) -> Told:
    at = patient.place(finding.path) if finding.path is not None else None
    of_crm = _part(patient, finding)
    return Told(
        kind=finding.kind,
        level=finding.level,
        who=finding.who,
        text=call.t(finding.words, **finding.places),
        remedy=call.t(finding.remedy, **finding.places),
        place=at or of_crm,
        related=of_crm if at is not None else None,
        sync=finding.sync,
        object=finding.object,
        field=finding.field,
        form=finding.form,
        names=tuple(_names(finding.places)),
    )


def _names(places: Mapping[str, object]) -> Iterator[str]:
    return (f"{name}={places[name]}" for name in sorted(places))


def _part(patient: Patient, finding: Finding) -> Place | None:
    if finding.part is None or patient.project is None:
        return None
    sort, object, name = finding.part
    match sort:
        case "rule":
            return patient.project.rules.get((object, name))
        case "layout":
            layouts = patient.project.layouts.get(object, ())
            return next((layout.place for layout in layouts if layout.name == name), None)
        case _:
            return patient.project.fields.get((object, name))


def counts(findings: Sequence[Told]) -> dict[str, int]:
    """How many of each level."""
    found = Counter(finding.level for finding in findings)
    return {level.value: found[level] for level in Level}


def show(call: Call, findings: Sequence[Told], notes: Sequence[str]) -> None:
    """One finding after the other: where, how sure, what; then what to do and whose move it is."""
    for finding in findings:
        where = f"{_where(finding.place)}: " if finding.place else ""
        level = call.t(LEVELS[finding.level])
        line = f"{where}{level}: {finding.text} [{finding.kind}]"
        call.say("{line}", line=line)
        call.say("{line}", line=f"    → {finding.remedy} ({owner_name(finding.who, call.language)})")
        if finding.related is not None:
            call.say("    See {place}", place=_where(finding.related))
    number = counts(findings)
    if findings:
        call.say("Findings: {certain} certain, {likely} likely, {advice} advice.", **number)
    else:
        call.say("Nothing stands against this configuration.")
    for note in notes:
        call.say("{line}", line=note)


def document(findings: Sequence[Told], notes: Sequence[str]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "findings": [_row(finding) for finding in findings],
        "counts": counts(findings),
        "notes": list(notes),
    }


def _row(finding: Told) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "level": finding.level.value,
        "text": finding.text,
        "remedy": finding.remedy,
        "whose_move": finding.who,
        "sync": finding.sync,
        "object": finding.object,
        "field": finding.field,
        "form": finding.form,
        "place": _place(finding.place),
        "see": _place(finding.related),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place is not None else None


def _where(place: Place) -> str:
    return f"{place.file}:{place.line}"
