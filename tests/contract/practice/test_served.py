"""The reference page on practice orgs: it is what the code makes, and the org answers what it lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from awase_practice.salesforce.served import CALLS, refusals
from awase_practice.served_page import page

from .practice_process import practice
from .salesforce_calls import DATA, create, load, unbound
from .test_salesforce_every_error import CASES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "practice-orgs.md"
_SAID_ELSEWHERE = frozenset(("FIELD_CUSTOM_VALIDATION_EXCEPTION", "DUPLICATES_DETECTED"))
"""Codes whose words are the administrator's own."""


def test_the_page_is_what_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make reference"


def test_every_code_that_was_provoked_is_on_the_page_with_words() -> None:
    words = {each.code: each.words for each in refusals()}
    provoked = {code for code, *_ in CASES}
    assert provoked <= words.keys()
    assert {code for code in provoked if not words[code]} <= _SAID_ELSEWHERE | {
        "FIELD_FILTER_VALIDATION_EXCEPTION",  # beside it stands the filter's message
        "INVALID_LOGIN",
        "INVALID_REPLICATION_DATE",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "PROCESSING_HALTED",
        "MAX_TASK_DESCRIPTION_EXCEEEDED",
        "MERGE_FAILED",
    }


def test_the_org_answers_every_call_on_the_page() -> None:
    with practice("salesforce", "served") as running:
        org = unbound(running)
        row_id = create(org, "Account", Name="社", Awase_Key__c="k")
        user_id = load(org, "User", LastName="x", Username="x@example.jp")
        names = {
            "/services/data/vNN.0": DATA,
            "NN.0": "65.0",
            "/X/FIELD/VALUE": "/Account/Awase_Key__c/k",
            "/X/ID": f"/Account/{row_id}",
            "/X": "/Account",
            "ORG/USER": f"{org.org_id}/{user_id}",
            "picklist-values/ID": "picklist-values/012000000000000AAA",
        }
        for methods, path, *_ in CALLS:
            first, *others = path.split(", ")
            targets = [first, *(f"{first.rsplit('/', 1)[0]}/{each}" for each in others if "/" not in each)]
            for target in targets:
                for mark, real in names.items():
                    target = target.replace(mark, real)
                # A method that no call has is refused as such only where there is something.
                reply = org.send(methods.split()[0], target, {} if "POST" in methods else None)
                known = reply.status != 404 or target.startswith("/id/")
                assert known, (methods, target, reply.body)


@pytest.mark.parametrize("mark", ["confirmed", "from memory"])
def test_every_call_has_a_source_and_a_mark(mark: str) -> None:
    assert any(each[4] == mark for each in CALLS)
    assert all(each[3] and each[4] in {"confirmed", "from memory"} for each in CALLS)
