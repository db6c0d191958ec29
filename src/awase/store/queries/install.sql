-- name: connections
-- All, by name.
select name, vendor, mode, org_id, org_name, org_kind, user_name from connection order by name;

-- name: save_connection
-- Insert or replace.
insert into connection (name, vendor, mode, org_id, org_name, org_kind, user_name)
values (%(name)s, %(vendor)s, %(mode)s, %(org_id)s, %(org_name)s, %(org_kind)s, %(user)s)
on conflict (name) do update
   set vendor = excluded.vendor, mode = excluded.mode, org_id = excluded.org_id, org_name = excluded.org_name,
       org_kind = excluded.org_kind, user_name = excluded.user_name;

-- name: secret
-- Both slots.
select sealed, previous from secret where connection = %(connection)s;

-- name: save_secret
-- The one before moves to the second slot.
insert into secret (connection, sealed) values (%(connection)s, %(sealed)s)
on conflict (connection) do update set sealed = excluded.sealed, previous = secret.sealed;

-- name: reserve_calls
-- Counted before they are made.
insert into call_use (connection, lane, bucket, calls) values (%(connection)s, %(lane)s, %(bucket)s, %(calls)s)
on conflict (connection, lane, bucket) do update set calls = call_use.calls + excluded.calls;

-- name: return_calls
-- Taken from the newest buckets of the last day first, never below nothing.
with held as (
    select bucket, calls
      from call_use
     where connection = %(connection)s and lane = %(lane)s and bucket between %(oldest)s and %(now)s
     order by bucket desc
       for update
), ordered as (
    select bucket, calls, sum(calls) over (order by bucket desc) - calls as newer from held
)
update call_use u
   set calls = u.calls - least(o.calls, greatest(%(returned)s - o.newer, 0))
  from ordered o
 where u.connection = %(connection)s and u.lane = %(lane)s and u.bucket = o.bucket and o.newer < %(returned)s;

-- name: call_use
-- By lane since the oldest bucket that counts.
select lane, sum(calls)::bigint
  from call_use
 where connection = %(connection)s and bucket >= %(oldest)s
 group by lane
having sum(calls) > 0
 order by lane;

-- name: save_limit_reading
-- An older reading never replaces a newer one.
insert into vendor_limit (connection, maximum, remaining, read_at)
values (%(connection)s, %(maximum)s, %(remaining)s, %(now)s)
on conflict (connection) do update
   set maximum = excluded.maximum, remaining = excluded.remaining, read_at = excluded.read_at
 where vendor_limit.read_at <= excluded.read_at;

-- name: limit_reading
-- The vendor's own count, as last read.
select maximum, remaining, read_at from vendor_limit where connection = %(connection)s;

-- name: setting
-- One value.
select value from setting where name = %(name)s;

-- name: save_setting
-- Insert or replace.
insert into setting (name, value) values (%(name)s, %(value)s)
on conflict (name) do update set value = excluded.value;

-- name: settings
-- All, by name.
select name, value from setting order by name;
