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

-- name: create_guest_schema
-- Another project's tables live apart from ours: they are neither backed up nor restored with them.
create schema if not exists {schema};

-- name: create_guest_steps
-- Which of its steps this database has seen.
create table if not exists {schema}.awase_step (
    name       text collate "C" primary key,
    applied_at timestamptz not null default now()
);

-- name: guest_steps
-- In order.
select name from {schema}.awase_step order by name;

-- name: enter_guest_schema
-- Its code names no schema.
set local search_path to {schema};

-- name: record_guest_step
-- In the same transaction as the step itself.
insert into {schema}.awase_step (name) values (%(name)s);
