"""What a snapshot keeps of forms, labels, pipelines and definitions that calls changed."""

from __future__ import annotations

from pathlib import Path

from awase_practice.hubspot.org import HubSpotPortal
from awase_practice.kernel.clock import RealClock
from awase_practice.kernel.control import Control
from awase_practice.kernel.faults import FaultPlan
from awase_practice.kernel.snapshot import read_snapshot, write_snapshot
from tests.contract.practice.hubspot_client import portal
from tests.contract.practice.test_hubspot_definitions import RANK, STAGES
from tests.contract.practice.test_hubspot_forms import CONTACT_US

LABELS = "/crm/v4/associations/contacts/companies/labels"


def test_a_portal_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with portal("v3") as it:
        it.ask("POST", "/crm/v3/properties/tickets", RANK, 201)
        new = {"label": "代理店", "displayOrder": 5, "stages": STAGES}
        kept = it.ask("POST", "/crm/v3/pipelines/deals", new, 201)
        gone = it.ask("POST", "/crm/v3/pipelines/deals", {**new, "label": "旧"}, 201)
        it.ask("DELETE", f"/crm/v3/pipelines/deals/{gone['id']}", status=204)
        made = it.ask("POST", LABELS, {"name": "billing", "label": "請求先"})["results"]
        company, contact = it.create("companies", name="甲"), it.create("contacts", lastname="佐藤")
        spec = [{"associationCategory": "USER_DEFINED", "associationTypeId": made[0]["typeId"]}]
        it.ask("PUT", it.of_record("contacts", contact, f"/companies/{company}"), spec, 201)
        fields = [{"name": "email", "label": "Eメール", "required": True, "fieldType": "email"}]
        form = it.ask("POST", "/marketing/v3/forms", {**CONTACT_US, "fieldGroups": [{"fields": fields}]}, 201)
        target = f"/submissions/v3/integration/submit/{it.server.org.org_id}/{form['id']}"
        sent = {"fields": [{"name": "email", "value": "a@example.jp"}]}
        assert it.send("POST", target, sent, token="").status == 200
        write_snapshot(tmp_path / "portal", it.server.org, it.server.control, 0.0)

    faults = FaultPlan(1)
    org = HubSpotPortal(name="練習", clock=RealClock(), faults=faults)
    read_snapshot(tmp_path / "portal", org, Control(org, faults))
    with portal("v3", org) as it:
        shown = it.ask("GET", "/crm/v3/properties/tickets/rank")
        assert [each["hidden"] for each in shown["options"]] == [False, True]
        assert it.ask("GET", f"/crm/v3/pipelines/deals/{kept['id']}") == kept
        it.create("deals", dealname="甲", pipeline=kept["id"], dealstage=kept["stages"][1]["id"])
        assert it.ask("PATCH", f"/crm/v3/pipelines/deals/{gone['id']}", {"archived": False})["label"] == "旧"
        assert it.types("contacts", contact, "companies") == {company: [made[0]["typeId"], 279]}
        again = it.ask("POST", LABELS, {"name": "second", "label": "別"})["results"]
        assert again[0]["typeId"] not in {each["typeId"] for each in made}
        assert it.ask("GET", f"/marketing/v3/forms/{form['id']}") == form
        results = it.ask("GET", f"/form-integrations/v1/submissions/forms/{form['id']}")["results"]
        assert len(results) == 1
        assert (
            it.ask("POST", "/marketing/v3/forms", {**CONTACT_US, "fieldGroups": []}, 201)["id"] != form["id"]
        )
