"""Pipelines and their stages, and which stage a deal may stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from ..kernel.org import ControlRefused
from .values import Complaint

_BORN: Final = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline.

    probability: of deals, ``0.0`` to ``1.0`` as text; the two ends are closed stages. ticket_state: of tickets, ``OPEN``
    or ``CLOSED``. order: where it stands, if somebody said so.
    """

    id: str
    label: str
    probability: str = ""
    ticket_state: str = ""
    order: int | None = None
    created_at: datetime = _BORN
    updated_at: datetime = _BORN

    @property
    def closed(self) -> bool:
        """Whether what stands here is over."""
        return self.ticket_state == "CLOSED" or (
            self.probability != "" and float(self.probability) in {0.0, 1.0}
        )

    @property
    def won(self) -> bool:
        """Whether it is over for the good."""
        return self.probability != "" and float(self.probability) == 1.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way that deals or tickets take."""

    id: str
    label: str
    stages: tuple[Stage, ...]
    order: int | None = None
    archived: bool = False
    created_at: datetime = _BORN
    updated_at: datetime = _BORN

    def stage(self, stage_id: str | None) -> Stage | None:
        """The stage, if it is one of this pipeline's."""
        return next((each for each in self.stages if each.id == stage_id), None)


@dataclass(frozen=True, slots=True)
class Track:
    """The properties in which an object says where in its pipelines it stands. metadata: what each stage must say."""

    object: str
    pipeline: str
    stage: str
    metadata: str


DEALS: Final = Track("deal", "pipeline", "dealstage", "probability")
TICKETS: Final = Track("ticket", "hs_pipeline", "hs_pipeline_stage", "ticketState")

SALES: Final = Pipeline(
    "default",
    "営業パイプライン",
    (
        Stage("appointmentscheduled", "アポイント設定済み", "0.2"),
        Stage("qualifiedtobuy", "購入見込みあり", "0.4"),
        Stage("presentationscheduled", "提案予定", "0.6"),
        Stage("decisionmakerboughtin", "意思決定者の賛同", "0.8"),
        Stage("contractsent", "契約書送付済み", "0.9"),
        Stage("closedwon", "成約", "1.0"),
        Stage("closedlost", "失注", "0.0"),
    ),
)
"""The one that a new portal has for its deals."""

SUPPORT: Final = Pipeline(
    "0",
    "サポートパイプライン",
    (
        Stage("1", "新規", ticket_state="OPEN"),
        Stage("2", "コンタクト待ち", ticket_state="OPEN"),
        Stage("3", "自社対応待ち", ticket_state="OPEN"),
        Stage("4", "クローズ", ticket_state="CLOSED"),
    ),
)
"""The one for its tickets."""


class Pipelines:
    """The pipelines of one object. The first is where a record goes that names none (from memory)."""

    def __init__(self, track: Track, first: Pipeline) -> None:
        self.track = track
        self.archived: dict[str, Pipeline] = {}
        self.made = 0
        self.audit: list[dict[str, Any]] = []
        self._all: dict[str, Pipeline] = {}
        self._stages: dict[str, Stage] = {}
        self.set((first,))

    def __iter__(self) -> Iterator[Pipeline]:
        return iter(self._all.values())

    def get(self, pipeline_id: str) -> Pipeline | None:
        """The pipeline, or None."""
        return self._all.get(pipeline_id)

    def new_id(self) -> str:
        """An id for a pipeline or a stage that names none."""
        self.made += 1
        return str(81_240_000 + self.made)

    def stage(self, stage_id: str | None) -> Stage | None:
        """A stage of any pipeline; ids are unique in a portal."""
        return self._stages.get(stage_id or "")

    def set(self, pipelines: Iterable[Pipeline]) -> None:
        """Replace all pipelines; records in a stage that is gone stay there. Raises ControlRefused."""
        wanted = _ordered(pipelines)
        stages = [stage for each in wanted for stage in each.stages]
        if not wanted or not all(each.stages for each in wanted):
            raise ControlRefused("a portal has at least one pipeline, and a pipeline at least one stage")
        if len({each.id for each in wanted}) < len(wanted) or len({each.id for each in stages}) < len(stages):
            raise ControlRefused("the ids of pipelines, and those of all stages, must be unique")
        self._all = {each.id: each for each in wanted}
        self._stages = {each.id: each for each in stages}

    def place(self, now: Mapping[str, Any] | None, values: dict[str, str | None]) -> list[Complaint]:
        """Complaints about where a write would put a record. now: its values, None for a new one.

        A new record without a pipeline gets the first one.
        """
        way, step = self.track.pipeline, self.track.stage
        if now is None and not values.get(way):
            values[way] = next(iter(self._all))
        if not {way, step} & values.keys():
            return []
        standing = {**(now or {}), **values}
        pipeline = self._all.get(str(standing.get(way)))
        if pipeline is None:
            return [_no_option(way, standing.get(way), self._all)]
        if pipeline.stage(standing.get(step)) is None:
            stages = [each.id for each in pipeline.stages]
            return [_no_option(step, standing.get(step), stages)]
        return []

    def computed(self, values: Mapping[str, Any], name: str) -> str | None:
        """What the portal works out of a deal's stage."""
        stage = self.stage(values.get(self.track.stage))
        if stage is None:
            return None
        if name == "hs_deal_stage_probability":
            return stage.probability
        return "true" if (stage.won if name == "hs_is_closed_won" else stage.closed) else "false"


Placed = TypeVar("Placed", Pipeline, Stage)
COMPUTED: Final = ("hs_deal_stage_probability", "hs_is_closed", "hs_is_closed_won")


def _ordered(pipelines: Iterable[Pipeline]) -> list[Pipeline]:
    """Pipelines and their stages as they stand; those that nobody placed keep their turn."""
    return _in_turn([replace(each, stages=tuple(_in_turn(each.stages))) for each in pipelines])


def _in_turn(items: Sequence[Placed]) -> list[Placed]:
    turns = [(place if one.order is None else one.order, place) for place, one in enumerate(items)]
    return [items[place] for _, place in sorted(turns)]


def _no_option(name: str, value: Any, allowed: Iterable[str]) -> Complaint:
    text = f"{value or ''} was not one of the allowed options: [{', '.join(allowed)}]"
    return Complaint(name, "INVALID_OPTION", text)


def pipeline_from(body: Mapping[str, Any]) -> Pipeline:
    """A pipeline as the control port writes one: ``id``, ``label``, ``stages`` of ``id``, ``label``, ``probability``.

    Raises ControlRefused.
    """
    try:
        stages = tuple(
            Stage(str(each["id"]), str(each.get("label") or each["id"]), str(float(each["probability"])))
            for each in body["stages"]
        )
        return Pipeline(str(body["id"]), str(body.get("label") or body["id"]), stages)
    except (KeyError, TypeError, ValueError) as error:
        text = "a pipeline needs an id and stages, each with an id and a probability from 0 to 1"
        raise ControlRefused(text) from error
