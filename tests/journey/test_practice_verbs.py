"""Practice orgs for users: one built from a team's own project, filled from a file, with time that passes and bad moments."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest

BASE = "force-app/main/default/objects/Lead"
FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
  <fullName>Booth__c</fullName><label>ブース</label><type>Number</type><precision>5</precision><scale>0</scale>
</CustomField>
"""
RULE = """<?xml version="1.0" encoding="UTF-8"?>
<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">
  <fullName>Booth_Limit</fullName><active>true</active>
  <errorConditionFormula>Booth__c &gt; 100</errorConditionFormula>
  <errorDisplayField>Booth__c</errorDisplayField><errorMessage>ブースは100までです</errorMessage>
</ValidationRule>
"""


@dataclass
class Desk:
    folder: Path

    def run(self, *arguments: str, status: int = 0) -> Any:
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "awase.cli.main",
                "practice",
                *arguments,
                "--json",
                "-C",
                str(self.folder),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == status, ended
        return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    project = folder / "project"
    (project / BASE / "fields").mkdir(parents=True)
    (project / BASE / "validationRules").mkdir()
    (project / "sfdx-project.json").write_text(
        '{"packageDirectories": [{"path": "force-app", "default": true}]}'
    )
    (project / BASE / "fields/Booth__c.field-meta.xml").write_text(FIELD)
    (project / BASE / "fields/Torn__c.field-meta.xml").write_text("<CustomField>")
    (project / BASE / "validationRules/Booth_Limit.validationRule-meta.xml").write_text(RULE)
    options = ("--project", str(project), "--port", str(free_ports()), "-C", str(folder), "--json")
    command = [sys.executable, "-m", "awase.cli.main", "practice", "up", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        try:
            assert up.stdout is not None
            first = first_document(up.stdout)
            salesforce = next(org for org in first["orgs"] if org["vendor"] == "salesforce")
            assert any("Torn__c" in text for text in salesforce["left_out"])
            yield Desk(folder)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)


def first_document(lines: IO[str]) -> Any:
    """What a command that goes on has printed so far: it ends with the brace in the first column."""
    return json.loads("".join([*iter(lines.readline, "}\n"), "}"]))


def free_ports() -> int:
    """The first of four ports in a row that nobody listens on."""
    for first in range(20_000, 60_000, 4):
        try:
            for port in range(first, first + 4):
                with socket.socket() as tried:
                    tried.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def test_a_file_of_a_japanese_spreadsheet_fills_the_org(desk: Desk) -> None:
    rows = "LastName,Company,Email,Booth__c\r\n山田,合わせ商事,y@example.jp,7\r\n髙橋,例,t@example.jp,\r\n"
    (desk.folder / "leads.csv").write_bytes(rows.encode("cp932"))
    loaded = desk.run("load", "salesforce", "Lead", str(desk.folder / "leads.csv"))
    assert len(loaded["ids"]) == 2
    (shown,) = desk.run("show", "salesforce", "y@example.jp")["records"]
    assert (shown["values"]["LastName"], shown["values"]["Booth__c"]) == ("山田", 7.0)
    (desk.folder / "contacts.json").write_text(json.dumps([{"email": "k@example.jp", "lastname": "木村"}]))
    assert len(desk.run("load", "hubspot", "contact", str(desk.folder / "contacts.json"))["ids"]) == 1
    assert desk.run("status")["orgs"]["hubspot"]["rows"]["contact"] == 1


def test_the_org_keeps_the_projects_rules(desk: Desk) -> None:
    refused = desk.run("edit", "salesforce", "y@example.jp", "Booth__c=101", status=2)
    assert "ブースは100までです" in refused["error"]["text"]
    assert desk.run("edit", "salesforce", "y@example.jp", "Booth__c=100")["edited"]


def test_files_that_cannot_be_read_are_explained(desk: Desk) -> None:
    file = desk.folder / "bad.csv"
    for content, words in (
        (b"LastName,Company\r\nonly one\r\n", "line 2 has 1 cells"),
        (b"\x81\x00", "neither UTF-8 nor Shift_JIS"),
        ("LastName,Booth__c\r\n山田,many\r\n".encode(), "many"),
        ("LastName,Nothing__c\r\n山田,1\r\n".encode(), "Nothing__c"),
    ):
        file.write_bytes(content)
        assert (
            words
            in desk.run("load", "salesforce", "Lead", str(file), "--lang", "en", status=2)["error"]["text"]
        )


def test_time_passes_in_both_orgs(desk: Desk) -> None:
    before = desk.run("status")["orgs"]
    now = desk.run("pass-time", "3d")["now"]
    for vendor, state in before.items():
        passed = datetime.fromisoformat(now[vendor]) - datetime.fromisoformat(state["now"])
        assert timedelta(days=3) <= passed < timedelta(days=3, hours=1)
    desk.run("pass-time", "soon", status=2)


def test_faults_are_armed_shown_and_taken_away(desk: Desk) -> None:
    armed = desk.run("faults", "hubspot", "call.answer_lost=0.5")
    assert armed["faults"]["call.answer_lost"]["armed"]["chance"] == 0.5
    assert desk.run("faults", "hubspot")["armed"] == {}
    refused = desk.run("faults", "hubspot", "call.eaten=0.5", "--lang", "en", status=2)
    assert "there is no fault" in refused["error"]["text"]
    desk.run("faults", "hubspot", "call.late=7", status=2)


def refusal(desk: Desk, vendor: str, *changed: str) -> str:
    address = "y@example.jp" if vendor == "salesforce" else "k@example.jp"
    return str(desk.run("edit", vendor, address, *changed, "--lang", "en", status=2)["error"]["text"])


def test_settings_change_by_the_sentences_of_what_if(desk: Desk) -> None:
    assert desk.run("edit", "salesforce", "y@example.jp", "Title=", "Booth__c=1")["edited"]
    desk.run("change", "salesforce", "Lead.Title length 4")
    assert "max length=4" in refusal(desk, "salesforce", "Title=代表取締役")
    desk.run("change", "salesforce", "Lead rule 'Booth__c = 13'", "--message", "十三は縁起が悪い")
    assert "十三は縁起が悪い" in refusal(desk, "salesforce", "Booth__c=13")
    desk.run("change", "salesforce", "Lead.Status restricted")
    desk.run("change", "salesforce", "Lead.Status without 見込みなし")
    assert "見込みなし" in refusal(desk, "salesforce", "Status=見込みなし")
    desk.run("change", "salesforce", "Lead.Title required")
    assert "missing: [Title]" in refusal(desk, "salesforce", "Title=")
    desk.run("change", "hubspot", "contact.lifecyclestage without lead")
    assert "lead" in refusal(desk, "hubspot", "lifecyclestage=lead")


def test_a_change_that_no_practice_org_knows_is_explained(desk: Desk) -> None:
    for vendor, sentence, words in (
        ("hubspot", "contact.lastname length 3", "What can be: required, unique, without"),
        ("hubspot", "contact rule 'TRUE'", "cannot be changed"),
        ("salesforce", "Lead.Title", "cannot be read"),
        ("salesforce", "Lead.Nothing__c required", "Nothing__c"),
        ("salesforce", "Lead.Status without Nowhere", "no option Nowhere"),
        ("salesforce", "Lead rule 'AND('", "the formula ends too early"),
        ("zoho", "Lead.Title required", "there is no practice org"),
    ):
        error = desk.run("change", vendor, sentence, "--lang", "en", status=2)["error"]
        assert words in error["text"] + error["remedy"], sentence
