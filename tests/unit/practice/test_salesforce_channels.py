"""The same changes by whatever way in: single rows, collections, composite and bulk leave the same rows and say the same.

Only an unknown field is told apart: it fails a row, but a whole bulk job.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from awase_practice.kernel.clock import VirtualClock
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.http import HttpRequest, HttpResponse
from awase_practice.kernel.org import ControlRefused
from awase_practice.salesforce.org import SalesforceOrg

DATA = "/services/data/v65.0"
COMPARED = ("Lead", "Contact", "Account", "LeadHistory", "ContactHistory", "AccountHistory")
Values = Mapping[str, Any]


class Office:
    """An org with somebody signed in."""

    def __init__(self) -> None:
        clock = VirtualClock(datetime(2026, 11, 26, 3, 0, tzinfo=UTC))
        self.org = SalesforceOrg(name="channels", clock=clock, faults=FaultPlan())
        rule = {"name": "No_Bad", "message": "bad", "field": "Title", "when": {"equals": ["Title", "禁"]}}
        for name in ("Lead", "Contact"):
            self.org.change_schema({"object": name, "add_rule": rule})
        user_id = self.org.data.integration_user
        self.token, _ = self.org.login.open_for(user_id)

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> HttpResponse:
        sent = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self.org.handle_now(HttpRequest.of(method, path, headers=headers, body=sent))

    def state(self) -> dict[str, Any]:
        return {
            name: [
                (row.id, dict(row.values), row.deleted_at, row.modified_by)
                for row in self.org.tables[name].all()
            ]
            for name in COMPARED
        }

    def people(self, act: Callable[[], Any]) -> str:
        """What people do besides: merges and conversions, which are the same whatever the channel."""
        try:
            act()
        except ControlRefused:
            return "refused"
        return "ok"


Channel = Callable[[Office, str, str, str, Values], str]
"""Does one thing (create, update, delete) to a row of an object and gives ``ok`` or the status code."""


def _said(answer: HttpResponse) -> str:
    return "ok" if answer.status < 300 else str(answer.json()[0]["errorCode"])


def _call(verb: str, object: str, row_id: str) -> tuple[str, str]:
    base = f"{DATA}/sobjects/{object}"
    return {"create": ("POST", base), "update": ("PATCH", f"{base}/{row_id}")}.get(
        verb, ("DELETE", f"{base}/{row_id}")
    )


def by_rows(office: Office, verb: str, object: str, row_id: str, values: Values) -> str:
    method, path = _call(verb, object, row_id)
    return _said(office.send(method, path, None if verb == "delete" else values))


def by_collections(office: Office, verb: str, object: str, row_id: str, values: Values) -> str:
    path = f"{DATA}/composite/sobjects"
    if verb == "delete":
        answer = office.send("DELETE", f"{path}?ids={row_id}")
    else:
        named = {"id": row_id} if verb == "update" else {}
        record = {"attributes": {"type": object}, **named, **values}
        answer = office.send("POST" if verb == "create" else "PATCH", path, {"records": [record]})
    (result,) = answer.json()
    return "ok" if result["success"] else str(result["errors"][0]["statusCode"])


def by_composite(office: Office, verb: str, object: str, row_id: str, values: Values) -> str:
    method, path = _call(verb, object, row_id)
    call = {
        "method": method,
        "url": path,
        "referenceId": "one",
        **({} if verb == "delete" else {"body": values}),
    }
    answer = office.send("POST", f"{DATA}/composite", {"compositeRequest": [call]})
    result = answer.json()["compositeResponse"][0]
    return "ok" if result["httpStatusCode"] < 300 else str(result["body"][0]["errorCode"])


def by_bulk(office: Office, verb: str, object: str, row_id: str, values: Values) -> str:
    named = {} if verb == "create" else {"Id": row_id}
    cells = {**named, **({} if verb == "delete" else values)}
    operation = {"create": "insert"}.get(verb, verb)
    job = office.send("POST", f"{DATA}/jobs/ingest", {"object": object, "operation": operation}).json()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(cells)
    writer.writerow(
        [
            "#N/A" if each is None else str(each).lower() if isinstance(each, bool) else each
            for each in cells.values()
        ]
    )
    office.send("PUT", f"/{job['contentUrl']}", out.getvalue(), "text/csv")
    office.send("PATCH", f"{DATA}/jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    done = office.send("GET", f"{DATA}/jobs/ingest/{job['id']}").json()
    if done["numberRecordsFailed"] == 0:
        return "ok"
    failed = office.send("GET", f"{DATA}/jobs/ingest/{job['id']}/failedResults").body.decode()
    (row,) = csv.DictReader(io.StringIO(failed))
    return row["sf__Error"].partition(":")[0]


CHANNELS: Mapping[str, Channel] = {
    "collections": by_collections,
    "composite": by_composite,
    "bulk": by_bulk,
}
OBJECTS = ("Lead", "Contact", "Account")
values = st.fixed_dictionaries(
    {},
    optional={
        "Title": st.sampled_from(["部長", "禁", None, "x" * 129]),
        "Phone": st.sampled_from(["03", None]),
        "Email": st.sampled_from(["a@example.jp", "nobody", None]),
        "DoNotCall": st.booleans(),
        "LeadSource": st.sampled_from(["Web", "Fax", None]),
        "Awase_Key__c": st.sampled_from(["k1", "k2", None]),
    },
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "create", "update", "update", "delete", "merge", "convert"]),
        st.sampled_from(OBJECTS),
        st.integers(0, 5),
        st.integers(0, 5),
        values,
    ),
    min_size=1,
    max_size=10,
)
_OF_ACCOUNTS = ("Phone", "Awase_Key__c")


def _play(
    channel: Channel, course: list[tuple[str, str, int, int, Values]]
) -> tuple[list[str], dict[str, Any]]:
    """What was said at each step, and what is stored in the end."""
    office = Office()
    said: list[str] = []
    for verb, object, first, second, given_values in course:
        named = {"Name": "甲社"} if object == "Account" else {"LastName": "森", "Company": "森社"}
        if object == "Contact":
            del named["Company"]
        laid = {
            name: each for name, each in given_values.items() if object != "Account" or name in _OF_ACCOUNTS
        }
        ids = [row.id for row in office.org.tables[object].all()]
        if verb == "create":
            said.append(channel(office, verb, object, "", {**named, **laid}))
        elif not ids:
            continue
        elif verb == "merge":
            asked = {"object": object, "winner": ids[first % len(ids)], "losers": [ids[second % len(ids)]]}
            merge = office.org.more_control()["POST", "merge"]
            said.append(office.people(lambda merge=merge, asked=asked: merge(asked)))  # type: ignore[misc]
        elif verb == "convert":
            leads = [row.id for row in office.org.tables["Lead"].all()]
            asked = {"lead": leads[first % len(leads)] if leads else "none"}
            convert = office.org.more_control()["POST", "convert"]
            said.append(office.people(lambda convert=convert, asked=asked: convert(asked)))  # type: ignore[misc]
        elif verb == "delete" or laid:
            said.append(channel(office, verb, object, ids[first % len(ids)], laid))
    return said, office.state()


@settings(max_examples=40)
@given(steps)
def test_every_channel_leaves_the_same_rows_and_says_the_same(
    course: list[tuple[str, str, int, int, Values]],
) -> None:
    expected = _play(by_rows, course)
    for name, channel in CHANNELS.items():
        assert _play(channel, course) == expected, name
