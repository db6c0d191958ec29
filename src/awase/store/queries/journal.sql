-- name: append_batch
-- Fence, batch and its place among the open ones in one statement: one trip before each call. No row: fenced out.
with fence as (
    select 1 from sync where name = %(sync)s and epoch = %(epoch)s for share
), batch as (
    insert into journal_batch (sync, run, epoch, side, object, kind, sent_at, since, watch, links, body)
    select %(sync)s, run.id, %(epoch)s, %(side)s, %(object)s, %(kind)s, %(sent_at)s, %(since)s, %(watch)s, %(links)s::bigint[], %(body)s
      from fence, run
     where run.id = %(run)s and run.sync = %(sync)s
    returning id
), opened as (
    insert into journal_open (sync, batch) select %(sync)s, id from batch
)
select (select count(*) from fence), (select id from batch);

-- name: append_outcome
-- Fence, outcome and the rows for what was not applied. Counts: fence held, batch found with as many operations.
with fence as (
    select 1 from sync where name = %(sync)s and epoch = %(epoch)s for share
), batch as (
    select b.id
      from journal_batch b, fence
     where b.id = %(batch)s and b.sync = %(sync)s and cardinality(b.links) = %(operations)s
), outcome as (
    insert into journal_outcome (batch, at, body) select id, %(at)s, %(body)s from batch returning id
), exceptions as (
    insert into journal_exception (outcome, pos, link, state, code, detail)
    select outcome.id, e.*
      from outcome,
           unnest(%(positions)s::int[], %(links)s::bigint[], %(states)s::text[], %(codes)s::text[],
                  %(details)s::text[]) as e
)
select (select count(*) from fence), (select count(*) from outcome);

-- name: open_batches
-- Not folded yet, each with its latest outcomes.
select b.id, b.run, b.epoch, b.side, b.object, b.kind, b.sent_at, b.since, b.watch, b.body,
       (select o.body from journal_outcome o where o.batch = b.id order by o.id desc limit 1)
  from journal_open open
  join journal_batch b on b.id = open.batch
 where open.sync = %(sync)s
 order by b.id;

-- name: run_batches
-- All of a run, each with its latest outcomes.
select b.id, b.run, b.epoch, b.side, b.object, b.kind, b.sent_at, b.since, b.watch, b.body,
       (select o.body from journal_outcome o where o.batch = b.id order by o.id desc limit 1)
  from journal_batch b
 where b.run = %(run)s
 order by b.id;

-- name: fold_batches
-- Their effects are contained in the settlement of this transaction.
delete from journal_open where sync = %(sync)s and batch = any(%(batches)s::bigint[]);
