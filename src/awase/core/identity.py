"""Who is who: pairing records of the two systems, and naming what cannot be paired.

In order: the key we wrote ourselves, the CRM id kept on the MA record, then the match key (a folded e-mail address),
a Contact before an unconverted Lead. Only ties wait for a person (several records of one object with the same
address, several that name the same partner); nothing is ever guessed.

Both sides come in as frames of *entries*, one row a record:

    _link Int64 (null: not known yet) · _object String · _id String · _linked Boolean (has its partner already)
    _own String      the key a record created from this one would carry
    _key String      the key found on the record
    _match Int64     hash of its match key (null: none)
    and on the MA side  _points String  "object:id" of the CRM record named on it (null: none)
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from awase.core.mapping import MatchAs
from awase.core.values import company_key, domain_key, hash64, match_key

ENTRY_SCHEMA: dict[str, pl.DataType] = {
    "_link": pl.Int64(),
    "_object": pl.String(),
    "_id": pl.String(),
    "_linked": pl.Boolean(),
    "_own": pl.String(),
    "_key": pl.String(),
    "_match": pl.Int64(),
    "_points": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Matches:
    pairs: pl.DataFrame
    """``_ma_id``, ``_crm_object``, ``_crm_id``, ``_how`` (key, pointer, match): newly found, one row a pair."""
    ambiguous: pl.DataFrame
    """``_side``, ``_object``, ``_id``, ``_others`` (List of "object:id"): waits for a person."""
    twins: pl.DataFrame
    """``_side``, ``_object``, ``_id``: the person is linked through a preferred record; this one stays out."""


def own_key(org: str, object: str, id: str) -> str:
    """The key of a record created for record ``id`` of ``object`` in ``org``: readable, the same every time."""
    return f"{org}:{object}:{id}"


def link_id(key: str) -> int:
    return hash64(key.encode())


_FOLDS = {MatchAs.TEXT: match_key, MatchAs.DOMAIN: domain_key, MatchAs.COMPANY: company_key}


def hashed_match_key(text: str | None, how: MatchAs = MatchAs.TEXT) -> int | None:
    """What a record is found by: the hash of its folded identifying value; None where it has none."""
    folded = _FOLDS[how](text)
    return None if folded is None else hash64(folded.encode())


def match(
    ma: pl.DataFrame, crm: pl.DataFrame, preference: tuple[str, ...], significant: int | None
) -> Matches:
    """Pair the entries of both sides that have no partner yet. ``significant``: how much of a CRM id is compared."""
    rank = {name: i for i, name in enumerate(preference)}
    crm = crm.with_columns(
        pl.col("_object").replace_strict(rank, default=len(rank), return_dtype=pl.Int32).alias("_rank")
    )
    keyed, ties = _certain(_by_key(ma, crm))
    ma, crm = _marked(ma, crm, "_linked", keyed)
    pointed, ties = _certain(pl.concat([ties, _by_pointer(ma, crm, significant)]))
    ma, crm = _marked(ma, crm, "_linked", pointed)
    ma, crm = _marked(ma.with_columns(_NO_TIE), crm.with_columns(_NO_TIE), "_tied", ties)
    paired, ambiguous, twins = _by_match(ma, crm)
    ambiguous = pl.concat([_tied_rows(ma, ties), ambiguous])
    ambiguous = ambiguous.unique(["_side", "_object", "_id"], keep="first", maintain_order=True)
    twins = twins.join(ambiguous, on=["_side", "_object", "_id"], how="anti", maintain_order="left")
    return Matches(pl.concat([keyed, pointed, paired]), ambiguous, twins)


_NO_TIE = pl.lit(value=False).alias("_tied")


def _certain(found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs whose records stand in no other pair, and the others: one record named by two is nobody's to choose."""
    found = found.unique(["_ma_id", "_crm_object", "_crm_id"], keep="first", maintain_order=True)
    alone = (pl.len().over("_ma_id") == 1) & (pl.len().over("_crm_object", "_crm_id") == 1)
    found = found.with_columns(alone.alias("_alone"))
    return found.filter("_alone").drop("_alone"), found.filter(~pl.col("_alone")).drop("_alone")


