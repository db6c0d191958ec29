"""No ordinary write can set an opt-out to *in*: not by configuration, not by a bug, and whatever a batch holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from awase.cli.main import build
from awase.connectors.hubspot import consent as hubspot_consent
from awase.connectors.hubspot import write as hubspot_write
from awase.connectors.hubspot.connector import HubSpotConnector
from awase.connectors.salesforce import write as salesforce_write
from awase.connectors.salesforce.connector import SalesforceConnector
from awase.connectors.sdk.bodies import JSON_HEADERS, json_body
from awase.core.consent import opted_out
from awase.core.operations import Operation, OperationKind
from awase.core.schema import Field, ObjectSchema
from awase.core.values import Kind
from awase.errors import Bug
from awase.ports.connector import Connector, WriteBatch
from awase.ports.flows import Answer, Lane, Request, Unanswered
from awase_practice.agreement.fields import is_out
from awase_practice.seeds import ordinary
from tests.support.installation import Installation, installation, people_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def here() -> Iterator[Installation]:
    with installation() as made:
        yield made


# -- configuration --------------------------------------------------------------------------------------------------

EXPLAINED = {
    "en": ("carries an opt-out and cannot be mapped", "opt somebody in again", "Remove this mapping"),
    "ja": ("配信停止を表すため", "取り消されてしまいます", "このマッピングを外してください"),
}


@pytest.fixture(scope="module")
def idle() -> Iterator[Installation]:
    """An installation that no test changes but for its configuration."""
    with installation() as made:
        yield made


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("ma", "crm"),
    [
        ("hs_email_optout", "Title"),
        ("hs_email_optout_123", "Title"),
        ("HS_Email_OptOut", "Title"),
        ("jobtitle", "HasOptedOutOfEmail"),
        ("jobtitle", "hasoptedoutofemail"),
        ("jobtitle", "DoNotCall"),
    ],
)
def test_mapping_an_opt_out_is_a_mistake_that_is_explained(
    idle: Installation, language: str, ma: str, crm: str
) -> None:
    mapping = f'\n[[syncs.fields]]\nma = "{ma}"\ncrm = "{crm}"\n'
    if ma == "jobtitle":
        text = idle.configuration().replace('"Title"', f'"{crm}"')
    else:
        text = idle.configuration() + mapping
    idle.write_configuration(text)
    ended = idle.run("plan", "--json", "--lang", language)
    error = ended.document["error"]
    assert (ended.status, error["code"]) == (2, "AW-203")
    assert (ma if ma != "jobtitle" else crm) in error["text"]
    assert ma in error["where"]
    told = error["text"] + error["remedy"]
    assert all(words in told for words in EXPLAINED[language]), told


# -- planted bugs, over real HTTP -----------------------------------------------------------------------------------


def invoked(here: Installation, *arguments: str) -> Result:
    """The command in this process, where a bug can be planted."""
    with here.surroundings():
        return CliRunner().invoke(build(), [*arguments, "-C", str(here.folder)])


def salesforce_record_says_in(monkeypatch: pytest.MonkeyPatch) -> None:
    right = salesforce_write.record_of

    def wrong(operation: Operation, schema: ObjectSchema) -> dict[str, object]:
        return {**right(operation, schema), "HasOptedOutOfEmail": False}

    monkeypatch.setattr(salesforce_write, "record_of", wrong)


def hubspot_record_says_in(monkeypatch: pytest.MonkeyPatch) -> None:
    right = hubspot_write._input

    def wrong(batch: WriteBatch, position: int, operation: Operation) -> dict[str, Any]:
        said: dict[str, Any] = dict(right(batch, position, operation))
        return {**said, "properties": {**said["properties"], "hs_email_optout": "false"}}

    monkeypatch.setattr(hubspot_write, "_input", wrong)


def hubspot_subscribes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(paths: Any, addresses: Sequence[str]) -> Request:
        inputs = [
            {
                "subscriberIdString": address,
                "subscriptionId": 1,
                "statusState": "SUBSCRIBED",
                "channel": "EMAIL",
            }
            for address in addresses
        ]
        url = paths.unsubscribe_all().partition("/unsubscribe-all")[0].removesuffix("/batch") + "/batch/write"
        body = json_body({"inputs": inputs})
        return Request("POST", url, headers=JSON_HEADERS, body=body, lane=Lane.CONSENT, idempotent=False)

    monkeypatch.setattr(hubspot_consent, "_unsubscribe", wrong)


Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: tuple[tuple[Plant, str, Any], ...] = (
    (salesforce_record_says_in, "salesforce", ordinary.hubspot_only),
    (salesforce_record_says_in, "salesforce", ordinary.gaps_on_both_sides),
    (hubspot_record_says_in, "hubspot", ordinary.lead_only),
    (hubspot_record_says_in, "hubspot", ordinary.gaps_on_both_sides),
    (hubspot_subscribes_again, "hubspot", ordinary.pair_out_in_salesforce),
)
READING = {"query", "describe", "tooling", "sign_in", "identity", "oauth.write"}


def writing_calls(calls: Mapping[str, int]) -> Counter[str]:
    """Calls that are no reading and no signing in."""
    return Counter(
        {kind: n for kind, n in calls.items() if kind not in READING and not kind.endswith(".read")}
    )


@pytest.mark.parametrize(
    ("plant", "vendor", "role"), PLANTED, ids=lambda each: getattr(each, "__name__", each)
)
def test_the_last_gate_stops_a_bug_that_would_opt_somebody_in(
    here: Installation, monkeypatch: pytest.MonkeyPatch, plant: Plant, vendor: str, role: Any
) -> None:
    here.fill(people_of((role,), 3, seed=5))
    org, before = here.orgs[vendor], here.holdings()
    plant(monkeypatch)
    ended = invoked(here, "sync", "--yes", "--json")
    assert ended.exit_code == 70, ended.output
    assert json.loads(ended.stdout)["error"]["code"] == "AW-901"
    assert "Traceback" not in ended.output
    assert writing_calls(org.calls()) == Counter()
    objects = ("contact",) if vendor == "hubspot" else ("Lead", "Contact")
    after = here.holdings()
    assert all(after.rows[object] == before.rows[object] for object in objects)


# -- whatever a batch holds -----------------------------------------------------------------------------------------

CONNECTORS: dict[str, Connector] = {
    "contact": HubSpotConnector(now=lambda: NOW),
    "Lead": SalesforceConnector(login_url="https://login.salesforce.com", now=lambda: NOW),
}
KEYS = {"contact": "awase_key", "Lead": "Awase_Key__c"}
ORDINARY = {"contact": ("email", "jobtitle", "memo"), "Lead": ("Email", "Title", "Memo__c")}
CONSENT = (
    "HasOptedOutOfEmail",
    "hasoptedoutofemail",
    "HasOptedOutOfFax",
    "DoNotCall",
    "hs_email_optout",
    "hs_email_optout_7",
    "HS_EMAIL_OPTOUT",
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["false", "SUBSCRIBED", "HasOptedOutOfEmail", "hs_email_optout", '","hs_email_optout":"false']
    ),
)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), TEXTS)
OUTS = st.one_of(
    st.none(), st.builds(opted_out, address=st.one_of(st.none(), TEXTS), source=st.just("ma:contact:1"))
)


def schema_of(object: str) -> ObjectSchema:
    kinds = dict.fromkeys(ORDINARY[object], Kind.TEXT)
    if object == "Lead":
        kinds["HasOptedOutOfEmail"] = Kind.BOOLEAN
    fields = {name: Field(name, name, kind, kind.value) for name, kind in kinds.items()}
    return ObjectSchema(object, object, fields, KEYS[object])


def operations(object: str, kind: OperationKind, names: Sequence[str]) -> st.SearchStrategy[Operation]:
    side = "ma" if object == "contact" else "crm"
    return st.builds(
        Operation,
        link=st.integers(1, 10**6),
        side=st.just(side),
        kind=st.just(kind),
        object=st.just(object),
        id=st.just("1715910001" if side == "ma" else "00Q5h000000000DEAQ"),
        key=st.text(min_size=1, max_size=20),
        values=st.dictionaries(st.sampled_from(names), VALUES, max_size=4),
        opt_out=OUTS,
    )


@st.composite
def batches(draw: st.DrawFn, more_names: Sequence[str] = ()) -> WriteBatch:
    object = draw(st.sampled_from(tuple(CONNECTORS)))
    kind = draw(st.sampled_from(OperationKind))
    names = (*ORDINARY[object], *more_names)
    held = draw(st.lists(operations(object, kind, names), min_size=1, max_size=4))
    return WriteBatch(kind, schema_of(object), tuple(held))


def requests_of(batch: WriteBatch) -> list[Request]:
    """Every request the connector would send, with nobody answering."""
    connector = CONNECTORS[batch.object.name]
    flow, sent = connector.write(batch), list[Request]()
    answers: list[Answer] | None = None
    while True:
        try:
            asked = flow.send(answers)
        except (StopIteration, Bug):
            return sent
        sent += asked
        answers = [Unanswered(request, "nobody is there", maybe_sent=False) for request in asked]


def opt_ins(object: str, request: Request) -> list[str]:
    """Members that say *in*, found by reading the body as that vendor does; not the gate's own reading."""
    found: list[str] = []
    at_hubspot = object == "contact"

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, value in pairs:
            folded = name.strip().lower()
            if at_hubspot:
                says_in = folded.startswith("hs_email_optout") or (
                    folded == "statusstate" and value != "UNSUBSCRIBED"
                )
            else:
                says_in = folded.startswith(("hasoptedout", "donotcall")) and value is not True
            if says_in:
                found.append(f"{name} = {value!r}")
        return dict(pairs)

    if request.body:
        json.loads(request.body, object_pairs_hook=look)
    return found


MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(batches(CONSENT))
def test_no_request_with_an_opt_in_passes_the_last_gate_whatever_the_batch_holds(batch: WriteBatch) -> None:
    for request in requests_of(batch):
        if CONNECTORS[batch.object.name].consent_breach(request) is None:
            assert opt_ins(batch.object.name, request) == []


@MANY
@given(batches())
def test_ordinary_values_make_no_request_that_the_gate_would_stop(batch: WriteBatch) -> None:
    for request in requests_of(batch):
        assert CONNECTORS[batch.object.name].consent_breach(request) is None
        assert opt_ins(batch.object.name, request) == []


# -- an opt-out seen before the first sync --------------------------------------------------------------------------


def test_an_opt_out_rides_in_the_create_or_goes_first_and_then_both_sides_are_out(here: Installation) -> None:
    roles = (
        ordinary.out_in_hubspot,
        ordinary.out_as_lead,
        ordinary.out_as_contact,
        ordinary.pair_out_in_hubspot,
        ordinary.pair_out_in_salesforce,
    )
    here.fill(people_of(roles, 10, seed=5))
    before = here.holdings()
    assert here.sync().status == 0
    after = here.holdings()
    assert len(after.rows["contact"]) == 10
    assert all(is_out(object, row) for object, _, row in after.records())
    for object in ("Lead", "Contact"):
        for id in after.rows[object].keys() - before.rows[object].keys():
            changes = here.salesforce.process.control("history", object=object, id=id)
            assert "HasOptedOutOfEmail" not in {change["field"] for change in changes}
    heard = [call.partition("?")[0].rpartition("/")[2] for call in here.taps["hubspot"].calls]
    assert heard.index("unsubscribe-all") < heard.index("create")
    assert here.disagreements() == []
