"""Deals and their parts: each with a customer's company and that customer, in one of the two systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from .owners import LEFT, owner_of
from .people import company
from .story import Edit, Part, Planted, Record, Vendor

STAGES: Final = {
    "appointmentscheduled": "新規案件",
    "qualifiedtobuy": "ヒアリング",
    "presentationscheduled": "提案",
    "decisionmakerboughtin": "見積",
    "contractsent": "交渉",
    "closedwon": "受注",
    "closedlost": "失注",
}
"""HubSpot's stage → the CRM's."""

_PRODUCTS: Final = (
    "生産管理システム",
    "営業支援クラウド",
    "会計システム",
    "人事システム",
    "セキュリティ診断",
)
_FIRST_CLOSE: Final = date(2026, 6, 1)
_CYCLE: Final = 48
_OWNER_LEFT, _WON, _RAISED, _AMOUNT_OF_BOTH = 7, 1, 5, 18
"""Places in the cycle: won in the CRM a day later, raised in HubSpot a day later, a new amount in both."""

_IN_SALESFORCE: Final = 3
"""Place among twelve of the deal that sales alone knows."""

_MARKETER, _SELLER = "user:sato", "user:sales"


@dataclass(frozen=True, slots=True)
class _Deal:
    number: int
    name: str
    amount: int
    stage: str
    closes: date
    customer: Record | None


def cast_deals(people: Sequence[Part], count: int) -> tuple[Part, ...]:
    """So many deals with customers among ``people``, in turn; without any where nobody is one."""
    customers: dict[Vendor, list[Record]] = {
        "hubspot": _customers(people, "contact"),
        "salesforce": _customers(people, "Contact"),
    }
    return tuple(_part(number, customers) for number in range(count))


def _customers(people: Sequence[Part], object: str) -> list[Record]:
    """Records of undisputed customers, who are there from the beginning and stay."""
    return [
        record
        for part in people
        if not part.planted and not part.edits and not part.events
        for record in part.records
        if record.object == object and record.account is not None
    ]


def _part(number: int, customers: dict[Vendor, list[Record]]) -> Part:
    place = number % _CYCLE
    vendor: Vendor = "salesforce" if place % 12 == _IN_SALESFORCE else "hubspot"
    among = customers[vendor]
    deal = _deal(number, among[number % len(among)] if among else None)
    record = _in_hubspot(deal, place) if vendor == "hubspot" else _in_salesforce(deal)
    planted: tuple[Planted, ...] = ()
    fault = None
    if place == _OWNER_LEFT:
        fault = "deal_owner_left"
        planted = (Planted("held", "crm", record.name, fault),)
    elif place == _AMOUNT_OF_BOTH:
        planted = (Planted("conflicts", "ma", record.name, "deal_amount", since="day"),)
    return Part((record,), planted, _edits(deal, place), fault)


def _deal(number: int, customer: Record | None) -> _Deal:
    of = "新規開拓" if customer is None or customer.account is None else company(customer.account).name
    stages = list(STAGES)[:5]
    return _Deal(
        number,
        f"{of} {_PRODUCTS[number % len(_PRODUCTS)]} {number:05d}",
        (number * 37 % 400 + 10) * 50_000,
        stages[number % len(stages)],
        _FIRST_CLOSE + timedelta(days=number * 11 % 180),
        customer,
    )


def _in_hubspot(deal: _Deal, place: int) -> Record:
    values = {
        "dealname": deal.name,
        "amount": str(deal.amount),
        "pipeline": "default",
        "dealstage": deal.stage,
        # Noon in Japan.
        "closedate": f"{deal.closes.isoformat()}T03:00:00Z",
    }
    return _record(deal, "hubspot", "deal", values, LEFT if place == _OWNER_LEFT else owner_of(deal.number))


def _in_salesforce(deal: _Deal) -> Record:
    values = {
        "Name": deal.name,
        "Amount": float(deal.amount),
        "StageName": STAGES[deal.stage],
        "CloseDate": deal.closes.isoformat(),
    }
    return _record(deal, "salesforce", "Opportunity", values, owner_of(deal.number))


def _record(deal: _Deal, vendor: Vendor, object: str, values: dict[str, Any], owner: int) -> Record:
    customer = deal.customer
    return Record(
        f"d{deal.number}/{object}",
        vendor,
        object,
        values,
        account=None if customer is None else customer.account,
        owner=owner,
        contacts=() if customer is None else (customer.name,),
    )


def _edits(deal: _Deal, place: int) -> tuple[Edit, ...]:
    def here(**values: Any) -> Edit:
        return Edit("day", "hubspot", "deal", deal.name, values, _MARKETER)

    def there(**values: Any) -> Edit:
        return Edit("day", "salesforce", "Opportunity", deal.name, values, _SELLER)

    if place == _WON:
        return (there(StageName="受注", Amount=float(deal.amount + 250_000)),)
    if place == _RAISED:
        return (here(amount=str(deal.amount + 500_000), dealstage="contractsent"),)
    if place == _AMOUNT_OF_BOTH:
        return (here(amount=str(deal.amount + 100_000)), there(Amount=float(deal.amount + 200_000)))
    return ()
