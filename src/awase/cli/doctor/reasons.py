"""Why a row would be refused: one sentence a finding, and the causes that rows share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awase.catalogue import entry
from awase.cli.call import Call
from awase.configuration.check import near_match
from awase.core.checks import Finding
from awase.core.checks.check import Certainty
from awase.core.doctor.headings import Headings
from awase.core.doctor.rows import UNREADABLE
from awase.core.schema import ObjectSchema
from awase.core.transforms.chain import KIND_WORDS
from awase.core.values import Kind

_LONGEST_SHOWN = 40
"""Characters of a value that a reason repeats."""


@dataclass(frozen=True, slots=True)
class RowCause:
    """One thing that stops rows, and the rows (places from 0) that it stops."""

    error_type: str
    field: str
    rule: str
    message: str
    certain: bool
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> list[int]:
        return sorted({one.link for one in self.findings})

    def values(self) -> list[tuple[str, int]]:
        """The offending values, the most frequent first."""
        return Counter(one.value for one in self.findings if one.value is not None).most_common()


def brief(value: str) -> str:
    """The beginning of a value on one line."""
    line = " ".join(value.split())
    return f"{line[:_LONGEST_SHOWN]}…" if len(line) > _LONGEST_SHOWN else line


def causes_of(findings: Iterable[Finding]) -> list[RowCause]:
    """Certain ones first, then by how many rows they stop."""
    groups: dict[tuple[str, str, str, str, bool], list[Finding]] = {}
    for one in findings:
        certain = one.certainty is Certainty.CERTAIN
        key = (one.error_type, one.field, one.detail.get("rule", ""), one.message, certain)
        groups.setdefault(key, []).append(one)
    causes = [RowCause(*key, tuple(group)) for key, group in groups.items()]
    return sorted(
        causes, key=lambda cause: (not cause.certain, -len(cause.rows), cause.error_type, cause.field)
    )


class Reasons:
    """Sentences about findings, in the words of the file's header."""

    def __init__(self, call: Call, object: ObjectSchema, headings: Headings, columns: Sequence[str]) -> None:
        self._call, self._object = call, object
        self._columns: Mapping[str, str] = {name: columns[place] for name, place in headings.fields.items()}
        self._known: dict[tuple[str, str | None, str, str], str] = {}

    def column(self, field: str) -> str:
        """What the file calls the field; its API name where the file does not have it."""
        return self._columns.get(field, field)

    def of(self, finding: Finding) -> str:
        """Each is put into words once."""
        key = (finding.field, finding.value, finding.error_type, finding.message)
        if key not in self._known:
            self._known[key] = self._said(finding)
        return self._known[key]

    def _said(self, finding: Finding) -> str:
        call, known = self._call, entry(finding.error_type).name.in_(self._call.language)
        if "rule" in finding.detail:
            return call.t(
                "{message} (validation rule {rule})", message=finding.message, rule=finding.detail["rule"]
            )
        column = self.column(finding.field)
        if finding.value is None:
            return call.t("{column}: {trouble}", column=column, trouble=known)
        said = call.t(
            "{column} “{value}”: {trouble}", column=column, value=brief(finding.value), trouble=known
        )
        return "".join((said, *self._more(finding)))

    def _more(self, finding: Finding) -> Iterable[str]:
        call, field = self._call, self._object.fields[finding.field]
        if finding.error_type == UNREADABLE and "kind" in finding.detail:
            yield call.t(" (it takes {expected})", expected=KIND_WORDS[Kind(finding.detail["kind"])])
        if "maximum" in finding.detail:
            length = len(finding.value or "")
            yield call.t(
                " ({length} characters, at most {maximum})", length=length, maximum=finding.detail["maximum"]
            )
        active = [option.value for option in field.options or () if option.active]
        if "allowed" in finding.detail and (near := near_match(finding.value or "", active)):
            yield call.t(" (nearest: {near})", near=near)
