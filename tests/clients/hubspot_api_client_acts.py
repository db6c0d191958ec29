"""What hubspot-api-client does in its world, unmodified; one line of JSON an operation, on what the client reports."""

import json
import sys
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hubspot import HubSpot
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.utils.oauth import get_auth_url

given = json.load(sys.stdin)
who = given["credentials"]
BACK = "https://app.example.jp/callback"


def act(operation: str, call: Callable[[], Any]) -> Any:
    """Do it and report what the client gives, or which of its exceptions it raises."""
    reported: Any
    try:
        reported = call()
    except Exception as refusal:
        if not hasattr(refusal, "status"):
            raise
        body = json.loads(refusal.body) if refusal.body else None  # type: ignore[attr-defined]
        reported = {"raised": type(refusal).__name__, "status": refusal.status, "body": body}
    print(json.dumps({"operation": operation, "reported": reported}, default=str), flush=True)
    return reported


def stranger(token: str) -> HubSpot:
    return HubSpot(access_token=token)


hub = HubSpot(access_token=who["access_token"])
contacts = hub.crm.contacts

# --- Signing in


def connect() -> dict[str, Any]:
    """The whole way of an app: the person's page, the code, the token."""
    url = get_auth_url(who["client_id"], BACK, ("oauth", "crm.objects.contacts.read"), state="s")
    with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310 - the client gave it
        assert "アプリを連携" in page.read().decode()
    # The person at the browser presses the button.
    fields = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    form = urlencode({**fields, "answer": "yes"}).encode()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url.partition("?")[0], form, timeout=60)
        raise AssertionError("the page sends the person back")
    except urllib.error.HTTPError as sent:
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    issued = HubSpot().oauth.tokens_api.create(
        grant_type="authorization_code",
        code=code,
        redirect_uri=BACK,
        client_id=who["client_id"],
        client_secret=who["client_secret"],
    )
    return issued.to_dict()


def refreshed(**more: str) -> Any:
    fields = {"refresh_token": who["refresh_token"], "client_id": who["client_id"]}
    return HubSpot().oauth.tokens_api.create(
        grant_type="refresh_token", **{**fields, "client_secret": who["client_secret"], **more}
    )


issued = act("connect by the page", connect)
token = refreshed().access_token
act("refresh a token", lambda: refreshed().token_type)
act("refresh with a wrong secret", lambda: refreshed(client_secret="wrong"))
act("ask about an access token", lambda: hub.oauth.access_tokens_api.get(token).hub_id)
act(
    "ask about a refresh token",
    lambda: hub.oauth.refresh_tokens_api.get(who["refresh_token"]).client_id == who["client_id"],
)
act("call with an OAuth token", lambda: len(stranger(token).crm.contacts.basic_api.get_page().results))
act("call with a strange token", lambda: stranger("nonsense").crm.contacts.basic_api.get_page())
narrow = stranger(issued["access_token"])
act("call without the right", lambda: narrow.crm.companies.basic_api.get_page())

# --- One record at a time


def created(**properties: str) -> str:
    body = SimplePublicObjectInputForCreate(properties=properties, associations=[])
    return str(contacts.basic_api.create(simple_public_object_input_for_create=body).id)


one = act("create", lambda: created(email="py@example.jp", lastname="佐藤"))
act("create again", lambda: created(email="PY@example.jp"))
act("create with a wrong value", lambda: created(lastname="x", industry="漁業"))
act("create with a wrong property", lambda: created(lastname="x", nonsense="1"))
act("read by id", lambda: contacts.basic_api.get_by_id(one, properties=["lastname", "jobtitle"]).properties)
act("read by address", lambda: contacts.basic_api.get_by_id("py@example.jp", id_property="email").id == one)
act(
    "update",
    lambda: contacts.basic_api.update(
        one, simple_public_object_input=SimplePublicObjectInput(properties={"jobtitle": "部長"})
    ).properties["jobtitle"],
)
act(
    "read the past of a property",
    lambda: [
        each.value
        for each in contacts.basic_api.get_by_id(
            one, properties_with_history=["jobtitle"]
        ).properties_with_history["jobtitle"]
    ],
)
act("read what never was", lambda: contacts.basic_api.get_by_id("1"))
gone = created(email="gone@example.jp")
act("archive", lambda: contacts.basic_api.archive(gone))
act("read what is archived", lambda: contacts.basic_api.get_by_id(gone))
act("read the archived", lambda: contacts.basic_api.get_by_id(gone, archived=True).archived)
loser = created(email="loser@example.jp")
act(
    "merge",
    lambda: (
        contacts.basic_api.merge(
            public_merge_input={"primaryObjectId": one, "objectIdToMerge": loser}
        ).properties["hs_merged_object_ids"]
        == loser
    ),
)
act("read a merged one", lambda: contacts.basic_api.get_by_id(loser).id == one)
erased = created(email="erased@example.jp")
act("erase a person", lambda: contacts.basic_api.purge(public_gdpr_delete_input={"objectId": erased}))

