"""Forms: what each asks for, what must be answered, and what can be chosen there.

``GET /marketing/v3/forms`` (confirmed, as is the shape but for ``options``, which is from memory); it needs the scope ``forms``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Never, TypeAlias
from urllib.parse import urlencode

import msgspec

from awase.connectors.hubspot.auth import VENDOR
from awase.connectors.hubspot.faults import vendor_words
from awase.connectors.hubspot.paths import Paths
from awase.connectors.sdk.bodies import JSON_HEADERS, json_answer
from awase.connectors.sdk.calls import ask_one, read_failure
from awase.core.doctor import Form, FormField
from awase.core.schema import ObjectSchema
from awase.ports.flows import Flow, Lane, Request, Response

SEVERAL_LINES = frozenset({"textarea", "html"})
"""How properties are asked for whose texts may have several lines."""
_OBJECT_TYPES: Mapping[str, str] = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket"}
_PAGE = 500
"""Forms of one answer (confirmed)."""


class _Option(msgspec.Struct):
    value: str


class _Dependent(msgspec.Struct, rename="camel"):
    dependent_field: _FormField | None = None


class _FormField(msgspec.Struct, rename="camel"):
    name: str
    object_type_id: str = "0-1"
    required: bool = False
    hidden: bool = False
    options: list[_Option] | None = None
    default_value: str | None = None
    default_values: list[str] = []
    dependent_fields: list[_Dependent] = []


class _Group(msgspec.Struct):
    fields: list[_FormField] = []


class _Form(msgspec.Struct, rename="camel"):
    id: str
    name: str = ""
    archived: bool = False
    field_groups: list[_Group] = []


FormAnswer: TypeAlias = _Form
"""For whoever has forms from elsewhere than the API."""


class _After(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _After | None = None


class _Forms(msgspec.Struct):
    results: list[_Form]
    paging: _Paging | None = None


def read_forms(paths: Paths) -> Flow[Never, tuple[Form, ...] | None]:
    """All forms that are in use; None where the app may not see any."""
    forms: list[_Form] = []
    after: str | None = ""
    while after is not None:
        asked = {"limit": str(_PAGE)} | ({"after": after} if after else {})
        request = Request("GET", f"{paths.forms()}?{urlencode(asked)}", headers=JSON_HEADERS, lane=Lane.OTHER)
        answer = yield from ask_one(request)
        if isinstance(answer, Response) and answer.status == 403:
            return None
        page = json_answer(answer, _Forms) if isinstance(answer, Response) and answer.status == 200 else None
        if page is None:
            words = vendor_words(answer) if isinstance(answer, Response) else ""
            raise read_failure(answer, vendor=VENDOR, doing="reading the forms", words=words)
        forms += page.results
        after = page.paging.next.after if page.paging is not None and page.paging.next is not None else None
    return tuple(form_of(one) for one in forms if not one.archived)


def several_lines(object: ObjectSchema) -> frozenset[str]:
    """The fields of ``object`` whose texts may have several lines."""
    return frozenset(
        name for name, field in object.fields.items() if field.vendor_type.rpartition("/")[2] in SEVERAL_LINES
    )


def form_of(form: _Form) -> Form:
    """One answer as a form."""
    asked = [field for group in form.field_groups for field in _all(group.fields)]
    return Form(
        form.name or form.id,
        tuple(
            FormField(
                name=field.name,
                object=_OBJECT_TYPES.get(field.object_type_id, field.object_type_id),
                required=field.required,
                options=tuple(option.value for option in field.options)
                if field.options is not None
                else None,
                filled=bool(field.default_value or field.default_values),
            )
            for field in asked
        ),
    )


def _all(fields: Sequence[_FormField]) -> Iterator[_FormField]:
    """A form's questions, those that other answers bring up included: such a one is never sure to be asked."""
    for field in fields:
        yield field
        for dependent in field.dependent_fields:
            if dependent.dependent_field is not None:
                for below in _all([dependent.dependent_field]):
                    yield msgspec.structs.replace(below, required=False)
