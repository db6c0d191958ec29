-- name: exclude
-- Insert, or give the reason anew.
insert into exclusion (sync, link, reason, at) values (%(sync)s, %(link)s, %(reason)s, %(now)s)
on conflict (sync, link) do update set reason = excluded.reason;

-- name: include
-- No longer kept out.
delete from exclusion where sync = %(sync)s and link = %(link)s returning link;

-- name: exclusions
-- Everybody kept out, by link.
select link, reason from exclusion where sync = %(sync)s order by link;
