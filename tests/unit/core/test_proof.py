"""What was foreseen against what was answered, record by record and rule by rule."""

from __future__ import annotations

from awase.core.operations import Diagnosis, Side, VendorError
from awase.core.predictions import Foreseen, RuleName
from awase.core.proof import Answer, Proof, compare

RULE = "validation_rule"
NO_TEST = RuleName("crm", RULE, "Company", "No_Test")
MESSAGES = {"テスト用です": "No_Test", "電話番号は半角です": "Phone"}


def finding(
    link: int, error_type: str, field: str, rule: str = "", message: str = ""
) -> tuple[int, RuleName, str]:
    return link, RuleName("crm", error_type, field, rule), message


def refused(link: int, error_type: str, message: str = "", *fields: str) -> Answer:
    error = VendorError(code="CODE", message=message, fields=fields)
    return Answer(link, "crm", error, Diagnosis(error_type))


def saved(link: int) -> Answer:
    return Answer(link, "crm")


Finding = tuple[int, RuleName, str]


def proved(certain: list[Finding], likely: list[Finding], *answers: Answer) -> Proof:
    foreseen: dict[tuple[int, Side], list[Foreseen]] = {}
    for findings, is_certain in ((certain, True), (likely, False)):
        for link, rule, message in findings:
            foreseen.setdefault((link, "crm"), []).append(Foreseen(rule, is_certain, message))
    return compare(foreseen, answers, MESSAGES)


def test_a_certain_record_that_is_refused_by_its_rule_is_right() -> None:
    proof = proved(
        [finding(1, RULE, "Company", "No_Test", "テスト用です")], [], refused(1, RULE, "テスト用です")
    )
    assert (proof.precision, proof.recall, proof.coverage) == (1, 1, 1)
    (score,) = proof.scores
    assert (score.rule, score.foreseen, score.right) == (NO_TEST, 1, 1)


def test_a_certain_record_that_is_saved_is_wrong_and_named() -> None:
    proof = proved([finding(1, RULE, "Company", "No_Test", "テスト用です")], [], saved(1), saved(2))
    assert (proof.precision, proof.recall) == (0, None)
    assert proof.wrong == ((1, "crm", NO_TEST),)


def test_a_likely_record_that_is_saved_is_no_mistake() -> None:
    proof = proved([], [finding(1, "duplicate_rule", "")], saved(1))
    assert (proof.certain, proof.wrong, proof.scores[0].passed) == (0, (), 1)


def test_who_is_refused_for_another_cause_counts_for_the_record_and_not_for_the_rule() -> None:
    proof = proved(
        [finding(1, RULE, "Company", "No_Test", "テスト用です")],
        [],
        refused(1, RULE, "電話番号は半角です", "Phone"),
    )
    assert (proof.precision, proof.recall) == (1, 0)
    assert [(score.rule.rule, score.hidden, score.missed) for score in proof.scores] == [
        ("No_Test", 1, 0),
        ("Phone", 0, 1),
    ]
    assert [answer.link for answer in proof.surprises] == [1]


def test_several_rules_of_one_answer_are_all_right() -> None:
    both = [
        finding(1, RULE, "Company", "No_Test", "テスト用です"),
        finding(1, RULE, "Phone", "Phone", "電話番号は半角です"),
    ]
    proof = proved(both, [], refused(1, RULE, "テスト用です\n電話番号は半角です"))
    assert [score.right for score in proof.scores] == [1, 1]
    assert proof.refused == 1


def test_the_field_decides_where_a_type_has_several() -> None:
    long = finding(1, "string_too_long", "Title")
    assert proved([long], [], refused(1, "string_too_long", "", "Title")).recall == 1
    assert proved([long], [], refused(1, "string_too_long", "", "Memo__c")).recall == 0
    # A state and its code are one thing, and the vendor may name either.
    state = finding(1, "state_country", "State")
    assert proved([state], [], refused(1, "state_country", "", "StateCode")).recall == 1


def test_custom_code_is_counted_apart() -> None:
    proof = proved(
        [finding(1, RULE, "Company", "No_Test", "テスト用です")],
        [],
        refused(1, "automation"),
        refused(2, "flow"),
    )
    assert (proof.automations, proof.refused, proof.recall) == (2, 0, None)
    assert (proof.precision, proof.scores[0].hidden) == (1, 1)


def test_nothing_sent_proves_nothing() -> None:
    proof = proved([], [])
    assert (proof.precision, proof.recall, proof.coverage, proof.scores) == (None, None, None, ())


def test_of_a_rule_that_is_sure_of_one_and_likely_of_another_only_the_sure_one_is_a_mistake() -> None:
    country = "country_required", "State"
    proof = proved([finding(1, *country)], [finding(n, *country) for n in (2, 3)], *map(saved, (1, 2, 3)))
    (score,) = proof.scores
    assert (score.certain, score.foreseen, score.passed, score.wrong) == (True, 3, 3, 1)