def _marked(
    ma: pl.DataFrame, crm: pl.DataFrame, flag: str, pairs: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both sides' entries with the Boolean ``flag`` set on those that stand in ``pairs``."""
    here = pl.lit(value=True).alias("_here")
    mine = pairs.select(pl.col("_ma_id").alias("_id"), here).unique()
    theirs = pairs.select(
        pl.col("_crm_object").alias("_object"), pl.col("_crm_id").alias("_id"), here
    ).unique()
    set_flag = (pl.col(flag) | pl.col("_here").fill_null(value=False)).alias(flag)
    return (
        ma.join(mine, on="_id", how="left", maintain_order="left").with_columns(set_flag).drop("_here"),
        crm.join(theirs, on=["_object", "_id"], how="left", maintain_order="left")
        .with_columns(set_flag)
        .drop("_here"),
    )


def _tied_rows(ma: pl.DataFrame, ties: pl.DataFrame) -> pl.DataFrame:
    """The records of ``ties`` as ambiguous rows, each with those it could belong to."""
    named = ties.join(
        ma.select(pl.col("_id").alias("_ma_id"), pl.col("_object").alias("_ma_object")),
        on="_ma_id",
        how="inner",
        maintain_order="left",
    )
    sides = []
    for side, other in (("ma", "crm"), ("crm", "ma")):
        name = pl.concat_str(f"_{other}_object", pl.lit(":"), f"_{other}_id").alias("_others")
        grouped = named.group_by(f"_{side}_object", f"_{side}_id", maintain_order=True).agg(name)
        sides.append(
            grouped.select(
                pl.lit(side).alias("_side"),
                pl.col(f"_{side}_object").alias("_object"),
                pl.col(f"_{side}_id").alias("_id"),
                "_others",
            )
        )
    return pl.concat(sides)


def _by_key(ma: pl.DataFrame, crm: pl.DataFrame) -> pl.DataFrame:
    ma_free, crm_free = ma.filter(~pl.col("_linked")), crm.filter(~pl.col("_linked"))
    from_ma = ma_free.join(crm_free, left_on="_own", right_on="_key", how="inner", maintain_order="left")
    from_crm = ma_free.join(crm_free, left_on="_key", right_on="_own", how="inner", maintain_order="left")
    return pl.concat([_named(from_ma, "key"), _named(from_crm, "key")])


def _by_pointer(ma: pl.DataFrame, crm: pl.DataFrame, significant: int | None) -> pl.DataFrame:
    def shortened(name: str) -> pl.Expr:
        return pl.col(name) if significant is None else pl.col(name).str.slice(0, significant)

    ma_free = (
        ma.filter(~pl.col("_linked") & pl.col("_points").is_not_null())
        .with_columns(
            pl.col("_points")
            .str.split_exact(":", 1)
            .struct.rename_fields(["_to_object", "_to_id"])
            .alias("_to")
        )
        .unnest("_to")
    )
    crm_free = crm.filter(~pl.col("_linked"))
    joined = (
        ma_free.with_columns(shortened("_to_id").alias("_short"))
        .join(
            crm_free.with_columns(shortened("_id").alias("_short")),
            left_on=["_to_object", "_short"],
            right_on=["_object", "_short"],
            how="inner",
            maintain_order="left",
        )
        .with_columns(pl.col("_to_object").alias("_object_right"))
    )
    return _named(joined, "pointer")


def _named(joined: pl.DataFrame, how: str) -> pl.DataFrame:
    return joined.select(
        pl.col("_id").alias("_ma_id"),
        pl.col("_object_right").alias("_crm_object"),
        pl.col("_id_right").alias("_crm_id"),
        pl.lit(how).alias("_how"),
    )


def _by_match(ma: pl.DataFrame, crm: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Pairs, ambiguous and twins by match key. A key's best CRM object is the most preferred one that has it."""
    ma = ma.filter(pl.col("_match").is_not_null())
    crm = crm.filter(pl.col("_match").is_not_null())
    best = crm.with_columns(pl.col("_rank").min().over("_match").alias("_best"))
    first = best.filter(pl.col("_rank") == pl.col("_best"))
    crm_groups = first.group_by("_match", maintain_order=True).agg(
        pl.len().alias("_crm_n"),
        pl.col("_linked").any().alias("_crm_linked"),
        pl.col("_tied").any().alias("_crm_tied"),
        pl.col("_object").first().alias("_crm_object"),
        pl.col("_id").first().alias("_crm_id"),
        pl.concat_str("_object", pl.lit(":"), "_id").alias("_crm_names"),
    )
    ma_groups = ma.group_by("_match", maintain_order=True).agg(
        pl.len().alias("_ma_n"),
        pl.col("_linked").any().alias("_ma_linked"),
        pl.col("_tied").any().alias("_ma_tied"),
        pl.col("_id").first().alias("_ma_id"),
        pl.concat_str("_object", pl.lit(":"), "_id").alias("_ma_names"),
    )
    groups = ma_groups.join(crm_groups, on="_match", how="full", coalesce=True, maintain_order="left_right")
    ma_n, crm_n = pl.col("_ma_n").fill_null(0), pl.col("_crm_n").fill_null(0)
    ma_linked, crm_linked = (
        pl.col("_ma_linked").fill_null(value=False),
        pl.col("_crm_linked").fill_null(value=False),
    )
    tied = pl.col("_ma_tied").fill_null(value=False) | pl.col("_crm_tied").fill_null(value=False)
    groups = groups.with_columns(
        # One on each side, both free: a pair. A person linked on both sides already needs nothing more here.
        ((ma_n == 1) & (crm_n == 1) & ~ma_linked & ~crm_linked & ~tied).alias("_pair"),
        (((ma_n > 1) | (crm_n > 1) | tied) & ~ma_linked & ~crm_linked).alias("_tie"),
        (ma_linked & ~crm_linked).alias("_crm_twin"),
        ((crm_linked | ma_linked) & (ma_n > 0)).alias("_crowded"),
    )
    pairs = groups.filter("_pair").select("_ma_id", "_crm_object", "_crm_id", pl.lit("match").alias("_how"))
    return pairs, _ambiguous(ma, first, groups), _twins(best, groups)


def _ambiguous(ma: pl.DataFrame, crm: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    ties = groups.filter("_tie")
    names = ties.select(
        "_match",
        pl.concat_list(pl.col("_ma_names").fill_null([]), pl.col("_crm_names").fill_null([])).alias(
            "_others"
        ),
    )
    # Somebody with the same address is linked already: a free MA record would make a second of the same person, or
    # share a CRM record. A person decides.
    crowded = groups.filter("_crowded").select(
        "_match",
        pl.concat_list(pl.col("_ma_names").fill_null([]), pl.col("_crm_names").fill_null([])).alias(
            "_others"
        ),
    )
    ma_rows = ma.filter(~pl.col("_linked")).join(
        pl.concat([names, crowded]), on="_match", how="inner", maintain_order="left"
    )
    crm_rows = crm.filter(~pl.col("_linked")).join(names, on="_match", how="inner", maintain_order="left")
    return pl.concat(
        [
            ma_rows.select(pl.lit("ma").alias("_side"), "_object", "_id", "_others"),
            crm_rows.select(pl.lit("crm").alias("_side"), "_object", "_id", "_others"),
        ]
    )


def _twins(crm: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Free CRM records of a person who is, or will be, known through another record of the same address."""
    settled = groups.filter(
        pl.col("_pair") | pl.col("_crm_twin") | pl.col("_crm_linked").fill_null(value=False)
    )
    chosen = groups.filter("_pair").select("_crm_object", "_crm_id", pl.lit(value=True).alias("_chosen"))
    free = crm.filter(~pl.col("_linked"))
    second_choice = free.filter(pl.col("_rank") != pl.col("_best"))
    first_choice = free.filter(pl.col("_rank") == pl.col("_best")).join(
        settled.select("_match"), on="_match", how="semi", maintain_order="left"
    )
    return (
        pl.concat([second_choice, first_choice])
        .join(
            chosen,
            left_on=["_object", "_id"],
            right_on=["_crm_object", "_crm_id"],
            how="left",
            maintain_order="left",
        )
        .filter(pl.col("_chosen").is_null())
        .select(pl.lit("crm").alias("_side"), "_object", "_id")
    )
