"""The project that prepares an org: the least rights that suffice, key fields, and the way back."""

from __future__ import annotations

import dataclasses
import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awase.connectors.salesforce.setup import KEY_LENGTH, access, project
from awase.core.filters import Condition
from awase.core.identity import own_key
from awase.core.mapping import CreateRule, Direction, FieldMapping, OnDelete, Sync
from awase.errors import BadConfiguration, SchemaMismatch

PEOPLE = ("Contact", "Lead")
PERMISSIONS = "force-app/main/default/permissionsets/Awase_Integration.permissionset-meta.xml"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"


def sync(*fields: FieldMapping, objects: tuple[str, ...] = PEOPLE, creates: tuple[str, ...] = ()) -> Sync:
    return Sync(
        name="people",
        ma_connection="hubspot",
        ma_object="contact",
        crm_connection="salesforce",
        crm_objects=objects,
        fields=fields,
        create_as=tuple(CreateRule(object) for object in creates),
    )


def everywhere(
    crm: str, direction: Direction = Direction.TWO_WAY, objects: tuple[str, ...] = PEOPLE
) -> FieldMapping:
    return FieldMapping(ma=crm.lower(), crm=dict.fromkeys(objects, crm), direction=direction)


def made(*syncs: Sync, key_field: str = "Awase_Key__c") -> dict[str, str]:
    return project(syncs, key_field=key_field, api_version="65.0")


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314  (our own text)


def parts(root: ElementTree.Element, name: str) -> list[dict[str, str]]:
    """The contents of every ``name`` element."""
    return [
        {part.tag.removeprefix(NAMESPACE): part.text or "" for part in element}
        for element in root.findall(f"{NAMESPACE}{name}")
    ]


def field_rights(files: dict[str, str]) -> dict[str, bool]:
    found = parts(parsed(files[PERMISSIONS]), "fieldPermissions")
    assert all(one["readable"] == "true" for one in found)
    return {one["field"]: one["editable"] == "true" for one in found}


def object_rights(files: dict[str, str]) -> dict[str, str]:
    """Object → letters of what is allowed on it."""
    return {
        one["object"]: "".join(
            letter
            for letter, name in (
                ("c", "allowCreate"),
                ("r", "allowRead"),
                ("e", "allowEdit"),
                ("d", "allowDelete"),
                ("m", "modifyAllRecords"),
                ("v", "viewAllRecords"),
            )
            if one[name] == "true"
        )
        for one in parts(parsed(files[PERMISSIONS]), "objectPermissions")
    }


def test_the_rights_on_fields_are_those_of_the_mapping_with_key_and_opt_out() -> None:
    files = made(
        sync(
            everywhere("Email"),
            everywhere("Title", Direction.CRM),
            everywhere("Phone", Direction.MA),
            FieldMapping(ma="industry", crm={"Lead": "Industry"}, direction=Direction.PREFER_CRM),
        )
    )
    expected = {
        f"{object}.{field}": editable
        for object in PEOPLE
        for field, editable in {
            "Awase_Key__c": True,
            "Email": True,
            "HasOptedOutOfEmail": True,
            "Phone": True,
            "Title": False,
        }.items()
    }
    assert field_rights(files) == {**expected, "Lead.Industry": True}


def test_a_field_that_any_sync_may_write_is_editable_and_one_that_is_switched_off_is_not_seen() -> None:
    reading = sync(everywhere("Title", Direction.CRM), everywhere("Fax", Direction.OFF))
    writing = sync(everywhere("Title", Direction.MA))
    for syncs in ((reading, writing), (writing, reading)):
        rights = field_rights(made(*syncs))
        assert rights["Lead.Title"] is True
        assert "Lead.Fax" not in rights


