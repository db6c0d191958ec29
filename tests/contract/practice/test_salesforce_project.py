"""A practice Salesforce org that is set up as an SFDX project folder says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .practice_process import PracticeProcess, Reply, practice
from .salesforce_calls import create, described, row_path, unbound

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
BASE = "force-app/main/default"


def write(folder: Path, path: str, root: str, inside: str) -> None:
    file = folder / BASE / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{HEAD}<{root} {NAMESPACE}>{inside}</{root}>", encoding="utf-8")


def field(folder: Path, object: str, name: str, type: str, more: str = "") -> None:
    inside = f"<fullName>{name}</fullName><label>{name} label</label><type>{type}</type>{more}"
    write(folder, f"objects/{object}/fields/{name}.field-meta.xml", "CustomField", inside)


def value(name: str, label: str = "", *, default: bool = False) -> str:
    return (
        f"<value><fullName>{name}</fullName><default>{str(default).lower()}</default>"
        f"<label>{label or name}</label></value>"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    definition = f"<valueSetDefinition>{value('a', 'A社', default=True)}{value('b')}</valueSetDefinition>"
    field(
        folder,
        "Account",
        "Rank__c",
        "Picklist",
        f"<valueSet><restricted>true</restricted>{definition}</valueSet>",
    )
    sub = f"<valueSetDefinition>{value('a1')}{value('b1')}</valueSetDefinition>"
    setting = "<valueSettings><controllingFieldValue>a</controllingFieldValue><valueName>a1</valueName></valueSettings>"
    depends = f"<valueSet><controllingField>Rank__c</controllingField>{sub}{setting}</valueSet>"
    field(folder, "Account", "Grade__c", "Picklist", depends)
    field(
        folder,
        "Account",
        "Code__c",
        "Text",
        "<length>8</length><unique>true</unique><externalId>true</externalId>",
    )
    field(folder, "Account", "Ratio__c", "Percent", "<precision>5</precision><scale>1</scale>")
    field(folder, "Account", "Twice__c", "Number", "<formula>Ratio__c * 2</formula>")
    field(folder, "Account", "Place__c", "Location")
    lookup = "<referenceTo>Account</referenceTo><relationshipName>Partners</relationshipName>"
    items = "<filterItems><field>Account.Rank__c</field><operation>equals</operation><value>a</value></filterItems>"
    filtered = (
        f"<lookupFilter><active>true</active><errorMessage>A社だけ</errorMessage>{items}</lookupFilter>"
    )
    field(folder, "Contact", "Partner__c", "Lookup", lookup + filtered)
    field(folder, "Ship__c", "Name__c", "Text", "<length>8</length>")
    rule = (
        "<fullName>Ratio_Limit</fullName><active>true</active>"
        "<errorConditionFormula>AND(Ratio__c &gt; 0.5, ISPICKVAL(Rank__c, &quot;b&quot;))</errorConditionFormula>"
        "<errorDisplayField>Ratio__c</errorDisplayField><errorMessage>比率が高すぎます</errorMessage>"
    )
    write(
        folder, "objects/Account/validationRules/Ratio_Limit.validationRule-meta.xml", "ValidationRule", rule
    )
    off = rule.replace("<active>true", "<active>false").replace("Ratio_Limit", "Off")
    write(folder, "objects/Account/validationRules/Off.validationRule-meta.xml", "ValidationRule", off)
    kinds = (
        "<picklistValues><picklist>Rank__c</picklist><values><fullName>b</fullName></values></picklistValues>"
    )
    record_type = f"<fullName>Small</fullName><active>true</active><label>小口</label>{kinds}"
    write(folder, "objects/Account/recordTypes/Small.recordType-meta.xml", "RecordType", record_type)
    match = (
        "<matchingRules><fullName>By_Mail</fullName><matchingRuleItems><fieldName>Email</fieldName>"
        "<matchingMethod>Exact</matchingMethod></matchingRuleItems></matchingRules>"
    )
    write(folder, "matchingRules/Contact.matchingRule-meta.xml", "MatchingRules", match)
    pair = "<matchRuleSObjectType>Contact</matchRuleSObjectType><matchingRule>By_Mail</matchingRule>"
    duplicate = (
        "<actionOnInsert>Block</actionOnInsert><alertText>もういます</alertText><isActive>true</isActive>"
        f"<duplicateRuleMatchRules>{pair}</duplicateRuleMatchRules>"
    )
    write(folder, "duplicateRules/Contact.Mail.duplicateRule-meta.xml", "DuplicateRule", duplicate)
    (folder / BASE / "objects/Account/fields/Torn__c.field-meta.xml").write_text("<CustomField>")
    return folder


@pytest.fixture(scope="module")
def running(project: Path) -> Iterator[PracticeProcess]:
    with practice("salesforce", "project", "--project", str(project)) as org:
        yield org


@pytest.fixture
def org(running: PracticeProcess) -> PracticeProcess:
    return unbound(running)


def account(org: PracticeProcess, **more: object) -> Reply:
    return org.send("POST", row_path("Account"), {"Name": "甲", **more})


def test_fields_are_as_the_project_says(org: PracticeProcess) -> None:
    fields = described(org, "Account")["fields"]
    rank, grade, code, ratio = (fields[f"{name}__c"] for name in ("Rank", "Grade", "Code", "Ratio"))
    assert (rank["restrictedPicklist"], rank["picklistValues"][0]["label"]) == (True, "A社")
    assert (grade["dependentPicklist"], grade["controllerName"]) == (True, "Rank__c")
    assert (code["length"], code["unique"], code["externalId"]) == (8, True, True)
    assert (ratio["type"], ratio["precision"], ratio["scale"]) == ("percent", 5, 1)
    row_id = create(org, "Account", Name="乙", Code__c="z")
    assert org.send("GET", f"{row_path('Account')}/Code__c/z").document["Rank__c"] == "a"
    assert org.send("DELETE", row_path("Account", row_id)).status == 204


def test_its_rules_refuse(org: PracticeProcess) -> None:
    refused = account(org, Rank__c="b", Ratio__c=60)
    assert (refused.code, refused.document[0]["message"]) == (
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "比率が高すぎます",
    )
    assert account(org, Rank__c="b", Ratio__c=40).status == 201
    assert account(org, Rank__c="c").code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    create(org, "Contact", LastName="丙", Email="a@example.jp")
    double = org.send("POST", row_path("Contact"), {"LastName": "丙", "Email": "a@example.jp"})
    assert (double.code, double.document[0]["message"]) == ("DUPLICATES_DETECTED", "もういます")


def test_its_lookups_filter_and_its_record_types_limit(org: PracticeProcess) -> None:
    good, bad = create(org, "Account", Name="丁", Rank__c="a"), create(org, "Account", Name="戊", Rank__c="b")
    assert org.send("POST", row_path("Contact"), {"LastName": "x", "Partner__c": good}).status == 201
    refused = org.send("POST", row_path("Contact"), {"LastName": "x", "Partner__c": bad})
    assert (refused.code, refused.document[0]["message"]) == ("FIELD_FILTER_VALIDATION_EXCEPTION", "A社だけ")
    kinds = {
        each["developerName"]: each["recordTypeId"] for each in described(org, "Account")["recordTypeInfos"]
    }
    limited = account(org, RecordTypeId=kinds["Small"], Rank__c="a")
    assert limited.code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_what_could_not_be_taken_over_is_told_with_its_reason(org: PracticeProcess) -> None:
    told = "\n".join(sorted(org.ready["left_out"]))
    assert "Place__c.field-meta.xml: fields of the type Location are not there in a practice org" in told
    assert "Twice__c.field-meta.xml: fields that are formulas are not computed here" in told
    assert "Torn__c.field-meta.xml: the file cannot be read" in told
    assert "Ship__c: the org has no object Ship__c" in told
    assert len(org.ready["left_out"]) == 4


def test_a_folder_without_metadata_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "awase_practice.server", "--vendor", "salesforce", "--org", "x"]
    ended = subprocess.run([*command, "--project", str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (1, f"{tmp_path} holds no metadata of an org\n")
