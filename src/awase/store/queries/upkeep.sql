-- name: begin_snapshot
-- All tables as of one moment, and nothing written.
set transaction isolation level repeatable read, read only;

-- name: tables
-- Our tables with their columns in order; a partitioned table counts as one.
select c.relname, array_agg(a.attname::text order by a.attnum)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where n.nspname = 'awase' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration'
 group by c.relname
 order by c.relname;

-- name: copy_out
-- One table's rows as text; names come from the catalogue, quoted.
copy (select {columns} from awase.{table}) to stdout;

-- name: copy_in
-- The same rows back.
copy awase.{table} ({columns}) from stdin;

-- name: current_epochs
-- Of a store about to be replaced: what its running processes hold.
select name, epoch from awase.sync;

-- name: drop_everything
-- Only inside the transaction that puts the backup in its place.
drop schema if exists awase cascade;

-- name: impatient
-- Do not wait for ever for somebody who still uses the store.
set local lock_timeout = '10s';

-- name: without_foreign_keys
-- Tables come in alphabetical order, so the references are dropped first …
alter table awase.{table} drop constraint {constraint};

-- name: foreign_keys
-- Every reference between our tables, with the text that makes it again.
select c.relname, k.conname, pg_get_constraintdef(k.oid)
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = 'awase' and k.contype = 'f'
 order by c.relname, k.conname;

-- name: with_foreign_keys
-- … and made again, which checks them.
alter table awase.{table} add constraint {constraint} {definition};

-- name: outdate_epochs
-- A process that still holds a claim on the store replaced must not be able to write into the restored one.
update awase.sync s
   set epoch = greatest(s.epoch, coalesce(o.epoch, 0)) + 1
  from awase.sync t
  left join unnest(%(names)s::text[], %(epochs)s::bigint[]) as o (name, epoch) on o.name = t.name
 where t.name = s.name;

-- name: keep_epochs
-- Syncs that the backup does not know, so that an old claim on them stays outdated.
insert into awase.sync (name, epoch)
select name, epoch + 1 from unnest(%(names)s::text[], %(epochs)s::bigint[]) as o (name, epoch)
on conflict (name) do nothing;

-- name: continue_numbers
-- Numbers given from now on come after those restored.
select setval(pg_get_serial_sequence('awase.' || t.name, 'id'), coalesce(t.last, 0) + 1, false)
  from (select 'run' as name, max(id) as last from awase.run
        union all select 'journal_batch', max(id) from awase.journal_batch
        union all select 'journal_outcome', max(id) from awase.journal_outcome
        union all select 'item_history', max(id) from awase.item_history) as t;

-- name: observe_only
-- Writing stays off until a person lifts it.
insert into awase.setting (name, value) values ('observe_only', %(reason)s)
on conflict (name) do update set value = excluded.value;

-- name: take_claim_lock_for_now
-- The lock of a run, until the end of this transaction.
select pg_try_advisory_xact_lock(%(lock)s);