def test_required_and_system_fields_are_left_out_and_named_in_the_readme() -> None:
    files = made(sync(*map(everywhere, ("LastName", "OwnerId", "CreatedDate", "Email"))))
    assert set(field_rights(files)) == {
        f"{o}.{f}" for o in PEOPLE for f in ("Awase_Key__c", "Email", "HasOptedOutOfEmail")
    }
    for readme in (files["README.md"], files["README.ja.md"]):
        assert "- Contact: `CreatedDate`, `LastName`, `OwnerId`\n" in readme


def test_parts_of_an_address_share_the_right_to_the_whole() -> None:
    city = FieldMapping(ma="city", crm={"Contact": "MailingCity", "Lead": "City"}, direction=Direction.CRM)
    code = FieldMapping(ma="zip", crm={"Contact": "MailingPostalCode"})
    place = FieldMapping(ma="place", crm={"Lead": "Place__City__s"})
    for mappings in ((city, code, place), (code, city, place)):
        rights = field_rights(made(sync(*mappings)))
        assert {name: can for name, can in rights.items() if "Address" in name or "Place" in name} == {
            "Contact.MailingAddress": True,
            "Lead.Address": False,
            "Lead.Place__c": True,
        }


def test_records_can_be_deleted_only_where_a_policy_of_the_sync_deletes_them() -> None:
    kept = sync(everywhere("Topic__c", Direction.CRM, ("Seminar__c",)), objects=("Seminar__c",))
    assert object_rights(made(kept)) == {"Seminar__c": "r"}
    followed = dataclasses.replace(kept, deleted_in_ma=OnDelete.DELETE)
    assert object_rights(made(followed)) == {"Seminar__c": "red"}
    back = dataclasses.replace(kept, deleted_in_crm=OnDelete.DELETE)
    assert object_rights(made(back)) == {"Seminar__c": "r"}


def test_a_field_that_a_filter_looks_at_can_be_read() -> None:
    tests = (Condition("Region__c", filled=True), Condition(any_of=(Condition("Rank__c", is_in=("A",)),)))
    rights = field_rights(made(dataclasses.replace(sync(everywhere("Email")), filter_crm=tests)))
    assert (rights["Lead.Region__c"], rights["Contact.Rank__c"]) == (False, False)


def test_people_can_be_edited_for_their_opt_outs_even_where_no_field_is_written() -> None:
    rights = object_rights(made(sync(everywhere("Email", Direction.CRM))))
    assert rights == {"Account": "r", "Contact": "re", "Lead": "re"}


def test_objects_are_created_and_edited_only_where_the_sync_does_so() -> None:
    assert object_rights(made(sync(everywhere("Email"), creates=("Lead",)))) == {
        "Account": "r",
        "Contact": "re",
        "Lead": "cre",
    }
    objects = ("Opportunity", "Seminar__c")
    to_ma = sync(everywhere("Topic__c", Direction.CRM, objects), objects=objects)
    assert object_rights(made(to_ma)) == {"Account": "r", "Opportunity": "r", "Seminar__c": "r"}
    to_crm = sync(everywhere("Name", Direction.MA, objects), objects=objects)
    assert object_rights(made(to_crm))["Opportunity"] == "re"


def test_every_object_of_the_syncs_has_the_key_field_and_it_can_hold_our_keys() -> None:
    objects = ("Account", "Opportunity", "Seminar__c")
    files = made(sync(everywhere("Topic__c", objects=objects), objects=objects), key_field="Our_Key__c")
    for object in objects:
        root = parsed(files[f"force-app/main/default/objects/{object}/fields/Our_Key__c.field-meta.xml"])
        field = {part.tag.removeprefix(NAMESPACE): part.text for part in root}
        assert field | {"label": "", "description": ""} == {
            "fullName": "Our_Key__c",
            "caseSensitive": "false",
            "externalId": "true",
            "length": str(KEY_LENGTH),
            "required": "false",
            "type": "Text",
            "unique": "true",
            "label": "",
            "description": "",
        }
    longest = own_key("9" * 20, "p_" + "x" * 100, "9" * 20)
    assert len(longest) <= KEY_LENGTH


