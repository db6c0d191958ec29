"""What is written down about calls holds no secret and no personal data."""

from __future__ import annotations

import pytest

from awase.ports.flows import Lane
from awase.transport.redaction import CallRecord, Recording, Redactor
from awase.transport.wire import WireFailure, WireRequest, WireResponse
from tests.unit.transport.stub_vendor import LOST, Bench, asking, reply, writing
from tests.unit.transport.test_session import simulate

REDACTOR = Redactor(b"key of this install")

SECRETS = [
    "00D5g00000ABCde!AQ4AQFsecretsecretsecret.secret_secret",
    "pat-na1-12345678-abcd-4def-8123-1234567890ab",
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhd2FzZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
]
PEOPLE = [
    "hanako.yamada@example.co.jp",
    "山田花子@例え.jp",
    "Ｈａｎａｋｏ＠example.jp",
    "+81-3-1234-5678",
    "03-1234-5678",
    "（０３）１２３４－５６７８",
    "090 1234 5678",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around",
    ["{}", "Authorization: Bearer {}", '{{"access_token": "{}"}}', "refresh_token={}&x=1", "said {}, then"],
)
def test_tokens_are_masked_wherever_they_stand(secret: str, around: str) -> None:
    masked = REDACTOR.text(around.format(secret))
    assert secret not in masked
    assert "[secret]" in masked


@pytest.mark.parametrize("name", ["client_secret", "password", "assertion", "code", "refresh_token", "token"])
@pytest.mark.parametrize("shape", ["{}=word-9", "{}: word-9", '"{}": "word-9"', "'{}':'word-9'"])
def test_values_with_a_secret_name_are_masked(name: str, shape: str) -> None:
    assert "word-9" not in REDACTOR.text(shape.format(name))


@pytest.mark.parametrize("person", PEOPLE)
def test_personal_data_prints_as_a_keyed_hash(person: str) -> None:
    masked = REDACTOR.text(f"record of {person} was refused")
    assert person not in masked
    assert "[person " in masked
    assert masked.startswith("record of ")


def test_one_person_can_be_followed_and_another_key_tells_another_story() -> None:
    assert REDACTOR.person("Hanako@Example.jp") == REDACTOR.person("ｈａｎａｋｏ@example.jp")
    assert REDACTOR.person("hanako@example.jp") != REDACTOR.person("taro@example.jp")
    assert REDACTOR.person("hanako@example.jp") != Redactor(b"another").person("hanako@example.jp")


@pytest.mark.parametrize(
    "text", ["2026-04-01T00:00:00Z", "0035g00000AbCdEFGH", "run 12345678901", "12,345 calls"]
)
def test_stamps_record_ids_and_counts_stay_readable(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_a_text_cannot_begin_a_new_line_of_a_log() -> None:
    assert REDACTOR.text("one\r\ntwo\x1b[31m\u2028three") == "one\\u000d\\u000atwo\\u001b[31m\\u2028three"


def test_query_values_are_masked_and_their_names_kept() -> None:
    url = "/crm/v3/objects/contacts/hanako%40example.jp?idProperty=email&q=SELECT+Name"
    masked = REDACTOR.path(url)
    assert masked.startswith("/crm/v3/objects/contacts/[person ")
    assert masked.endswith("?idProperty=…&q=…")


def test_no_planted_value_reaches_the_records_of_calls_on_any_path() -> None:
    canary = "canary-7f3a@example.jp"
    records: list[CallRecord] = []

    async def body(bench: Bench) -> None:
        def refuses(request: WireRequest) -> WireResponse | WireFailure:
            return reply(400, f"bad {canary}".encode(), x_detail=canary)

        bench.vendor.script = [refuses, LOST, reply(429), reply(503, canary.encode())]
        transport = bench.transport(recording=Recording(records.append, REDACTOR))
        await transport.run(asking(f"contacts/{canary}?email={canary}"))
        await transport.run(asking(f"x?{canary}=1"))
        await transport.run(writing("w", canary.encode(), lane=Lane.WRITE))

    simulate(body)
    written = " ".join(map(str, records))
    assert len(records) >= 6
    assert {record.status for record in records} >= {None, 200, 400, 429}
    for planted in (canary, "canary-7f3a", "token-1", "refresh-0"):
        assert planted not in written


def test_sign_in_calls_are_not_recorded_at_all() -> None:
    records: list[CallRecord] = []

    async def body(bench: Bench) -> None:
        await bench.transport(recording=Recording(records.append, REDACTOR)).run(asking("a"))

    simulate(body)
    assert [record.path for record in records] == ["/a"]


def test_what_carries_credentials_does_not_print_them() -> None:
    request = WireRequest("GET", "https://x/?q=canary", {"Authorization": "Bearer canary"}, b"canary")
    for value in (
        request,
        WireResponse(200, {"set-cookie": "canary"}, b"canary"),
        Recording(print, REDACTOR),
        REDACTOR,
    ):
        assert "canary" not in repr(value)
