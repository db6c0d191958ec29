-- name: links_of_ma
-- Links that hold one of these records of the marketing-automation side.
select id, key, state, ma_object, ma_id, crm_object, crm_id, gone
  from link
 where sync = %(sync)s and ma_object = %(object)s and ma_id = any(%(ids)s::text[])
 order by id;

-- name: links_of_crm
-- Links that hold one of these records of the CRM side.
select id, key, state, ma_object, ma_id, crm_object, crm_id, gone
  from link
 where sync = %(sync)s and crm_object = %(object)s and crm_id = any(%(ids)s::text[])
 order by id;

-- name: links_by_id
-- These links.
select id, key, state, ma_object, ma_id, crm_object, crm_id, gone
  from link
 where sync = %(sync)s and id = any(%(ids)s::bigint[])
 order by id;

-- name: links_after
-- Linked ones, in order, from after a number on.
select id, key, state, ma_object, ma_id, crm_object, crm_id, gone
  from link
 where sync = %(sync)s and id > %(after)s and state = 'linked'
 order by id
 limit %(limit)s;

-- name: links_by_match
-- Links under one of these hashed match keys.
select m.key, m.object, l.id, l.key, l.state, l.ma_object, l.ma_id, l.crm_object, l.crm_id, l.gone
  from match_key m
  join link l on l.sync = m.sync and l.id = m.link
 where m.sync = %(sync)s and m.side = %(side)s and m.key = any(%(keys)s::bigint[])
 order by m.key, m.object, l.id;

-- name: bases
-- What these links last agreed on.
select link, ma, ma_hash, crm, crm_hash
  from base
 where sync = %(sync)s and link = any(%(links)s::bigint[])
 order by link;

-- name: link_count
-- Links by state.
select state, count(*) from link where sync = %(sync)s group by state order by state;

-- name: cursors
-- Up to where each object was read.
select side, object, value from cursor where sync = %(sync)s order by side, object;

-- name: store_links
-- Insert, or replace by id.
insert into link (sync, id, key, state, ma_object, ma_id, crm_object, crm_id, gone)
select %(sync)s, *
  from unnest(%(ids)s::bigint[], %(keys)s::text[], %(states)s::text[], %(ma_objects)s::text[], %(ma_ids)s::text[],
              %(crm_objects)s::text[], %(crm_ids)s::text[], %(gone)s::text[])
on conflict (sync, id) do update
   set key = excluded.key, state = excluded.state, ma_object = excluded.ma_object, ma_id = excluded.ma_id,
       crm_object = excluded.crm_object, crm_id = excluded.crm_id, gone = excluded.gone;

-- name: store_bases
-- A side that is null leaves the stored side as it is.
insert into base (sync, link, ma, ma_hash, crm, crm_hash)
select %(sync)s, *
  from unnest(%(links)s::bigint[], %(mas)s::bytea[], %(ma_hashes)s::bigint[], %(crms)s::bytea[],
              %(crm_hashes)s::bigint[])
on conflict (sync, link) do update
   set ma = coalesce(excluded.ma, base.ma),
       ma_hash = case when excluded.ma is null then base.ma_hash else excluded.ma_hash end,
       crm = coalesce(excluded.crm, base.crm),
       crm_hash = case when excluded.crm is null then base.crm_hash else excluded.crm_hash end;

-- name: drop_matches
-- All entries of each (link, side) that gets new ones.
delete from match_key m
 using unnest(%(links)s::bigint[], %(sides)s::text[]) as owner (link, side)
 where m.sync = %(sync)s and m.link = owner.link and m.side = owner.side;

-- name: store_matches
-- The new entries; one that is named twice is one.
insert into match_key (sync, link, side, object, key)
select %(sync)s, *
  from unnest(%(links)s::bigint[], %(sides)s::text[], %(objects)s::text[], %(keys)s::bigint[])
on conflict do nothing;

-- name: store_cursors
-- Insert or move.
insert into cursor (sync, side, object, value)
select %(sync)s, * from unnest(%(sides)s::text[], %(objects)s::text[], %(values)s::text[])
on conflict (sync, side, object) do update set value = excluded.value;
