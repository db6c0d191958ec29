-- name: known_opt_outs
-- What the ledger already says about these links and addresses.
select link, address_key, state, scope, source
  from ledger
 where sync = %(sync)s and (link = any(%(links)s::bigint[]) or address_key = any(%(addresses)s::bigint[]));

-- name: lock_ledger
-- One appender at a time; readers go on.
lock table ledger in share row exclusive mode;

-- name: last_ledger_line
-- Number and hash of the end of the chain.
select seq, hash from ledger order by seq desc limit 1;

-- name: append_ledger
-- Lines whose hashes were computed under the lock.
insert into ledger (sync, seq, link, address_key, state, scope, source, at, hash)
select %(sync)s, *
  from unnest(%(seqs)s::bigint[], %(links)s::bigint[], %(addresses)s::bigint[], %(states)s::text[],
              %(scopes)s::text[], %(sources)s::text[], %(times)s::timestamptz[], %(hashes)s::bytea[]);

-- name: links_out
-- Which of these links are out.
select distinct link from ledger where sync = %(sync)s and link = any(%(links)s::bigint[]);

-- name: addresses_out
-- Which of these addresses are out.
select distinct address_key from ledger where sync = %(sync)s and address_key = any(%(addresses)s::bigint[]);

-- name: ledger_lines
-- A stretch of the chain, in order.
select seq, sync, link, address_key, state, scope, source, at, hash
  from ledger
 where seq > %(after)s
 order by seq
 limit %(limit)s;
