"""``awase check --prove``: copies of both practice orgs, what they answered, and how right the predictions were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from awase.assembly import copy_of
from awase.catalogue import entry
from awase.cli.call import Call
from awase.cli.plan_files import write_closed
from awase.cli.practice import credentials_of, practice_org
from awase.core.foresight import Foresight
from awase.core.mapping import Sync
from awase.core.operations import SIDES, Side
from awase.core.proof import Proof, Score, is_formula
from awase.engine.environment import Access, Environment
from awase.engine.proving import prove
from awase.errors import NotConnected
from awase.ports.connector import Copyable

_DATED = ("private_key",)
"""What makes an assertion that holds for minutes only, by our clock: time may have been let pass in the org."""
_SHOWN = 10
"""Surprises that are shown one by one."""
_COUNTED = ("Foreseen", "Refused by it", "Refused otherwise", "Saved", "Not foreseen")


async def proved(call: Call, env: Environment, sync: Sync) -> tuple[Foresight, Proof]:
    """What is foreseen, and what copies of the orgs said to it. Raises NotConnected where they give no copy."""
    for side in SIDES:
        if env.sides[side].org.kind != "practice":
            raise NotConnected(
                "{connection} is no practice org, and nothing may be sent to a real one to see whether it is refused",
                remedy="Set a practice org up like it (`awase practice up --project`), connect to it, and prove there.",
                connection=sync.connection(side),
            )
    async with AsyncExitStack() as stack:
        copies: dict[Side, Access] = {}
        for side in SIDES:
            copies[side] = await stack.enter_async_context(_copy(call, env.sides[side]))
        return await prove(env, sync, copies)


@asynccontextmanager
async def _copy(call: Call, original: Access) -> AsyncIterator[Access]:
    """A copy in a process of its own, for as long as the block lasts."""
    assert isinstance(original.connector, Copyable)  # noqa: S101  both vendors' are
    taken = await original.transport.run(original.connector.read_copy())
    with TemporaryDirectory(prefix="awase-copy-") as name:
        folder = Path(name)
        write_closed(folder / f"{taken.vendor}.snapshot", [taken.document])
        async with (
            practice_org(taken.vendor, folder, 0, name=taken.name, seed=taken.seed) as org,
            copy_of(call.workspace(), original, org.url, credentials_of(org, without=_DATED)) as access,
        ):
            yield access


def document_of(sync: Sync, proof: Proof) -> dict[str, Any]:
    """The proof as JSON; the shares are null where there is nothing to divide."""
    return {
        "sent": proof.sent,
        "refused": proof.refused,
        "refused_by_automations": proof.automations,
        "certain": proof.certain,
        "certain_refused": proof.certain_refused,
        "precision": proof.precision,
        "recall": proof.recall,
        "certain_share": proof.coverage,
        "rules": [
            {
                "target": sync.connection(score.rule.side),
                "error_type": score.rule.error_type,
                "field": score.rule.field,
                "rule": score.rule.rule or None,
                "judged_by": "formula" if is_formula(score.rule) else "metadata",
                "certain": score.certain,
                "foreseen": score.foreseen,
                "refused_by_it": score.right,
                "refused_otherwise": score.hidden,
                "saved": score.passed,
                "not_foreseen": score.missed,
            }
            for score in proof.scores
        ],
    }


def show(call: Call, sync: Sync, proof: Proof) -> None:
    """The figures, then a line a rule: those of formulas apart, since both sides know them by the same language."""
    call.say(
        "Proof on copies: {sent} records sent, {refused} refused ({automations} more by custom code).",
        sent=f"{proof.sent:,}",
        refused=f"{proof.refused:,}",
        automations=f"{proof.automations:,}",
    )
    call.say(
        "  Certain: {certain} foreseen, of which {right} were refused ({precision})",
        certain=f"{proof.certain:,}",
        right=f"{proof.certain_refused:,}",
        precision=_share(proof.precision),
    )
    call.say(
        "  Refused: {refused}, of which {named} with the rule that refused them foreseen ({recall}), {covered} as certain ({coverage})",
        refused=f"{proof.refused:,}",
        named=f"{proof.named:,}",
        recall=_share(proof.recall),
        covered=f"{proof.covered:,}",
        coverage=_share(proof.coverage),
    )
    by_formula = [score for score in proof.scores if is_formula(score.rule)]
    _table(call, sync, [score for score in proof.scores if not is_formula(score.rule)])
    if by_formula:
        call.say("Validation rules (formulas):")
        _table(call, sync, by_formula)
    for answer in proof.surprises[:_SHOWN]:
        words = answer.error.message if answer.error is not None else ""
        call.say("Not foreseen: {words}", words=" ".join(words.split()))


def _table(call: Call, sync: Sync, scores: Sequence[Score]) -> None:
    if not scores:
        return
    table = call.table(("Written to", "Rule", "Field", "Certainty", *_COUNTED), numbers=_COUNTED)
    for score in scores:
        table.add_row(
            sync.connection(score.rule.side),
            score.rule.rule or entry(score.rule.error_type).name.in_(call.language),
            score.rule.field,
            call.t("certain") if score.certain else call.t("likely") if score.foreseen else "",
            *(f"{n:,}" for n in (score.foreseen, score.right, score.hidden, score.passed, score.missed)),
        )
    call.show(table)


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
