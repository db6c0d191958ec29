"""The forms of a portal, as the doctor wants them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from awase.core.doctor import Form, FormField
from awase.errors import HostUnreachable, VendorBusy
from tests.unit.connectors.hubspot_flows import Reply, connector, drive, responding, silent


def form(name: str, *fields: dict[str, Any], archived: bool = False) -> dict[str, Any]:
    return {"id": "1", "name": name, "archived": archived, "fieldGroups": [{"fields": list(fields)}]}


def page(*forms: dict[str, Any], after: str | None = None) -> Reply:
    return responding({"results": list(forms)} | ({"paging": {"next": {"after": after}}} if after else {}))


def test_every_page_is_read_and_forms_that_are_gone_are_left_out() -> None:
    replies = [page(form("A"), form("B", archived=True), after="7"), page(form("C"))]
    driven = drive(connector().read_forms(), replies)
    assert [one.name for one in driven.end] == ["A", "C"]
    assert {urlsplit(one.url).path for one in driven.requests} == {"/marketing/v3/forms"}
    assert [parse_qs(urlsplit(one.url).query).get("after") for one in driven.requests] == [None, ["7"]]


def test_what_a_form_asks_and_offers_is_read() -> None:
    options = {"options": [{"value": "a", "label": "A"}], "fieldType": "dropdown"}
    company = {"objectTypeId": "0-2", "name": "name", "required": True, "defaultValue": "x"}
    asked = form("A", {"objectTypeId": "0-1", "name": "rank", **options}, company)
    assert drive(connector().read_forms(), [page(asked)]).end == (
        Form(
            "A",
            (
                FormField("rank", "contact", options=("a",)),
                FormField("name", "company", required=True, filled=True),
            ),
        ),
    )


def test_an_app_that_may_not_see_forms_is_no_fault() -> None:
    assert drive(connector().read_forms(), [responding({"status": "error"}, status=403)]).end is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [(responding({}, status=502), VendorBusy), (silent(maybe_sent=True), HostUnreachable)],
)
def test_other_refusals_are_told(reply: Reply, error: type[Exception]) -> None:
    with pytest.raises(error):
        drive(connector().read_forms(), [reply])
