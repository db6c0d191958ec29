"""What people do to who is who: merging rows, converting leads. The traces are the vendor's own.

Merged rows lie in the recycle bin and name their master; a converted lead stays and names what it became.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..kernel.org import ControlRefused
from ..kernel.rows import Row
from .admin import Admin, in_words
from .data import OrgData, Savepoint
from .errors import RowRefused
from .ids import normal_id
from .save import Saver
from .stock_deals import STAGES
from .stock_fields import KEY, LEAD_STATUSES

MERGEABLE: Final = frozenset(("Lead", "Contact", "Account"))
_MOST_LOSERS = 2
_TO_ACCOUNT: Final = {
    "Company": "Name",
    "Phone": "Phone",
    "Website": "Website",
    "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue",
    "NumberOfEmployees": "NumberOfEmployees",
    "LeadSource": "AccountSource",
} | {part: f"Billing{part}" for part in ("Street", "City", "State", "PostalCode", "Country")}
_TO_CONTACT: Final = {
    name: name
    for name in [
        "LastName",
        "FirstName",
        "Title",
        "Phone",
        "MobilePhone",
        "Email",
        "Description",
        "LeadSource",
        "HasOptedOutOfEmail",
        "DoNotCall",
    ]
} | {part: f"Mailing{part}" for part in ("Street", "City", "State", "PostalCode", "Country")}


class Identity:
    """Merges and conversions. All methods raise ControlRefused, and then nothing has changed.

    maps_key: whether the org maps the leads' external id to that of contacts at conversion.
    """

    def __init__(self, data: OrgData, saver: Saver, admin: Admin) -> None:
        self.maps_key = True
        self._data, self._saver, self._admin = data, saver, admin

    def merge(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``{object, winner, losers: [at most 2], values?, author?}``; the winner keeps its values, but for ``values``."""
        object, author = str(body.get("object")), str(body.get("author", "user:someone"))
        if object not in MERGEABLE:
            raise ControlRefused(f"{object} cannot be merged")
        names = body.get("losers")
        if not isinstance(names, list) or not 0 < len(names) <= _MOST_LOSERS:
            raise ControlRefused(f"give one to {_MOST_LOSERS} losers")
        winner = self._live(object, body.get("winner"))
        losers = [self._live(object, each) for each in names]
        if len({winner.id, *(each.id for each in losers)}) <= len(losers):
            raise ControlRefused("a row cannot be merged with itself")
        if any(each.values.get("IsConverted") for each in (winner, *losers)):
            raise ControlRefused("a converted lead cannot be merged")
        if any(each.values.get("IsPersonAccount") for each in (winner, *losers)):
            raise ControlRefused("person accounts cannot be merged here")
        self._together(lambda: self._merge(object, winner, losers, body.get("values") or {}, author))
        return {"winner": winner.id, "losers": [each.id for each in losers]}

    def convert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``{lead, account?, contact?, opportunity?: bool | id, author?}`` → ``{account, contact, opportunity}`` as ids.

        An existing account or contact keeps what it has; only its empty fields are filled.
        """
        author = str(body.get("author", "user:someone"))
        lead = self._live("Lead", body.get("lead"))
        if lead.values.get("IsConverted"):
            raise ControlRefused("the lead is converted already")
        account = self._live("Account", body["account"]) if body.get("account") else None
        contact = self._live("Contact", body["contact"]) if body.get("contact") else None
        wanted = body.get("opportunity", False)
        opportunity = self._live("Opportunity", wanted) if isinstance(wanted, str) else None
        made: dict[str, Any] = {}
        self._together(
            lambda: made.update(self._convert(lead, account, contact, opportunity, wanted is True, author))
        )
        return made

    def _together(self, act: Any) -> None:
        savepoint = Savepoint(self._data.tables.values())
        try:
            act()
        except RowRefused as refusal:
            savepoint.roll_back()
            raise in_words(refusal) from refusal
        except BaseException:
            savepoint.roll_back()
            raise
        savepoint.release()

    def _live(self, object: str, row_id: Any) -> Row:
        row = self._data.tables[object].find(normal_id(str(row_id)) or "")
        if row is None:
            raise ControlRefused(f"no living {object} has the id {row_id}")
        return row

    def _merge(
        self, object: str, winner: Row, losers: Sequence[Row], values: Mapping[str, Any], author: str
    ) -> None:
        table, now = self._data.tables[object], self._data.now()
        for loser in losers:
            self._adopt_children(object, winner, loser, author)
            table.update(loser, {"MasterRecordId": winner.id}, author, now)
            table.delete(loser, author, now)
        if values:
            self._saver.update(self._data.full[object], winner, values, self._admin.person(author))
        else:
            table.touch(winner, author, now)

    def _adopt_children(self, object: str, winner: Row, loser: Row, author: str) -> None:
        for kind, field in self._data.children_of(object):
            for child in self._data.children(kind, field, loser.id):
                if child.id == loser.id:
                    continue
                named = None if child.id == winner.id else winner.id
                now = self._data.now()
                changes = self._data.tables[kind.name].update(child, {field.name: named}, author, now)
                self._data.record_history(kind.name, child, changes, author)

    def _convert(
        self,
        lead: Row,
        account: Row | None,
        contact: Row | None,
        opportunity: Row | None,
        makes_opportunity: bool,
        author: str,
    ) -> dict[str, Any]:
        owner = str(lead.values["OwnerId"])
        if self._data.kind_of_id(owner) != "User":
            owner = self._data.user_id(author)
        if account is None and contact is not None:
            account = self._data.tables["Account"].find(contact.values.get("AccountId") or "")
        account = self._laid("Account", account, self._for_account(lead), owner, author)
        if account.values.get("PersonContactId"):
            contact = self._data.tables["Contact"].find(account.values["PersonContactId"])
        else:
            of_contact = {**self._for_contact(lead), "AccountId": account.id}
            contact = self._laid("Contact", contact, of_contact, owner, author)
        if makes_opportunity:
            plain = {"AccountId": account.id, **self._for_opportunity(lead)}
            opportunity = self._laid("Opportunity", None, plain, owner, author)
        if opportunity is not None and contact is not None:
            role = {"OpportunityId": opportunity.id, "ContactId": contact.id, "IsPrimary": True}
            self._laid("OpportunityContactRole", None, role, None, author)
        names = {"account": account.id, "contact": contact and contact.id}
        made = {**names, "opportunity": opportunity and opportunity.id}
        self._close(lead, made, author)
        return made

    def _for_account(self, lead: Row) -> dict[str, Any]:
        values = _mapped(lead, _TO_ACCOUNT)
        kind = self._data.full["Account"]
        person = next((each for each in kind.record_types if each.person), None)
        if person is None or values.get("Name") is not None:
            return values
        names = {"LastName": "LastName", "FirstName": "FirstName", "Email": "PersonEmail"}
        return {**values, **_mapped(lead, names), "RecordTypeId": person.id}

    def _for_contact(self, lead: Row) -> dict[str, Any]:
        """Fields of the same custom name are mapped to each other; unique ones only if the value is free."""
        kind = self._data.full["Contact"]
        values = _mapped(lead, _TO_CONTACT)
        for field in kind.fields:
            value = lead.values.get(field.name)
            if not field.custom or value is None or (field.name == KEY.name and not self.maps_key):
                continue
            if not field.unique or not self._data.index("Contact", field).find(value):
                values[field.name] = value
        return values

    def _for_opportunity(self, lead: Row) -> dict[str, Any]:
        """Named after the company, in the first stage, closing at the end of the quarter [from memory]."""
        today = self._data.now()
        month = (today.month + 2) // 3 * 3
        closes = today.replace(month=month, day=monthrange(today.year, month)[1])
        name = f"{lead.values.get('Company') or lead.values.get('LastName')}-"
        source = {"LeadSource": lead.values["LeadSource"]} if lead.values.get("LeadSource") else {}
        plain = {"Name": name, "StageName": STAGES[0].name, "CloseDate": closes.date().isoformat()}
        return {**plain, **source}

    def _laid(
        self, object: str, row: Row | None, values: Mapping[str, Any], owner: str | None, author: str
    ) -> Row:
        """A new row with these values, or the given row with its empty fields filled."""
        kind, writer = self._data.full[object], self._admin.person(author)
        if row is None:
            owned = {"OwnerId": owner} if owner else {}
            return self._saver.create(kind, {**values, **owned}, writer)
        empty = {name: value for name, value in values.items() if row.values.get(name) is None}
        if empty:
            self._saver.update(kind, row, empty, writer)
        return row

    def _move_activities(self, lead: Row, contact: str | None, author: str) -> None:
        """What was planned with a lead is planned with the contact that it became."""
        for name in ("Task", "Event") if contact else ():
            kind, table = self._data.full[name], self._data.tables[name]
            for row in self._data.children(kind, kind.by_name["whoid"], lead.id):
                table.update(row, {"WhoId": contact}, author, self._data.now())

    def _close(self, lead: Row, made: Mapping[str, Any], author: str) -> None:
        now = self._data.now()
        values = {
            "IsConverted": True,
            "Status": LEAD_STATUSES[-1],
            "ConvertedDate": now.date().isoformat(),
            "ConvertedAccountId": made["account"],
            "ConvertedContactId": made["contact"],
            "ConvertedOpportunityId": made["opportunity"],
        }
        self._move_activities(lead, made["contact"], author)
        changes = self._data.tables["Lead"].update(lead, values, author, now)
        self._data.record_history("Lead", lead, changes, author)


def _mapped(lead: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {to: lead.values[name] for name, to in names.items() if lead.values.get(name) is not None}
