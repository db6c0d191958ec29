-- name: take_claim_lock
-- Held by the session until it ends, however it ends.
select pg_try_advisory_lock(%(lock)s);

-- name: raise_epoch
-- Waits for transactions of the epoch before, which hold the row for share.
insert into sync (name, epoch) values (%(sync)s, 1)
on conflict (name) do update set epoch = sync.epoch + 1
returning epoch;

-- name: fence
-- A row if the epoch is still the current one; it stays so until the transaction ends.
select 1 from sync where name = %(sync)s and epoch = %(epoch)s for share;

-- name: interrupt_runs
-- Runs that a dead process left running.
update run set state = 'interrupted', ended = %(now)s where sync = %(sync)s and state = 'running';

-- name: start_run
-- A new run and its number.
insert into run (sync, kind, started) values (%(sync)s, %(kind)s, %(now)s) returning id;

-- name: finish_run
-- Replaces all facts of a run of this sync.
update run
   set kind = %(kind)s, started = %(started)s, ended = %(ended)s, state = %(state)s, sides = %(sides)s::jsonb,
       conflicts = %(conflicts)s, calls = %(calls)s::jsonb, note = %(note)s::jsonb
 where id = %(id)s and sync = %(sync)s
returning id;

-- name: newest_runs
-- Of one sync, or of all.
select id, sync, kind, started, ended, state, sides::text, conflicts, calls::text, note::text
  from run
 where %(sync)s::text is null or sync = %(sync)s
 order by id desc
 limit %(limit)s;
