"""Pipelines and their stages, and which stage a deal may stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..kernel.org import ControlRefused
from .values import Complaint


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline. probability: ``0.0`` to ``1.0`` as text; the two ends are closed stages."""

    id: str
    label: str
    probability: str

    @property
    def closed(self) -> bool:
        """Whether a deal in this stage is over."""
        return float(self.probability) in {0.0, 1.0}

    @property
    def won(self) -> bool:
        """Whether it is over for the good."""
        return float(self.probability) == 1.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way that deals take."""

    id: str
    label: str
    stages: tuple[Stage, ...]

    def stage(self, stage_id: str | None) -> Stage | None:
        """The stage, if it is one of this pipeline's."""
        return next((each for each in self.stages if each.id == stage_id), None)


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
"""The one that a new portal has."""


class Pipelines:
    """The pipelines of one portal's deals. The first is where a deal goes that names none (from memory)."""

    def __init__(self) -> None:
        self._all: dict[str, Pipeline] = {}
        self._stages: dict[str, Stage] = {}
        self.set((SALES,))

    def __iter__(self) -> Iterator[Pipeline]:
        return iter(self._all.values())

    def get(self, pipeline_id: str) -> Pipeline | None:
        """The pipeline, or None."""
        return self._all.get(pipeline_id)

    def stage(self, stage_id: str | None) -> Stage | None:
        """A stage of any pipeline; ids are unique in a portal."""
        return self._stages.get(stage_id or "")

    def set(self, pipelines: Iterable[Pipeline]) -> None:
        """Replace all pipelines; deals in a stage that is gone stay there. Raises ControlRefused."""
        wanted = list(pipelines)
        stages = [stage for each in wanted for stage in each.stages]
        if not wanted or not all(each.stages for each in wanted):
            raise ControlRefused("a portal has at least one pipeline, and a pipeline at least one stage")
        if len({each.id for each in wanted}) < len(wanted) or len({each.id for each in stages}) < len(stages):
            raise ControlRefused("the ids of pipelines, and those of all stages, must be unique")
        self._all = {each.id: each for each in wanted}
        self._stages = {each.id: each for each in stages}

    def place(self, now: Mapping[str, Any] | None, values: dict[str, str | None]) -> list[Complaint]:
        """Complaints about where a write would put a deal. now: the deal's values, None for a new one.

        A new deal without a pipeline gets the first one.
        """
        if now is None and not values.get("pipeline"):
            values["pipeline"] = next(iter(self._all))
        if not {"pipeline", "dealstage"} & values.keys():
            return []
        standing = {**(now or {}), **values}
        pipeline = self._all.get(str(standing.get("pipeline")))
        if pipeline is None:
            return [_no_option("pipeline", standing.get("pipeline"), self._all)]
        if pipeline.stage(standing.get("dealstage")) is None:
            stages = [each.id for each in pipeline.stages]
            return [_no_option("dealstage", standing.get("dealstage"), stages)]
        return []

    def computed(self, values: Mapping[str, Any], name: str) -> str | None:
        """What the portal works out of a deal's stage."""
        stage = self.stage(values.get("dealstage"))
        if stage is None:
            return None
        if name == "hs_deal_stage_probability":
            return stage.probability
        return "true" if (stage.won if name == "hs_is_closed_won" else stage.closed) else "false"


COMPUTED: Final = ("hs_deal_stage_probability", "hs_is_closed", "hs_is_closed_won")


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
