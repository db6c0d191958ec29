"""Who plays which part: by a person's number alone, so that a larger data set begins like a smaller one."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, Final

from . import faulty, later, ordinary
from .companies import company_part
from .deals import cast_deals
from .people import PEOPLE_CYCLE, companies_of, person
from .story import Part, Story, Vendor

Role = Callable[..., Part]

CYCLE: Final = PEOPLE_CYCLE
DEAL_SHARE: Final = 8
"""So many deals come on a hundred people."""

_SPREAD: Final = 300
"""Within so many people of a cycle every part occurs."""

_FAULTY: Final[tuple[Role, ...]] = (
    faulty.industry_off_list,
    faulty.industry_off_list,
    faulty.company_missing,
    faulty.company_missing_until_repaired,
    faulty.last_name_missing,
    faulty.source_off_list,
    faulty.interest_off_list,
    faulty.title_too_long,
    faulty.address_malformed,
    faulty.budget_too_large,
    faulty.visit_in_far_future,
    faulty.phone_in_full_width,
    faulty.phone_in_full_width_until_repaired,
    faulty.phone_of_another,
    faulty.code_of_another,
    faulty.trigger_fails,
    faulty.industry_unknown_to_hubspot,
    faulty.address_refused_by_hubspot,
    faulty.address_is_anothers_second,
    faulty.owner_left,
)
_EVENTFUL: Final[tuple[Role, ...]] = (
    ordinary.pointed_at,
    ordinary.different_from_the_start,
    ordinary.two_leads_with_one_address,
    ordinary.contact_and_old_lead,
    ordinary.untidy_in_hubspot,
    ordinary.untidy_in_hubspot,
    ordinary.out_in_hubspot,
    ordinary.out_in_hubspot,
    ordinary.out_as_lead,
    ordinary.out_as_contact,
    ordinary.pair_out_in_hubspot,
    ordinary.pair_out_in_salesforce,
    later.promoted_in_hubspot,
    later.promoted_in_hubspot,
    later.moved_in_hubspot,
    later.called_by_sales,
    later.called_by_sales,
    later.corrected_by_sales,
    later.visited_lead,
    later.different_fields,
    later.same_field,
    later.same_telephone,
    later.equal_edits,
    later.leaves_in_hubspot,
    later.leaves_as_lead,
    later.leaves_as_contact,
    later.merged_in_hubspot,
    later.merged_in_salesforce,
    later.converted_to_customer,
    later.converted_with_account,
    later.deleted_and_restored,
    later.spoiled_in_hubspot,
    later.new_in_hubspot,
    later.new_in_salesforce,
    # Last, so that the company they wait for is there.
    faulty.company_waited_for,
    faulty.company_waited_for,
)
_PLAIN: Final[tuple[Role, ...]] = (
    *(ordinary.hubspot_only,) * 5,
    ordinary.equal_lead,
    *(ordinary.hubspot_only,) * 3,
    ordinary.equal_contact,
    *(ordinary.hubspot_only,) * 3,
    ordinary.gaps_on_both_sides,
    ordinary.customer_in_hubspot,
    ordinary.hubspot_only,
    ordinary.lead_only,
    ordinary.hubspot_only,
    ordinary.equal_lead,
    ordinary.contact_only,
)


def _cycle() -> tuple[Role, ...]:
    """Every special part at even distances, ordinary people between them."""
    special = [*_FAULTY, *_EVENTFUL]
    places = {1 + k * (_SPREAD - 1) // len(special): role for k, role in enumerate(special)}
    parts: list[Role] = []
    for place in range(CYCLE):
        ordinary_so_far = place - sum(at < place for at in places)
        parts.append(places.get(place) or _PLAIN[ordinary_so_far % len(_PLAIN)])
    return tuple(parts)


_ROLES: Final = _cycle()


def role_of(number: int) -> Role:
    """The part of a person. Only the very first is edited last."""
    return later.edited_last if number == 0 else _ROLES[number % CYCLE]


def part_of(seed: int, number: int) -> Part:
    """What a person brings into the story; some parts need a neighbour, who is not counted among the people."""
    role = role_of(number)
    cast: list[Any] = [person(seed, number)]
    if len(signature(role).parameters) > 1:
        cast.append(person(seed, number, neighbour=True))
    return role(*cast)


def story(people: int = 5_000, seed: int = 7) -> Story:
    """The data set of so many people, with their companies and deals. Raises ValueError for fewer than one person."""
    if people < 1:
        raise ValueError("the data set needs at least one person")
    parts = tuple(part_of(seed, number) for number in range(people))
    named: dict[int, set[Vendor]] = {}
    for record in (record for part in parts for record in part.records):
        if record.account is not None:
            named.setdefault(record.account, set()).add(record.vendor)
    companies = tuple(company_part(number, named.get(number, ())) for number in range(companies_of(people)))
    return Story(seed, people, parts, companies, cast_deals(parts, max(1, people * DEAL_SHARE // 100)))
