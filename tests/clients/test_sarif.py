"""What the doctor prints as SARIF is SARIF 2.1.0, by the standard's own schema as an npm package carries it."""

from __future__ import annotations

import json

from jsonschema.validators import validator_for
from typer.testing import CliRunner

from awase.cli.main import build

from .node_clients import installed
from .world import HERE

EXAMPLE = HERE.parents[1] / "examples" / "doctor"
SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


def test_the_doctors_sarif_is_valid() -> None:
    schema = json.loads((installed("sarif") / SCHEMA).read_text(encoding="utf-8"))
    validator = validator_for(schema)(schema)
    said = CliRunner().invoke(build(), ["doctor", "--sfdx", str(EXAMPLE), "--sarif"])
    document = json.loads(said.stdout)
    assert [problem.message for problem in validator.iter_errors(document)] == []
    document["runs"][0]["results"][0]["level"] = "grave"
    assert list(validator.iter_errors(document)), "the schema must be able to refuse"