# --- Batches


def batch_created(count: int, *, traced: bool) -> Any:
    inputs = [
        SimplePublicObjectBatchInputForCreate(
            associations=[],
            object_write_trace_id=str(n) if traced else None,
            properties={"email": f"b{n}@example.jp", "lastname": f"束{n:03}"},
        )
        for n in range(count)
    ]
    return contacts.batch_api.create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs))


def summed(reply: Any) -> dict[str, Any]:
    said = reply.to_dict()
    errors = [(each["category"], each["context"]) for each in said.get("errors") or ()]
    return {"status": said["status"], "results": len(said["results"]), "errors": errors}


act("create a batch", lambda: summed(batch_created(100, traced=False)))
act("create a batch again, none traced", lambda: summed(batch_created(2, traced=False)))
act("create a batch again, all traced", lambda: summed(batch_created(2, traced=True)))
act("create too many", lambda: summed(batch_created(101, traced=True)))
read = {"inputs": [{"id": one}, {"id": "1"}], "properties": ["lastname"], "propertiesWithHistory": []}
act("read a batch", lambda: summed(contacts.batch_api.read(read)))
changed = {"inputs": [{"id": one, "properties": {"city": "東京"}}]}
act("update a batch", lambda: summed(contacts.batch_api.update(changed)))


def upserted() -> list[Any]:
    inputs = [
        SimplePublicObjectBatchInputUpsert(
            id_property="employee_code", id=code, properties={"lastname": "更"}
        )
        for code in ("E-1", "E-2")
    ]
    done = contacts.batch_api.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs))
    return [each.new for each in done.results]


act("upsert a new batch", upserted)
act("upsert an old batch", upserted)
act("archive a batch", lambda: contacts.batch_api.archive({"inputs": [{"id": gone}]}))

# --- Lists and searches of records

act("read every page", lambda: len(contacts.get_all()))
act("read a page", lambda: contacts.basic_api.get_page(limit=5).paging.next.after is not None)


def searched(**how: Any) -> Any:
    return contacts.search_api.do_search(PublicObjectSearchRequest(**how))


by_name = [{"filters": [{"propertyName": "lastname", "operator": "CONTAINS_TOKEN", "value": "束0*"}]}]
act(
    "search",
    lambda: searched(filter_groups=by_name, sorts=["-lastname"], limit=3, properties=["lastname"]).to_dict()[
        "total"
    ],
)
act(
    "search in order",
    lambda: [
        each.properties["lastname"]
        for each in searched(
            filter_groups=by_name,
            sorts=[{"propertyName": "lastname", "direction": "DESCENDING"}],
            properties=["lastname"],
            limit=3,
        ).results
    ],
)
act("search past ten thousand", lambda: searched(filter_groups=[], after="10000", limit=1))


def hurried() -> Any:
    for _ in range(12):
        searched(filter_groups=[], limit=1)
    return "never limited"


act("search too often", hurried)

# --- Definitions

core = hub.crm.properties.core_api
definition = {
    "name": "py_rank",
    "label": "格",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "options": [{"label": "甲", "value": "a", "displayOrder": 1, "hidden": False}],
}
act("define a property", lambda: core.create("contacts", definition).name)
act("define it again", lambda: core.create("contacts", definition))
act("read every definition", lambda: "py_rank" in [each.name for each in core.get_all("contacts").results])
act("read a definition", lambda: core.get_by_name("contacts", "py_rank").options[0].value)
act("change a definition", lambda: core.update("contacts", "py_rank", {"label": "等級"}).label)
names = {"inputs": [{"name": "py_rank"}, {"name": "nothing"}], "archived": False}
act("read definitions by the batch", lambda: summed(hub.crm.properties.batch_api.read("contacts", names)))
act("archive a definition", lambda: core.archive("contacts", "py_rank"))
groups = hub.crm.properties.groups_api
act("make a group", lambda: groups.create("contacts", {"name": "py", "label": "群"}).name)
act("read groups", lambda: [each.name for each in groups.get_all("contacts").results])
act("archive a group", lambda: groups.archive("contacts", "py"))
schemas = hub.crm.schemas.core_api
act("read schemas", lambda: len(schemas.get_all().results))
act("read a schema", lambda: schemas.get_by_id("contacts").object_type_id)

# --- Owners, pipelines, tickets, notes

