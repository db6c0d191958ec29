"""Each question the doctor asks, on small configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awase.configuration import parse
from awase.core.doctor import Finding, Form, FormField, Known, Level, examine
from awase.core.operations import Side
from awase.core.schema import Field, ObjectSchema, Option, Schema
from awase.core.values import Kind
from awase.ports.connector import Owner

HEAD = """
[workspace]
name = "w"
[connections.hubspot]
vendor = "hubspot"
[connections.salesforce]
vendor = "salesforce"
[[syncs]]
name = "people"
ma = { connection = "hubspot", object = "contact" }
crm = { connection = "salesforce", objects = ["Contact", "Lead"] }
match_on = "email"
"""


def options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)


def field(name: str, kind: Kind = Kind.TEXT, **more: Any) -> Field:
    return Field(name=name, label=name, kind=kind, vendor_type=kind.value, **more)


def schema(*objects: tuple[str, Sequence[Field]]) -> Schema:
    return Schema(
        {
            name: ObjectSchema(name, name, {f.name: f for f in fields}, key_field="K")
            for name, fields in objects
        }
    )


EMAIL = field("Email", email=True, max_length=80)


def findings(
    fields: str,
    crm: Sequence[Field],
    ma: Sequence[Field] | None = None,
    *,
    more: str = "",
    contact: Sequence[Field] = (),
    absence: Level | None = Level.CERTAIN,
    **known: Any,
) -> list[Finding]:
    """What is found on a sync whose Lead has ``crm`` beside Email."""
    text = f'{HEAD}{more}\n[[syncs.fields]]\nma = "email"\ncrm = "Email"\n[[syncs.fields]]\n{fields}\n'
    workspace = parse(text)
    picture: Mapping[str, Any] = {
        "crm": schema(("Lead", [EMAIL, *crm]), ("Contact", [EMAIL, *contact])),
        "ma": schema(("contact", [field("email", email=True), *ma])) if ma is not None else None,
        "absence": lambda _side, _object, _name: absence,
        "consent": {"ma": {}, "crm": {}},
        "opt_outs": {},
        **known,
    }
    return examine(list(enumerate(workspace.syncs)), Known(**picture))


def said(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.kind, one.level.value) for one in found]


TEXT = 'ma = "a"\ncrm = { Lead = "A" }\n'


def test_a_field_for_a_code_is_too_short_for_what_people_type() -> None:
    assert said(findings(TEXT, [field("A", max_length=8)], [field("a")])) == [("length", "advice")]
    assert said(findings(TEXT, [field("A", max_length=40)], [field("a")])) == []


def test_several_lines_do_not_fit_into_one() -> None:
    lines = frozenset({("contact", "a")})
    assert said(findings(TEXT, [field("A", max_length=255)], [field("a")], several_lines=lines)) == [
        ("length", "likely")
    ]
    assert said(findings(TEXT, [field("A", max_length=4_000)], [field("a")], several_lines=lines)) == []


def test_a_truncation_that_fits_is_enough_and_one_that_does_not_is_told() -> None:
    lines = frozenset({("contact", "a")})
    fitting, too_long = (TEXT + f"to_crm = [{{ truncate = {n} }}]" for n in (80, 81))
    crm, ma = [field("A", max_length=80)], [field("a")]
    assert said(findings(fitting, crm, ma, several_lines=lines)) == []
    assert said(findings(too_long, crm, ma, several_lines=lines)) == [("length", "likely")]


def test_an_option_that_is_longer_than_the_field_is_certain() -> None:
    (found,) = findings(TEXT, [field("A", max_length=4)], [field("a", options=options("123", "12345"))])
    assert (found.kind, found.level, found.places["value"]) == ("length", Level.CERTAIN, "12345")


def test_options_are_compared_as_they_would_arrive() -> None:
    crm = [field("A", options=options("X", "Y", "other"), restricted=True)]
    ma = [field("a", options=options("x", "y", "z"), restricted=False)]
    mapped = TEXT + 'to_crm = ["upper"]\nvalues = { "Z" = "other" }\ndirection = "ma"'
    assert said(findings(mapped, crm, ma)) == []
    (found,) = findings(TEXT + 'direction = "ma"', crm, ma)
    assert (found.kind, found.places["values"]) == ("option_missing", "x, y, z")


def test_each_value_of_a_multi_select_counts() -> None:
    crm = [field("A", Kind.TEXTS, options=options("x", "y"), restricted=True)]
    ma = [field("a", Kind.TEXTS, options=options("x", "w"), restricted=True)]
    found = findings(TEXT, crm, ma)
    assert [(one.kind, one.places["values"]) for one in found] == [
        ("option_missing", "w"),
        ("option_missing_in_ma", "y"),
    ]


def test_a_list_that_takes_anything_is_advice_only() -> None:
    crm = [field("A", options=options("x"))]
    assert said(findings(TEXT, crm, [field("a")])) == [("stray_values", "advice")]
    assert said(findings(TEXT, crm, [field("a", options=options("w"))])) == [("stray_values", "advice")]


def test_states_and_countries_take_only_what_the_vendor_knows() -> None:
    crm = [field("A", options=options("Japan"), place=True)]
    assert said(findings(TEXT, crm, [field("a", options=options("日本"))])) == [("option_missing", "certain")]


def test_nothing_is_said_of_values_that_do_not_travel_that_way() -> None:
    crm = [field("A", options=options("x"), restricted=True, max_length=1, updateable=False)]
    assert said(findings(TEXT + 'direction = "crm"', crm, [field("a")])) == []


def test_a_value_that_is_inactive_is_told_as_such() -> None:
    crm = [field("A", options=(*options("x"), Option("old", "old", active=False)), restricted=True)]
    (found,) = findings(TEXT + 'values = { "o" = "old" }', crm)
    assert found.words.startswith("“{value}”, which this mapping writes, is no longer")
    assert found.path == ("syncs", 0, "fields", 1, "values", "o")


FORMS = [
    Form("asks", (FormField("email", "contact", required=True), FormField("a", "contact", required=True))),
    Form("silent", (FormField("email", "contact", required=True),)),
    Form("optional", (FormField("email", "contact", required=True), FormField("a", "contact"))),
    Form("filled", (FormField("a", "contact", filled=True),)),
    Form("of companies", (FormField("name", "company"),)),
]
REQUIRED = [field("A", required=True)]


def of_forms(fields: str = TEXT, more: str = 'create_as = [{ object = "Lead" }]') -> list[tuple[str, str]]:
    return [(one.kind, one.form) for one in findings(fields, REQUIRED, [field("a")], more=more, forms=FORMS)]


def test_a_form_asks_for_what_the_crm_demands() -> None:
    assert of_forms() == [("form_lacks_required", "silent"), ("form_leaves_required_optional", "optional")]


def test_a_form_need_not_ask_for_what_is_filled_in_anyway_or_decides_what_is_created() -> None:
    assert of_forms(TEXT + 'to_crm = [{ default = "-" }]') == []
    assert of_forms(more='create_as = [{ object = "Lead", needs = ["a"] }]') == []
    assert of_forms(more="") == [], "nothing is created in the CRM"


def test_a_required_field_matters_where_records_are_created() -> None:
    other = 'ma = "b"\ncrm = { Lead = "B" }'
    crm = [*REQUIRED, field("B")]
    assert said(findings(other, crm, more='create_as = [{ object = "Lead" }]')) == [
        ("required_not_mapped", "certain")
    ]
    assert said(findings(other, crm)) == []


def test_a_filter_is_asked_only_of_the_object_that_it_names_and_alternatives_are_looked_at() -> None:
    more = 'filter = { crm = [{ field = "Contact.X", filled = true }, { any = [{ field = "Lead.Y", filled = true }] }] }'
    found = findings(TEXT, [field("A")], more=more, contact=[field("X")])
    assert [(one.kind, one.object, one.field, one.path) for one in found] == [
        ("filter_field_missing", "Lead", "Y", ("syncs", 0, "filter", "crm", 1, "any", 0))
    ]


def test_what_nobody_can_tell_is_not_said() -> None:
    assert said(findings(TEXT, [], absence=None)) == []
    assert said(findings(TEXT, [], absence=Level.LIKELY)) == [("field_missing", "likely")]


def owner(address: str, *, active: bool = True, may_own: bool = True) -> Owner:
    return Owner(address, address, address, active, may_own, "Standard")


def of_owners(more: str, ma: Sequence[Owner], crm: Sequence[Owner]) -> list[str]:
    known: Mapping[Side, Sequence[Owner]] = {"ma": ma, "crm": crm}
    fields = 'ma = "o"\ncrm = "O"\nthrough = "owners"'
    owning = field("O", references=("User",))
    found = findings(fields, [owning], contact=[owning], more=more, owners=known)
    return [f"{one.kind} {one.places['address']}" for one in found]


def test_every_owner_has_somebody_active_in_the_crm() -> None:
    users = [owner("a@x.jp"), owner("b@x.jp", active=False), owner("robot@x.jp", may_own=False)]
    people = [owner("a@x.jp"), owner("b@x.jp"), owner("gone@x.jp", active=False)]
    assert of_owners("", people, users) == ["owner_without_user b@x.jp"]
    assert of_owners('owners = { to_crm = { "*" = "A@x.jp" } }', people, users) == []
    assert of_owners('owners = { to_crm = { "b@x.jp" = "robot@x.jp" } }', people, users) == [
        "owner_inactive robot@x.jp",
        "owner_without_user b@x.jp",
    ]


def test_an_opt_out_that_is_mapped_is_told_whatever_its_number() -> None:
    consent = {"ma": {"contact": ("hs_email_optout", "hs_email_optout_*")}, "crm": {}}
    fields = 'ma = "hs_email_optout_42"\ncrm = { Lead = "A" }'
    assert said(findings(fields, [field("A", Kind.BOOLEAN)], consent=consent)) == [
        ("opt_out_mapped", "certain")
    ]