def test_leaving_removes_exactly_what_was_deployed() -> None:
    files = made(sync(everywhere("Email")))

    def listed(path: str) -> set[str]:
        return {element.text or "" for element in parsed(files[path]).iter(f"{NAMESPACE}members")}

    assert listed("leaving/destructiveChanges.xml") == listed("manifest/package.xml")
    assert listed("manifest/package.xml") == {
        "Awase_Integration",
        "Contact.Awase_Key__c",
        "Lead.Awase_Key__c",
    }
    assert listed("leaving/package.xml") == set()


def test_a_chapter_stands_only_where_it_concerns_these_objects() -> None:
    people = made(sync(everywhere("Email")))
    leads = made(sync(everywhere("Email", objects=("Lead",)), objects=("Lead",)))
    seminars = made(sync(everywhere("Topic__c", objects=("Seminar__c",)), objects=("Seminar__c",)))
    for readme in ("README.md", "README.ja.md"):
        numbers = [
            re.findall(r"^## (\d)\.", files[readme], re.MULTILINE) for files in (people, leads, seminars)
        ]
        assert numbers == [["1", "2", "3", "4", "5", "6"], ["1", "2", "3", "4", "5"], ["1", "2", "3", "4"]]
    assert "`Lead.Awase_Key__c` to `Contact.Awase_Key__c`" in people["README.md"]
    assert "HasOptedOutOfEmail" not in "".join(seminars.values())


def test_both_readmes_say_the_same_things() -> None:
    files = made(sync(everywhere("Email"), creates=PEOPLE))
    said = [
        re.findall(r"^#+ |^   ?```|^sf .*|`[^`\n]+`", files[name], re.MULTILINE)
        for name in ("README.md", "README.ja.md")
    ]
    assert set(said[0]) == set(said[1])


names = st.from_regex(r"[A-Z][a-z]{1,8}(__c)?", fullmatch=True)


@given(st.lists(names, min_size=1, max_size=4, unique=True), st.lists(names, max_size=6, unique=True))
def test_every_file_is_well_formed_and_the_same_every_time(objects: list[str], fields: list[str]) -> None:
    described = sync(*(everywhere(name, objects=tuple(objects)) for name in fields), objects=tuple(objects))
    files = made(described)
    for path, text in files.items():
        assert text.endswith("\n")
        if path.endswith(".xml"):
            parsed(text)
            assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert json.loads(files["sfdx-project.json"])["sourceApiVersion"] == "65.0"
    assert list(files) == sorted(files)
    assert made(described) == files


def test_values_of_people_are_in_no_file() -> None:
    mapping = FieldMapping(ma="owner", crm={"Lead": "Owner_Name__c"}, values={"taro@example.com": "山田太郎"})
    text = "".join(made(sync(mapping, objects=("Lead",))).values())
    assert "taro" not in text
    assert "山田" not in text


@pytest.mark.parametrize("name", ["Name", "package__Key__c", "Key", "Two__Marks__c", "a&b__c", "__c"])
def test_a_key_field_that_could_not_be_made_is_refused(name: str) -> None:
    with pytest.raises(BadConfiguration):
        made(sync(everywhere("Email")), key_field=name)


@pytest.mark.parametrize("name", ["../../etc", "Lead<", "a b", ""])
def test_a_name_that_is_none_reaches_no_file(name: str) -> None:
    with pytest.raises(SchemaMismatch):
        made(sync(everywhere("Email", objects=(name,)), objects=(name,)))
    with pytest.raises(SchemaMismatch):
        made(sync(everywhere(name)))


def test_access_is_told_for_each_object_once() -> None:
    found = access([sync(everywhere("Email")), sync(everywhere("Title"))], "Awase_Key__c")
    assert [one.object for one in found] == ["Account", "Contact", "Lead"]
    assert found[0].fields is None
    assert found[2].tracked == ("Email", "Title")
