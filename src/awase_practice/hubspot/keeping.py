"""What of a portal's definitions a snapshot must keep: those that calls changed, which no control change repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from .labels import Label
from .pipelines import Pipeline, Stage
from .properties import Property
from .state import PortalState


def keep(state: PortalState) -> dict[str, Any]:
    """The groups and the properties that differ from the stock, by object, the pipelines and the labels."""
    return {
        "objects": {
            key: {
                "groups": records.groups,
                "properties": [asdict(each) for each in records.properties.differing()],
            }
            for key, records in state.records.items()
        },
        "caps": [list(each) for each in state.associations.caps.items()],
        "labels": {"made": state.labels.made, "all": [asdict(each) for each in state.labels]},
        "pipelines": {
            key: {
                "made": pipelines.made,
                "live": [asdict(each) for each in pipelines],
                "archived": [asdict(each) for each in pipelines.archived.values()],
            }
            for key, pipelines in state.pipelines_of.items()
        },
    }


def take_up(state: PortalState, kept: Mapping[str, Any]) -> None:
    """Go on with what ``keep`` gave; a snapshot of an older portal has nothing of it."""
    state.associations.caps = dict(kept.get("caps", ()))
    labels = kept.get("labels", {"made": 0, "all": []})
    state.labels.made = labels["made"]
    for plain in labels["all"]:
        state.labels.put(Label(**plain))
    for key, plain in kept.get("pipelines", {}).items():
        pipelines = state.pipelines_of[key]
        pipelines.set(_pipeline(each) for each in plain["live"])
        pipelines.archived = {each["id"]: _pipeline(each) for each in plain["archived"]}
        pipelines.made = plain["made"]
    for key, objects in kept.get("objects", {}).items():
        records = state.records[key]
        records.groups = dict(objects["groups"])
        for plain in objects["properties"]:
            records.properties.put(Property(**_dated(plain)))
        records.unique.rebuild()


def _pipeline(plain: Mapping[str, Any]) -> Pipeline:
    stages = tuple(Stage(**_dated(each)) for each in plain["stages"])
    return Pipeline(**{**_dated(plain), "stages": stages})


def _dated(plain: Mapping[str, Any]) -> dict[str, Any]:
    stamps = {name: datetime.fromisoformat(plain[name]) for name in ("created_at", "updated_at")}
    return {**plain, **stamps}
