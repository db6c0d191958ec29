"""Messages of the formula language are texts that other languages can be made of."""

from __future__ import annotations

import json

import pytest

from awase.locale import text
from awase_formula import FormulaError, Sentence, in_words, parse

WORDS = {
    "there is no field {name}": "{name}という項目はありません",
    "{one} or {other}": "{one}か{other}",
    "red": "赤",
    "blue": "青",
}


def translated(words: str) -> str:
    return WORDS.get(words, words)


def test_a_sentence_is_its_text_and_nothing_else_to_whoever_does_not_ask() -> None:
    sentence = Sentence("there is no field {name}", name="{odd}")
    assert sentence == "there is no field {odd}"
    assert json.loads(json.dumps({"error": sentence})) == {"error": "there is no field {odd}"}
    assert sentence.said(translated) == "{odd}という項目はありません"


def test_sentences_within_sentences_are_said_too() -> None:
    either = Sentence(
        "{one} or {other}",
        one=Sentence("red"),
        other=Sentence("{one} or {other}", one="x", other=Sentence("blue")),
    )
    assert either == "red or x or blue"
    assert either.said(translated) == "赤かxか青"


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("LEN(a", "数式が途中で終わっています; ここに書けるのは演算子、カンマ、または1文字目で開いたLENを閉じる )です(1行6文字目)"),
        ("a = .5", "ここに'.'を書くことはできません; ここに書けるのは値か演算子です; 数値は0.5のように、数字で始まり数字で終わります(1行5文字目)"),
        ("a = &quot;", "'&quot;'はXMLの文字参照です; \"と書いてください(1行10文字目)"),
        ("a => 1", "'=>'という演算子はありません; >=と書いてください(1行3文字目)"),
    ],
)  # fmt: skip
def test_an_error_is_told_in_japanese_wherever_it_is_given_as_a_reason(formula: str, said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(formula)
    assert text("{reason}", "ja", reason=str(caught.value)) == said
    assert text("{reason}", "en", reason=str(caught.value)) == str(caught.value)


def test_what_a_formula_needs_is_told_by_name() -> None:
    needs = ("parent Account", "global $Setup.Off__c.All__c", "clock", "Level__c")
    assert in_words(needs) == "the parent record Account, $Setup.Off__c.All__c, the time, Level__c"
    said = text("{lacking}", "ja", lacking=in_words(needs))
    assert said == "親レコードAccount, $Setup.Off__c.All__c, 現在時刻, Level__c"
