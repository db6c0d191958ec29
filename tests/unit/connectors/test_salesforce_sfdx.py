"""A Salesforce DX project as a schema: both formats, standard fields, rights, and what is broken in it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awase.connectors.salesforce.schema import Described, object_schema
from awase.connectors.salesforce.sfdx import Project, is_metadata, read_project, read_users
from awase.core.checks.rules import lacking
from awase.core.values import Kind
from awase.errors import BadInput
from awase_practice.salesforce.describe import describe_body
from awase_practice.salesforce.stock import STOCK

OPEN = '<?xml version="1.0" encoding="UTF-8"?>\n<{0} xmlns="http://soap.sforce.com/2006/04/metadata">\n{1}\n</{0}>\n'


def xml(root: str, inside: str) -> bytes:
    return OPEN.format(root, inside).encode()


def field(name: str, kind: str, more: str = "") -> str:
    return f"<fullName>{name}</fullName><label>{name}</label><type>{kind}</type>{more}"


RANK = """<valueSet><restricted>true</restricted><controllingField>Area__c</controllingField><valueSetDefinition>
<sorted>false</sorted>
<value><fullName>A</fullName><default>false</default><label>最上位</label></value>
<value><fullName>Z</fullName><default>false</default><label>Z</label><isActive>false</isActive></value>
</valueSetDefinition><valueSettings><controllingFieldValue>East</controllingFieldValue><valueName>A</valueName></valueSettings></valueSet>"""
RULE = "<fullName>Big</fullName><active>true</active>\n<errorConditionFormula>ISBLANK(Company)</errorConditionFormula><errorDisplayField>Company</errorDisplayField><errorMessage>会社名が必要です</errorMessage>"
SOURCE = {
    "app/objects/Lead/fields/Rank__c.field-meta.xml": xml("CustomField", field("Rank__c", "Picklist", RANK)),
    "app/objects/Lead/fields/Code__c.field-meta.xml": xml(
        "CustomField",
        field("Code__c", "Text", "<length>12</length><required>true</required><unique>true</unique>"),
    ),
    "app/objects/Lead/validationRules/Big.validationRule-meta.xml": xml("ValidationRule", RULE),
    "app/standardValueSets/LeadSource.standardValueSet-meta.xml": xml(
        "StandardValueSet",
        "<sorted>false</sorted><standardValue><fullName>Web</fullName><default>false</default></standardValue>",
    ),
}
AS_ONE = {
    "src/objects/Lead.object": xml(
        "CustomObject",
        f"<fields>{field('Rank__c', 'Picklist', RANK)}</fields><fields>"
        + field("Code__c", "Text", "<length>12</length><required>true</required><unique>true</unique>")
        + f"</fields><validationRules>{RULE}</validationRules>",
    ),
    "src/standardValueSets/LeadSource.standardValueSet": SOURCE[
        "app/standardValueSets/LeadSource.standardValueSet-meta.xml"
    ],
}


def words(project: Project) -> list[tuple[str, int, str]]:
    return [(each.place.file, each.place.line, each.words.format(**each.places)) for each in project.troubles]


@pytest.mark.parametrize("files", [SOURCE, AS_ONE], ids=["source", "metadata"])
def test_both_formats_say_the_same(files: dict[str, bytes]) -> None:
    project = read_project(files)
    lead = project.schema.objects["Lead"]
    assert project.troubles == ()
    rank = lead.fields["Rank__c"]
    assert [(o.value, o.label, o.active, o.valid_for) for o in rank.options or ()] == [
        ("A", "最上位", True, ("East",)),
        ("Z", "Z", False, ()),
    ]
    assert (rank.restricted, rank.controllers) == (True, ("Area__c",))
    code = lead.fields["Code__c"]
    assert (code.max_length, code.required, code.unique) == (12, True, True)
    assert [o.value for o in lead.fields["LeadSource"].options or ()] == ["Web"]
    (rule,) = lead.rules
    assert (rule.name, rule.formula, rule.field, rule.message) == (
        "Big",
        "ISBLANK(Company)",
        "Company",
        "会社名が必要です",
    )


def test_standard_fields_are_there_without_any_file() -> None:
    objects = read_project({}).schema.objects
    assert set(objects) == {"Lead", "Contact", "Account", "Opportunity"}
    required = {(o, f.name) for o, s in objects.items() for f in s.fields.values() if f.required}
    assert required == {
        ("Lead", "LastName"),
        ("Lead", "Company"),
        ("Contact", "LastName"),
        ("Account", "Name"),
        *(("Opportunity", name) for name in ("Name", "StageName", "CloseDate")),
    }
    assert objects["Lead"].fields["FirstName"].max_length == 40
    assert objects["Contact"].fields["HasOptedOutOfEmail"].kind is Kind.BOOLEAN
    assert not objects["Lead"].fields["CreatedDate"].updateable


def test_types_become_what_describe_would_say() -> None:
    kinds = {
        "Number": "<precision>6</precision><scale>2</scale>",
        "Checkbox": "<defaultValue>false</defaultValue>",
        "LongTextArea": "<length>5000</length>",
        "Lookup": "<referenceTo>Account</referenceTo>",
        "AutoNumber": "",
        "DateTime": "",
    }
    files = {
        f"objects/Lead/fields/{kind}__c.field-meta.xml": xml("CustomField", field(f"{kind}__c", kind, more))
        for kind, more in kinds.items()
    }
    files["objects/Lead/fields/Sum__c.field-meta.xml"] = xml(
        "CustomField", field("Sum__c", "Text", "<formula>LastName &amp; Company</formula>")
    )
    fields = read_project(files).schema.objects["Lead"].fields
    assert (fields["Number__c"].precision, fields["Number__c"].scale) == (6, 2)
    assert not fields["Checkbox__c"].required
    assert fields["LongTextArea__c"].max_length == 5_000
    assert fields["Lookup__c"].references == ("Account",)
    assert not fields["AutoNumber__c"].createable
    assert not fields["Sum__c"].updateable
    assert fields["DateTime__c"].kind is Kind.DATETIME


def test_what_is_broken_is_told_by_file_and_line_and_the_rest_goes_on() -> None:
    files = {
        **SOURCE,
        "a/objects/Lead/fields/Broken__c.field-meta.xml": b"<CustomField>\n<fullName>Broken__c</full>",
        "b/objects/Lead/fields/Odd__c.field-meta.xml": xml(
            "CustomField", field("Odd__c", "Text", "<length>9</length>\n<sparkle>true</sparkle>")
        ),
        "c/objects/Lead/fields/What__c.field-meta.xml": xml("CustomField", field("What__c", "Hologram")),
        "d/objects/Lead/validationRules/Bad.validationRule-meta.xml": xml(
            "ValidationRule", "<errorConditionFormula>AND(\n1 = ,\n2)</errorConditionFormula>"
        ),
        "e/objects/Lead/fields/Bomb__c.field-meta.xml": b'<!DOCTYPE x [<!ENTITY a "b">]>\n<CustomField>&a;</CustomField>',
        "f/objects/Lead/fields/Long__c.field-meta.xml": xml(
            "CustomField", field("Long__c", "Text", "<length>many</length>")
        ),
        "g/objects/Lead/fields/Code.field-meta.xml": b'<?xml version="1.0" encoding="martian"?><CustomField/>',
    }
    project = read_project(files)
    told = [(file[0], line, text) for file, line, text in words(project)]
    assert told[0] == (
        "a",
        2,
        "the file cannot be read: an element is closed by the end tag of another, or by a misspelt one.",
    )
    assert told[1] == ("b", 4, "the element “sparkle” is not known in a CustomField; it was passed over")
    assert told[2][:2] == ("c", 2)
    assert told[3][:2] == ("d", 4)
    assert told[3][2].endswith("(line 2, column 5 of the formula)")
    assert [file for file, _, _ in told] == ["a", "b", "c", "d", "e", "f", "g"]
    lead = project.schema.objects["Lead"]
    assert {"Rank__c", "Code__c", "Odd__c"} <= set(lead.fields)
    assert [rule.name for rule in lead.rules] == ["Big"]


def test_a_field_that_could_not_be_read_is_not_taken_for_missing() -> None:
    files = {
        "a/objects/Lead/fields/Broken__c.field-meta.xml": b"<CustomField>",
        "b/objects/Lead/fields/What__c.field-meta.xml": xml("CustomField", field("What__c", "Hologram")),
        "c/objects/Lead/fields/Long__c.field-meta.xml": xml(
            "CustomField", field("Long__c", "Text", "<length>-5</length>")
        ),
        "d/objects/Lead/fields/Bare__c.field-meta.xml": xml("CustomField", "<fullName>Bare__c</fullName>"),
        "e/objects/Lead/fields/Layout__c.field-meta.xml": xml("Layout", ""),
        "f/src/Account.object": b"<CustomObject>",
        "g/objects/Contact/Contact.object-meta.xml": b"<CustomObject>",
    }
    project = read_project(files)
    said = {file[0]: text for file, _, text in words(project)}
    assert said["c"] == "the field Long__c says “-5” where a whole number has to stand"
    assert said["d"] == "the field Bare__c says no type"
    there = ["Broken__c", "What__c", "Long__c", "Bare__c", "Layout__c"]
    assert [project.sure_of_absence("Lead", name) for name in there] == [None] * 5
    assert project.sure_of_absence("Lead", "Other__c") == "sure"
    assert project.sure_of_absence("Account", "Other__c") is None
    assert project.sure_of_absence("Contact", "Other__c") == "sure"


def test_what_two_packages_define_is_told_and_the_later_one_counts() -> None:
    files = {
        **{f"a/{name}": content for name, content in SOURCE.items()},
        "b/objects/Lead/fields/Code__c.field-meta.xml": xml(
            "CustomField", field("Code__c", "Text", "<length>40</length>")
        ),
        "b/objects/Lead/validationRules/Big.validationRule-meta.xml": xml(
            "ValidationRule", RULE.replace("ISBLANK(Company)", "ISBLANK(Email)")
        ),
    }
    project = read_project(files)
    assert words(project) == [
        (
            "b/objects/Lead/fields/Code__c.field-meta.xml",
            2,
            "Lead.Code__c is defined in a/app/objects/Lead/fields/Code__c.field-meta.xml:2 too; what stands here was taken",
        ),
        (
            "b/objects/Lead/validationRules/Big.validationRule-meta.xml",
            4,
            "Lead.Big is defined in a/app/objects/Lead/validationRules/Big.validationRule-meta.xml:4 too; what stands here was taken",
        ),
    ]
    lead = project.schema.objects["Lead"]
    assert lead.fields["Code__c"].max_length == 40
    assert [rule.formula for rule in lead.rules] == ["ISBLANK(Email)"]


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("LEN(Company)", "a validation rule must give TRUE or FALSE, not number"),
        ("AND(TRUE,\nYEAR(CreatedDate) = 1)", "YEAR takes date, not date and time"),
    ],
)
def test_a_rule_that_no_org_takes_is_told_where_it_stands(formula: str, reason: str) -> None:
    rule = RULE.replace("ISBLANK(Company)", formula)
    file = "a/objects/Lead/validationRules/Big.validationRule-meta.xml"
    ((_, line, text),) = words(read_project({file: xml("ValidationRule", rule)}))
    assert text.startswith(f"no org takes the formula of the rule Big: {reason}")
    assert line == 3 + formula.count("\n") + 1
    asleep = rule.replace("<active>true", "<active>false")
    assert words(read_project({file: xml("ValidationRule", asleep)})) == []


def test_rights_hide_fields_and_keep_others_from_being_written() -> None:
    grants = "".join(
        f"<fieldPermissions><editable>{edit}</editable><field>{name}</field><readable>true</readable></fieldPermissions>"
        for name, edit in (("Lead.Title", "false"), ("Lead.Rank__c", "true"), ("Lead.Address", "true"))
    )
    objects = "<objectPermissions><allowCreate>true</allowCreate><allowEdit>false</allowEdit><object>Lead</object></objectPermissions>"
    files = {**SOURCE, "x/permissionsets/Sync.permissionset-meta.xml": xml("PermissionSet", grants + objects)}
    assert read_project(files).rights == ()
    project = read_project(files, rights=["Sync", "Nobody"])
    lead = project.schema.objects["Lead"]
    assert (project.rights, project.unknown_rights) == (("Sync",), ("Nobody",))
    assert not lead.fields["Title"].updateable
    assert lead.fields["Rank__c"].updateable
    assert lead.fields["City"].updateable, "rights are given to an address as a whole"
    assert lead.fields["Code__c"].createable, "what a create must have comes with the object"
    assert ("Lead", "Phone") in project.hidden
    assert "Phone" not in lead.fields
    assert (lead.createable, lead.updateable) == (True, False)


def test_a_field_on_a_value_set_takes_its_options_from_there() -> None:
    shared = "<valueSet><valueSetName>Regions</valueSetName></valueSet>"
    files = {
        "objects/Lead/fields/Area__c.field-meta.xml": xml("CustomField", field("Area__c", "Picklist", shared))
    }
    missing = read_project(files)
    assert [each.kind for each in missing.troubles] == ["value_set_missing"]
    assert not missing.schema.objects["Lead"].fields["Area__c"].restricted, "its options are not known"
    files["globalValueSets/Regions.globalValueSet-meta.xml"] = xml(
        "GlobalValueSet", "<customValue><fullName>East</fullName></customValue><masterLabel>R</masterLabel>"
    )
    area = read_project(files).schema.objects["Lead"].fields["Area__c"]
    assert ([o.value for o in area.options or ()], area.restricted) == (["East"], True)


def test_objects_outside_the_table_are_known_in_part() -> None:
    files = {
        "objects/Case/fields/X__c.field-meta.xml": xml("CustomField", field("X__c", "Checkbox")),
        "objects/Own__c/Own__c.object-meta.xml": xml(
            "CustomObject", "<label>Own</label><nameField><label>N</label><type>Text</type></nameField>"
        ),
    }
    project = read_project(files)
    assert project.partial == {"Case"}
    assert project.schema.objects["Own__c"].fields["Name"].max_length == 80


def test_only_metadata_files_are_read() -> None:
    assert is_metadata("a/Lead.object-meta.xml")
    assert is_metadata("Lead.object")
    assert not is_metadata("a/package.xml")
    assert not is_metadata("Thing.cls")
    assert is_metadata("a/customMetadata/Limits.Lead.md-meta.xml")
    assert is_metadata("customMetadata/Limits.Lead.md")
    assert not is_metadata("docs/README.ja.md")


LIMIT = "$CustomMetadata.Limits__mdt.Lead.Maximum__c"
READING = {
    "objects/Limits__mdt/fields/Maximum__c.field-meta.xml": xml(
        "CustomField", field("Maximum__c", "Number", "<precision>4</precision><scale>0</scale>")
    ),
    "objects/Limits__mdt/fields/Words__c.field-meta.xml": xml(
        "CustomField", field("Words__c", "Text", "<length>9</length>")
    ),
    "objects/Lead/validationRules/Big.validationRule-meta.xml": xml(
        "ValidationRule",
        RULE.replace(
            "ISBLANK(Company)",
            f"NOT($Setup.Bypass__c.Skip__c) &amp;&amp; NumberOfEmployees &gt; {LIMIT} &amp;&amp; "
            "ISBLANK($customMetadata.limits__mdt.lead.words__c)",
        ),
    ),
    "objects/Lead/validationRules/Off.validationRule-meta.xml": xml(
        "ValidationRule",
        RULE.replace("<active>true", "<active>false")
        .replace("<fullName>Big", "<fullName>Off")
        .replace("ISBLANK(Company)", "$CustomMetadata.Limits__mdt.ns__Deal.Maximum__c &gt; 1"),
    ),
    "customMetadata/Limits.Lead.md-meta.xml": xml(
        "CustomMetadata",
        "<label>Lead</label><values><field>Maximum__c</field><value>100.0</value></values>"
        "<values><field>Words__c</field><value/></values>",
    ),
    "customMetadata/Limits.ns__Deal.md-meta.xml": xml(
        "CustomMetadata", "<values><field>Maximum__c</field><value>7</value></values>"
    ),
    # Of a type that the project does not hold.
    "customMetadata/Other.Lead.md": xml("CustomMetadata", "<label>Lead</label>"),
}


def test_records_of_custom_metadata_are_what_rules_read_and_values_of_settings_are_not_known() -> None:
    project = read_project(READING)
    lead = project.schema.objects["Lead"]
    assert dict(lead.globals.values) == {
        LIMIT: "100.0",
        "$customMetadata.limits__mdt.lead.words__c": None,
        "$CustomMetadata.Limits__mdt.ns__Deal.Maximum__c": "7",
    }
    assert lead.globals.fields[LIMIT].kind is Kind.DECIMAL
    (rule,) = lead.rules
    assert lacking(rule, lead) == ["global $Setup.Bypass__c.Skip__c"]
    # Rights to the type hide nothing from a rule.
    rights = xml("PermissionSet", "<label>Sync</label>")
    seen = read_project({**READING, "permissionsets/Sync.permissionset": rights}, rights=["Sync"])
    assert seen.schema.objects["Lead"].globals == lead.globals


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    st.sampled_from(sorted({**SOURCE, **READING})),
)
def test_no_content_stops_the_reading(content: bytes, file: str) -> None:
    read_project({**SOURCE, **READING, file: content})


def test_the_table_agrees_with_what_the_practice_org_describes() -> None:
    """Two tables by two hands: types, lengths, and what a create must have."""
    for name, ours in read_project({}).schema.objects.items():
        described = msgspec.json.decode(describe_body(STOCK[name], (), "65.0"), type=Described)
        theirs = object_schema(described, "Awase_Key__c", frozenset()).fields
        standard = [field for field in theirs if not field.endswith("__c")]
        assert [field for field in standard if field not in ours.fields] == []
        for field in standard:
            one, other = ours.fields[field], theirs[field]
            for word in (
                "kind",
                "vendor_type",
                "max_length",
                "required",
                "createable",
                "updateable",
                "precision",
                "scale",
                "by_default",
            ):
                assert getattr(one, word) == getattr(other, word), (name, field, word)


ADDRESSES = """<countriesAndStates>
<countries><active>true</active><integrationValue>Japan</integrationValue><isoCode>JP</isoCode><label>日本</label><orgDefault>true</orgDefault>
<states><active>true</active><integrationValue>Tokyo</integrationValue><isoCode>13</isoCode><label>東京都</label></states></countries>
<countries><active>false</active><integrationValue>Norway</integrationValue><isoCode>NO</isoCode><label>Norway</label></countries>
</countriesAndStates>"""


def test_states_and_countries_come_from_the_address_settings() -> None:
    name = "settings/Address.settings-meta.xml"
    assert "CountryCode" not in read_project({}).schema.objects["Lead"].fields
    fields = read_project({name: xml("AddressSettings", ADDRESSES)}).schema.objects["Lead"].fields
    assert [(o.value, o.active) for o in fields["Country"].options or ()] == [
        ("Japan", True),
        ("Norway", False),
    ]
    assert [(o.value, o.valid_for) for o in fields["State"].options or ()] == [("Tokyo", ("JP", "Japan"))]
    assert [o.value for o in fields["StateCode"].options or ()] == ["13"]
    assert (fields["State"].place, fields["State"].twin) == (True, "StateCode")
    contact = read_project({name: xml("AddressSettings", ADDRESSES)}).schema.objects["Contact"].fields
    assert contact["MailingCountry"].place
    assert not read_project({"settings/Lead.settings-meta.xml": b"<broken"}).troubles, "no settings of ours"


USER = {"Id": "005A", "Email": "a@x.jp", "Name": "A", "IsActive": True, "UserType": "AutomatedProcess"}


@pytest.mark.parametrize(
    "content", [[USER], {"records": [USER]}, {"status": 0, "result": {"records": [USER]}}]
)
def test_users_come_from_what_the_vendors_command_writes(content: object) -> None:
    (user,) = read_users(json.dumps(content).encode())
    assert (user.email, user.active, user.may_own) == ("a@x.jp", True, False)


def test_what_is_no_list_of_users_is_told() -> None:
    with pytest.raises(BadInput):
        read_users(b'{"records": [{"Email": "a@x.jp"}]}', where="users.json")
