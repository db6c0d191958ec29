-- name: keep_schema
-- A new one, or one that was in use before.
insert into kept_schema (sync, side, digest, body, first_used, last_used)
values (%(sync)s, %(side)s, %(digest)s, %(body)s, %(now)s, %(now)s)
on conflict (sync, side, digest) do update
   set body = excluded.body, last_used = greatest(kept_schema.last_used, excluded.last_used);

-- name: forget_schemas
-- All but those used last.
delete from kept_schema
 where sync = %(sync)s and side = %(side)s
   and digest not in (
       select digest from kept_schema
        where sync = %(sync)s and side = %(side)s
        order by last_used desc, first_used desc
        limit %(most)s
   );

-- name: schemas
-- Of one side, the one used last first.
select body, first_used, last_used
  from kept_schema
 where sync = %(sync)s and side = %(side)s
 order by last_used desc, first_used desc;
