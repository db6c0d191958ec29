"""A mapping is checked against both live schemas before anything is planned: each refusal says where, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from awase.core.binding import COMPATIBLE, bind
from awase.core.filters import Condition
from awase.core.mapping import BoundSync, CreateRule, Direction, FieldMapping, Sync
from awase.core.schema import Schema
from awase.core.values import Kind
from awase.errors import AwaseError, BadConfiguration, ConsentMapping, SchemaMismatch
from tests.unit.core.scene import CONSENT, EMAIL, Mapped, a_field, a_sync, mapped, mapping_of, schemas

TITLE = mapped("jobtitle")


def refused(kind: type[AwaseError], sync: Sync, *schema_of: Mapped, **changes: Any) -> tuple[str, str, str]:
    """(sentence, where, remedy with its places filled in) of the refusal to bind."""
    ma, crm = schemas(*schema_of)
    with pytest.raises(kind) as refusal:
        bind(sync, changes.get("ma", ma), changes.get("crm", crm), CONSENT)
    error = refusal.value
    assert type(error) is kind
    return error.text.format(**error.places), error.where, error.remedy.format(**error.places)


def with_mapping(mapping: FieldMapping, **settings: Any) -> Sync:
    sync = a_sync(EMAIL, **settings)
    return replace(sync, fields=(*sync.fields, mapping))


@pytest.mark.parametrize("near", ["JobTitle", "jobtitel"])
def test_an_unknown_ma_field_is_named_with_the_one_that_was_probably_meant(near: str) -> None:
    mapping = FieldMapping(near, {"Lead": "Jobtitle__c"})
    sentence, where, remedy = refused(SchemaMismatch, with_mapping(mapping), EMAIL, TITLE)
    assert f"contact has no field “{near}”" in sentence
    assert where == f"syncs.people.fields: {near}"
    assert "Did you mean jobtitle?" in remedy


def test_an_unknown_crm_field_is_named_with_its_object() -> None:
    mapping = FieldMapping("jobtitle", {"Lead": "Jobtitle__c", "Contact": "JobTitl__c"})
    sentence, where, remedy = refused(SchemaMismatch, with_mapping(mapping), EMAIL, TITLE)
    assert "Contact has no field “JobTitl__c”" in sentence
    assert where == "syncs.people.fields: jobtitle"
    assert "Jobtitle__c" in remedy


def test_a_field_that_was_removed_since_is_named_with_both_ways_out() -> None:
    sentence, where, remedy = refused(SchemaMismatch, a_sync(EMAIL, TITLE), EMAIL)
    assert "contact has no field “jobtitle”" in sentence
    assert where == "syncs.people.fields: jobtitle"
    assert "restore it or remove the mapping" in remedy


@pytest.mark.parametrize(
    ("ma_kind", "crm_kind"), [(m, c) for m in Kind for c in Kind if c not in COMPATIBLE[m]]
)
def test_types_that_cannot_hold_each_other_are_refused(ma_kind: Kind, crm_kind: Kind) -> None:
    odd = mapped("odd", ma_kind, crm_kind=crm_kind)
    sentence, where, remedy = refused(SchemaMismatch, a_sync(EMAIL, odd), EMAIL, odd)
    assert f"“odd” is {ma_kind.value}" in sentence
    assert f"Odd__c is {crm_kind.value}" in sentence
    assert where == "syncs.people.fields: odd"
    assert remedy


def test_only_kinds_that_lose_nothing_by_their_type_are_compatible() -> None:
    numbers, dates = {Kind.INTEGER, Kind.DECIMAL}, {Kind.DATE, Kind.DATETIME}
    for kind in Kind:
        family = next((f for f in (numbers, dates) if kind in f), {kind})
        assert COMPATIBLE[kind] == family


def test_crm_objects_that_keep_a_field_in_different_types_are_refused() -> None:
    crm = {"Lead": a_field("Size__c", Kind.INTEGER), "Contact": a_field("Size__c", Kind.DECIMAL)}
    size = Mapped(a_field("size", Kind.DECIMAL), crm)
    sentence, where, remedy = refused(SchemaMismatch, a_sync(EMAIL, size), EMAIL, size)
    assert "Lead.Size__c integer" in sentence
    assert "Contact.Size__c decimal" in sentence
    assert (where, bool(remedy)) == ("syncs.people.fields: size", True)


@pytest.mark.parametrize(
    ("read_only", "refused_for"),
    [
        ("ma", {Direction.TWO_WAY, Direction.PREFER_CRM, Direction.CRM}),
        ("crm", {Direction.TWO_WAY, Direction.PREFER_CRM, Direction.MA}),
    ],
)
@pytest.mark.parametrize("direction", [d for d in Direction if d != Direction.OFF])
def test_a_field_that_may_not_be_written_is_refused_only_where_the_direction_writes_it(
    read_only: str, refused_for: set[Direction], direction: Direction
) -> None:
    ma, crm = ({"updateable": side != read_only} for side in ("ma", "crm"))
    field = mapped("score", direction=direction, ma=ma, crm=crm)
    if direction not in refused_for:
        assert bind(a_sync(EMAIL, field), *schemas(EMAIL, field), CONSENT).fields[1].name == "score"
        return
    sentence, where, remedy = refused(SchemaMismatch, a_sync(EMAIL, field), EMAIL, field)
    assert "cannot be written" in sentence
    assert direction.value in sentence
    assert where == "syncs.people.fields: score"
    assert "set the direction" in remedy


@pytest.mark.parametrize("match_on", ["phone", "jobtitle"])
def test_people_are_matched_on_a_field_that_is_mapped_and_not_off(match_on: str) -> None:
    off = replace(TITLE, direction=Direction.OFF)
    sentence, where, remedy = refused(BadConfiguration, a_sync(EMAIL, off, match_on=match_on), EMAIL, off)
    assert f"“{match_on}”" in sentence
    assert where == "syncs.people.match_on"
    assert remedy


@pytest.mark.parametrize(
    ("ma_name", "crm_name"),
    [
        ("hs_email_optout", "Jobtitle__c"),
        ("HS_EMAIL_OPTOUT", "Jobtitle__c"),
        ("hs_email_optout_12345", "Jobtitle__c"),
        ("jobtitle", "HasOptedOutOfEmail"),
        ("jobtitle", "hasoptedoutofemail"),
    ],
)
@pytest.mark.parametrize("direction", Direction)
def test_an_opt_out_is_never_mapped_like_a_field(ma_name: str, crm_name: str, direction: Direction) -> None:
    mapping = FieldMapping(ma_name, {"Lead": crm_name}, direction)
    sentence, where, remedy = refused(ConsentMapping, with_mapping(mapping), EMAIL, TITLE)
    assert "carries an opt-out" in sentence
    assert "opt somebody in again" in sentence
    assert where == f"syncs.people.fields: {ma_name}"
    assert remedy == "Remove this mapping."


def test_a_field_whose_name_only_resembles_a_consent_field_is_mapped() -> None:
    near = mapped("hs_email_optouts_counted")
    assert bind(a_sync(EMAIL, near), *schemas(EMAIL, near), CONSENT).fields[1].name == near.ma.name


def test_a_mapping_names_only_crm_objects_of_the_sync() -> None:
    mapping = FieldMapping("jobtitle", {"Account": "Title"})
    sentence, where, remedy = refused(BadConfiguration, with_mapping(mapping), EMAIL, TITLE)
    assert "“Account”" in sentence
    assert where == "syncs.people.fields: jobtitle"
    assert remedy == "Use one of: Contact, Lead."


def test_a_mapping_without_a_crm_field_is_refused() -> None:
    sentence, where, remedy = refused(
        BadConfiguration, with_mapping(FieldMapping("jobtitle", {})), EMAIL, TITLE
    )
    assert "names no CRM field" in sentence
    assert (where, bool(remedy)) == ("syncs.people.fields: jobtitle", True)


def test_a_pointer_names_an_object_of_the_sync() -> None:
    sync = a_sync(EMAIL, TITLE, crm_ids={"Account": "jobtitle"})
    sentence, where, remedy = refused(BadConfiguration, sync, EMAIL, TITLE)
    assert "“Account”" in sentence
    assert where == "syncs.people.crm_ids"
    assert remedy == "Use one of: Contact, Lead."


def test_a_pointer_and_a_rule_look_at_fields_that_exist() -> None:
    pointer = a_sync(EMAIL, TITLE, crm_ids={"Lead": "jobtitel"})
    _, where, remedy = refused(SchemaMismatch, pointer, EMAIL, TITLE)
    assert where == "syncs.people.crm_ids.Lead"
    assert "Did you mean jobtitle?" in remedy
    rule = a_sync(EMAIL, TITLE, create_as=(CreateRule("Lead", (Condition("stage", filled=True),)),))
    _, where, remedy = refused(SchemaMismatch, rule, EMAIL, TITLE)
    assert where == "syncs.people.create_as: Lead"
    assert remedy


def bound_to(sync: Sync, ma: Schema, crm: Schema) -> BoundSync:
    return bind(sync, ma, crm, CONSENT)


def test_a_field_that_is_off_is_left_out_and_the_others_keep_their_order() -> None:
    off = replace(TITLE, direction=Direction.OFF)
    sync = bound_to(a_sync(EMAIL, off, mapped("phone")), *schemas(EMAIL, TITLE, mapped("phone")))
    assert [b.name for b in sync.fields] == ["email", "phone"]


def test_the_context_changes_with_the_mapping_and_with_either_schema() -> None:
    sync, (ma, crm) = a_sync(EMAIL, TITLE), schemas(EMAIL, TITLE)
    restricted = mapped("jobtitle", crm={"restricted": True})
    renamed = mapped("jobtitle", ma={"unique": True})
    contexts = [
        bound_to(sync, ma, crm).context,
        bound_to(a_sync(EMAIL, replace(TITLE, direction=Direction.MA)), ma, crm).context,
        bound_to(replace(sync, guard_records=7), ma, crm).context,
        bound_to(replace(sync, time_zone="Asia/Tokyo"), ma, crm).context,
        bound_to(sync, ma, schemas(EMAIL, restricted)[1]).context,
        bound_to(sync, schemas(EMAIL, renamed)[0], crm).context,
        bound_to(sync, *schemas(EMAIL, TITLE, mapped("added"))).context,
    ]
    assert len(set(contexts)) == len(contexts)


def test_the_context_stays_when_nothing_changed_but_order_and_notes() -> None:
    sync, (ma, crm) = a_sync(EMAIL, TITLE), schemas(EMAIL, TITLE)
    same_ma, same_crm = schemas(TITLE, EMAIL)
    noted = Schema(same_crm.objects, notes=("person accounts are on",))
    assert bound_to(sync, ma, crm).context == bound_to(sync, same_ma, noted).context


def test_directions_say_which_side_may_ever_be_written() -> None:
    may = {d: (d.may_write("ma"), d.may_write("crm")) for d in Direction}
    assert may == {
        Direction.TWO_WAY: (True, True),
        Direction.PREFER_CRM: (True, True),
        Direction.CRM: (True, False),
        Direction.MA: (False, True),
        Direction.OFF: (False, False),
    }


def test_each_crm_object_may_name_its_field_differently() -> None:
    crm = {"Lead": a_field("Company"), "Contact": a_field("Firm__c")}
    firm = Mapped(a_field("company"), crm)
    sync = bound_to(a_sync(EMAIL, firm), *schemas(EMAIL, firm))
    assert mapping_of(firm).crm == {"Lead": "Company", "Contact": "Firm__c"}
    names = {object: field.name for object, field in sync.fields[1].crm.items()}
    assert names == {"Lead": "Company", "Contact": "Firm__c"}
    assert sync.fields[1].on("crm", "Account") is None


@pytest.mark.parametrize(
    "again", [FieldMapping("jobtitle", {"Lead": "Email"}), FieldMapping("email", {"Lead": "Jobtitle__c"})]
)
def test_a_field_mapped_twice_on_either_side_is_refused(again: FieldMapping) -> None:
    sentence, where, remedy = refused(BadConfiguration, with_mapping(again), EMAIL, TITLE)
    assert "is mapped twice" in sentence
    assert where == f"syncs.people.fields: {again.ma}"
    assert "Keep one" in remedy
