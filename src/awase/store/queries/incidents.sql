-- name: raise_incident
-- A new one, or the open one of the same subject and code seen again.
insert into incident as known (subject, code, note, affected, opened, last_seen)
values (%(subject)s, %(code)s, %(note)s::jsonb, %(affected)s, %(now)s, %(now)s)
on conflict (subject, code) where closed_at is null do update
   set note = excluded.note, affected = excluded.affected, last_seen = excluded.last_seen;

-- name: end_incidents
-- Of this subject, all that are open.
update incident set closed_at = %(now)s where subject = %(subject)s and closed_at is null;

-- name: incidents
-- Newest first; the open ones, or all.
select id, subject, code, note::text, affected, opened, last_seen, closed_at
  from incident
 where not %(open_only)s or closed_at is null
 order by id desc
 limit %(limit)s;
