-- name: open_items
-- Of these links, or of all when none are named.
select link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail::text,
       context, retry, first_seen, last_seen, attempts, run
  from item
 where sync = %(sync)s and (%(links)s::bigint[] is null or link = any(%(links)s::bigint[]))
 order by link, side, kind, code, field, occasion;

-- name: items_to_retry
-- Marked for another try, or found under another schema or mapping.
select link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail::text,
       context, retry, first_seen, last_seen, attempts, run
  from item
 where sync = %(sync)s and (retry or context <> %(context)s)
 order by link, side, kind, code, field, occasion;

-- name: mark_for_retry
-- Of these links, of one type, or all: the next run looks at them as if nothing were known.
update item
   set retry = true, context = ''
 where sync = %(sync)s and kind not in ('settled', 'skipped')
   and (%(links)s::bigint[] is null or link = any(%(links)s::bigint[]))
   and (%(error_type)s::text is null or error_type = %(error_type)s)
returning link;

-- name: close_items
-- Moves open items of the cleared links to the history, except those found again and conflicts a rule has settled.
with kept as (
    select * from unnest(%(links)s::bigint[], %(sides)s::text[], %(kinds)s::text[], %(codes)s::text[],
                         %(fields)s::text[], %(occasions)s::text[])
           as k (link, side, kind, code, field, occasion)
), closed as (
    delete from item i
     where i.sync = %(sync)s and i.link = any(%(cleared)s::bigint[]) and i.kind <> 'settled'
       and not exists (select from kept k where k.link = i.link and k.side = i.side and k.kind = i.kind
                                            and k.code = i.code and k.field = i.field and k.occasion = i.occasion)
    returning *
)
insert into item_history (
    sync, link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail,
    context, retry, first_seen, last_seen, attempts, run, closed_at)
select sync, link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail,
       context, retry, first_seen, last_seen, attempts, run, %(now)s
  from closed;

-- name: store_items
-- New ones open; the ones known are refreshed, with one attempt more.
insert into item as known (
    sync, link, side, kind, code, field, occasion, error_type, source, record, label, value, other_value, message, detail,
    context, retry, first_seen, last_seen, attempts, run)
select %(sync)s, found.*, %(now)s, %(now)s, 1, %(run)s
  from unnest(%(links)s::bigint[], %(sides)s::text[], %(kinds)s::text[], %(codes)s::text[], %(fields)s::text[],
              %(occasions)s::text[], %(error_types)s::text[], %(sources)s::text[], %(records)s::text[], %(labels)s::text[],
              %(values)s::text[], %(other_values)s::text[], %(messages)s::text[], %(details)s::jsonb[],
              %(contexts)s::text[], %(retries)s::boolean[]) as found
on conflict (sync, link, side, kind, code, field, occasion) do update
   set error_type = excluded.error_type, source = excluded.source, record = excluded.record,
       label = excluded.label, value = excluded.value, other_value = excluded.other_value,
       message = excluded.message, detail = excluded.detail, context = excluded.context, retry = excluded.retry,
       last_seen = excluded.last_seen, attempts = known.attempts + 1, run = excluded.run;