act("read owners", lambda: hub.crm.owners.owners_api.get_page().results[0].email)
act("read an owner", lambda: hub.crm.owners.owners_api.get_by_id(71200101).id)
pipelines, stages = hub.crm.pipelines.pipelines_api, hub.crm.pipelines.pipeline_stages_api
stage = {"label": "打診", "displayOrder": 0, "metadata": {"probability": "0.1"}}
way = pipelines.create("deals", {"label": "蛇", "displayOrder": 1, "stages": [stage]})
act("make a pipeline", lambda: way.label)
act("read pipelines", lambda: [each.label for each in pipelines.get_all("deals").results])
act("change a pipeline", lambda: pipelines.update("deals", way.id, {"label": "竜"}).label)
won = {"label": "契約", "displayOrder": 1, "metadata": {"probability": "1.0"}}
last = act("make a stage", lambda: stages.create("deals", way.id, won).id)
act("change a stage", lambda: stages.update("deals", way.id, last, {"label": "成約", "metadata": {}}).label)
act("read stages", lambda: [each.label for each in stages.get_all("deals", way.id).results])
act("archive a stage", lambda: stages.archive("deals", way.id, last))
deal = hub.crm.deals.basic_api.create({"properties": {"dealname": "商", "dealstage": "closedwon"}}).id
held = {"validate_references_before_delete": True}
pipelined = {"properties": {"dealname": "蛇商", "pipeline": way.id, "dealstage": way.stages[0].id}}
stuck = hub.crm.deals.basic_api.create(pipelined).id
act("archive a pipeline in use", lambda: pipelines.archive("deals", way.id, **held))
hub.crm.deals.basic_api.archive(stuck)
act("archive a pipeline", lambda: pipelines.archive("deals", way.id, **held))
ticket = act(
    "create a ticket",
    lambda: (
        hub.crm.tickets.basic_api.create(
            {"properties": {"subject": "故障", "hs_pipeline_stage": "1"}, "associations": []}
        ).id
    ),
)
note = act(
    "create a note with a person",
    lambda: (
        hub.crm.objects.notes.basic_api.create(
            {
                "properties": {"hs_timestamp": "2026-11-25T00:00:00Z", "hs_note_body": "電話"},
                "associations": [
                    {
                        "to": {"id": one},
                        "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}],
                    }
                ],
            }
        ).id
    ),
)
act(
    "read a person's notes",
    lambda: (
        contacts.basic_api.get_by_id(one, associations=["notes"]).associations["notes"].results[0].id == note
    ),
)

# --- Associations

v4 = hub.crm.associations.v4
company = hub.crm.companies.basic_api.create({"properties": {"name": "甲社"}, "associations": []}).id
act(
    "make a label",
    lambda: [
        each.label
        for each in v4.schema.definitions_api.create(
            "contacts", "companies", {"name": "billing", "label": "請求先", "inverseLabel": "請求元"}
        ).results
    ],
)
labels = v4.schema.definitions_api.get_all("contacts", "companies").results
own = next(each.type_id for each in labels if each.category == "USER_DEFINED")
spec = [{"associationCategory": "USER_DEFINED", "associationTypeId": own}]
act(
    "associate",
    lambda: v4.basic_api.create("contacts", one, "companies", company, spec).labels,
)
act("associate plainly", lambda: len(v4.basic_api.create_default("contacts", one, "deals", deal).results))
act(
    "read associations",
    lambda: [
        [kind.label for kind in each.association_types]
        for each in v4.basic_api.get_page("contacts", one, "companies").results
    ],
)
asked = {"inputs": [{"id": one}, {"id": "1"}]}
act("read associations by the batch", lambda: summed(v4.batch_api.get_page("contacts", "companies", asked)))
pair = {"from": {"id": one}, "to": {"id": company}}
primary = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
act(
    "associate by the batch",
    lambda: summed(v4.batch_api.create("contacts", "companies", {"inputs": [{**pair, "types": primary}]})),
)
parted = {"inputs": [{"from": {"id": one}, "to": [{"id": company}]}]}
act("part by the batch", lambda: v4.batch_api.archive("contacts", "companies", parted))
old = {"inputs": [{**pair, "type": "contact_to_company"}]}
act(
    "associate as v3 does",
    lambda: summed(hub.crm.associations.batch_api.create("contacts", "companies", old)),
)
act(
    "read associations as v3 does",
    lambda: [
        each.type
        for each in hub.crm.associations.batch_api.read("contacts", "companies", {"inputs": [{"id": one}]})
        .results[0]
        .to
    ],
)

# --- Lists, forms, subscriptions

