-- name: errors
-- Open items of some kinds, newest first.
select link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail::text,
       context, retry, first_seen, last_seen, attempts, run
  from item
 where kind = any(%(kinds)s::text[])
   and (%(sync)s::text is null or sync = %(sync)s)
   and (%(code)s::text is null or code = %(code)s)
 order by last_seen desc, link, side, kind, code, field, occasion
 limit %(limit)s;

-- name: error_counts
-- Open items of some kinds, by what went wrong.
select code, count(*)
  from item
 where kind = any(%(kinds)s::text[]) and (%(sync)s::text is null or sync = %(sync)s)
 group by code
 order by count(*) desc, code;

-- name: conflicts
-- Conflicts, waiting and settled, newest first.
select link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail::text,
       context, retry, first_seen, last_seen, attempts, run
  from item
 where kind in ('conflict', 'settled') and (%(sync)s::text is null or sync = %(sync)s)
 order by last_seen desc, link, side, kind, code, field, occasion
 limit %(limit)s;

-- name: find_links
-- Links by a record's id, by key or by a hashed match key.
select s.name, found.*
  from sync s
 cross join lateral (
    select id, key, state, ma_object, ma_id, crm_object, crm_id, gone from link where sync = s.name and key = %(text)s
    union
    select id, key, state, ma_object, ma_id, crm_object, crm_id, gone from link where sync = s.name and ma_id = %(text)s
    union
    select id, key, state, ma_object, ma_id, crm_object, crm_id, gone from link where sync = s.name and crm_id = %(text)s
    union
    select l.id, l.key, l.state, l.ma_object, l.ma_id, l.crm_object, l.crm_id, l.gone
      from match_key m
      join link l on l.sync = m.sync and l.id = m.link
     where m.sync = s.name and m.side in ('ma', 'crm') and m.key = %(match)s::bigint
 ) as found
 where %(sync)s::text is null or s.name = %(sync)s
 order by s.name, found.id
 limit 50;

-- name: closed_items
-- What stood against agreement on one link once, newest first.
select link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail::text,
       context, retry, first_seen, last_seen, attempts, run, closed_at
  from item_history
 where sync = %(sync)s and link = %(link)s
 order by closed_at desc, id desc
 limit 100;

-- name: batches_touching
-- Journal batches that had something to do with one link, newest first.
select b.id, b.run, b.epoch, b.side, b.object, b.kind, b.sent_at, b.since, b.watch, b.body,
       (select o.body from journal_outcome o where o.batch = b.id order by o.id desc limit 1)
  from journal_batch b
 where b.links @> array[%(link)s::bigint] and b.sync = %(sync)s
 order by b.id desc
 limit 100;

-- name: ledger_of
-- Opt-outs of one link, and of the addresses under which it can be found.
select seq, sync, link, address_key, state, scope, source, at, hash
  from ledger
 where sync = %(sync)s
   and (link = %(link)s
        or address_key in (select key from match_key m where m.sync = %(sync)s and m.link = %(link)s))
 order by seq;

-- name: error_groups
-- Open items of some kinds: by type with side and source, by type alone, and in all; records counted apart.
select error_type, side, source, count(*), count(distinct link)
  from item
 where kind = any(%(kinds)s::text[]) and sync = %(sync)s
 group by grouping sets ((error_type, side, source), (error_type), ())
 order by count(*) desc, error_type, side, source;

-- name: kind_counts
-- Open items by kind.
select kind, count(*) from item where sync = %(sync)s group by kind order by kind;
