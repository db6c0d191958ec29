-- name: server_facts
-- What of the server's state and settings decides whether data is safe with it.
select current_setting('server_version_num')::int,
       current_setting('fsync'),
       current_setting('synchronous_commit'),
       current_setting('full_page_writes'),
       current_setting('server_encoding'),
       current_setting('default_transaction_read_only'),
       pg_is_in_recovery();

-- name: create_schema
-- Everything of ours lives in one schema.
create schema if not exists awase;

-- name: create_migration_table
-- Which migrations were applied, and what they looked like.
create table if not exists awase.migration (
    number     integer primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now()
);

-- name: lock_migrations
-- One process at a time changes the schema; freed at the end of the transaction.
select pg_advisory_xact_lock(%(lock)s);

-- name: migration_table_exists
-- Whether this database was ever migrated.
select to_regclass('awase.migration') is not null;

-- name: applied_migrations
-- In order.
select number, name, checksum from awase.migration order by number;

-- name: record_migration
-- In the same transaction as the migration itself.
insert into awase.migration (number, name, checksum) values (%(number)s, %(name)s, %(checksum)s);

-- name: store_holds_data
-- Whether anything would be lost with this store.
select exists (select from awase.sync) or exists (select from awase.connection)
    or exists (select from awase.secret) or exists (select from awase.setting)
    or exists (select from awase.ledger);