lists, members = hub.crm.lists.lists_api, hub.crm.lists.memberships_api
new_list = {"name": "蛇の客", "objectTypeId": "0-1", "processingType": "MANUAL"}
kept = act("make a list", lambda: lists.create(new_list).list.list_id)
act("make it again", lambda: lists.create(new_list))
act("read a list by name", lambda: lists.get_by_name("蛇の客", "0-1").list.list_id == kept)
act("search lists", lambda: lists.do_search({"query": "蛇", "offset": 0, "count": 10}).total)
act("put on a list", lambda: members.add(kept, [one, "1"]).to_dict())
act("read a list's members", lambda: [each.record_id for each in members.get_page(kept).results] == [one])
act(
    "read a person's lists",
    lambda: [each.list_id for each in members.get_lists("0-1", one).results] == [kept],
)
act("take off a list", lambda: members.remove(kept, [one]).to_dict())
act("rename a list", lambda: lists.update_name(kept, list_name="竜の客").updated_list.name)
act("archive a list", lambda: lists.remove(kept))
act("bring a list back", lambda: lists.restore(kept))

forms = hub.marketing.forms.forms_api
contact_us = {
    "formType": "hubspot",
    "name": "蛇の窓口",
    "archived": False,
    "createdAt": "2026-11-25T00:00:00Z",
    "fieldGroups": [
        {
            "groupType": "default_group",
            "richTextType": "text",
            "fields": [
                {
                    "objectTypeId": "0-1",
                    "name": "email",
                    "label": "Eメール",
                    "required": True,
                    "hidden": False,
                    "fieldType": "email",
                    "dependentFields": [],
                    "validation": {"blockedEmailDomains": [], "useDefaultBlockList": False},
                }
            ],
        }
    ],
    "configuration": {"language": "ja", "postSubmitAction": {"type": "thank_you", "value": "感謝"}},
    "displayOptions": {"theme": "default_style"},
    "legalConsentOptions": {"type": "none"},
}
form = act("make a form", lambda: forms.create(contact_us).id)
act("read forms", lambda: [each.name for each in forms.get_page().results])
act("change a form", lambda: forms.update(form, {"name": "竜の窓口"}).name)


def submitted() -> Any:
    url = f"https://api.hsforms.com/submissions/v3/integration/submit/{given['org_id']}/{form}"
    body = json.dumps({"fields": [{"name": "email", "value": "form@example.jp"}]}).encode()
    sent = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(sent, timeout=60) as answer:  # noqa: S310 - https
        return json.load(answer)


act("send a form", submitted)
act(
    "read who sent it",
    lambda: contacts.basic_api.get_by_id("form@example.jp", id_property="email").properties["email"],
)
act("archive a form", lambda: forms.archive(form))

status = hub.communication_preferences.status_api
wish = {"emailAddress": "py@example.jp", "subscriptionId": "410011"}
act(
    "read subscriptions",
    lambda: len(hub.communication_preferences.definition_api.get_page().subscription_definitions),
)
act("unsubscribe", lambda: status.unsubscribe(wish).status)
act("subscribe again", lambda: status.subscribe(wish))
act(
    "read statuses",
    lambda: [each.status for each in status.get_email_status("py@example.jp").subscription_statuses],
)

# --- Webhooks, by the developer's key

app = int(who["oauth_app_id"])
developer = HubSpot(api_key=who["developer_key"]).webhooks
place = {"targetUrl": "http://127.0.0.1:9/hook", "throttling": {"maxConcurrentRequests": 10}}
act("say where to be told", lambda: developer.settings_api.configure(app, place).target_url)
event = {"eventType": "contact.propertyChange", "propertyName": "city", "active": True}
told = act("subscribe to an event", lambda: developer.subscriptions_api.create(app, event).id)
act("subscribe to nothing", lambda: developer.subscriptions_api.create(app, {"eventType": "contact.party"}))
act(
    "read subscriptions to events",
    lambda: [each.property_name for each in developer.subscriptions_api.get_all(app).results],
)
act(
    "silence an event",
    lambda: developer.subscriptions_api.update(int(told), app, {"active": False}).active,
)
act("be told nothing", lambda: developer.settings_api.clear(app))

# --- Anything else

act("ask for the account", lambda: hub.api_request({"path": "/account-info/v3/details"}).json()["portalId"])
act(
    "ask for the usage",
    lambda: hub.api_request({"path": "/account-info/v3/api-usage/daily/private-apps"}).json()["results"][0][
        "usageLimit"
    ],
)
act(
    "read the limits from the headers",
    lambda: hub.api_request({"path": "/crm/v3/owners/"}).headers["X-HubSpot-RateLimit-Max"],
)
act("ask for what is not there", lambda: hub.api_request({"path": "/crm/v3/nowhere"}).json()["category"])
