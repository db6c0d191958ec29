-- name: set_password
-- Already in the form the server keeps, so that no log can hold the password itself.
alter role {user} password {password};

-- name: reload
-- Read pg_hba.conf again.
select pg_reload_conf();

-- name: database_exists
-- A row if there is one of that name.
select 1 from pg_database where datname = %(name)s;

-- name: create_database
-- In the encoding the store asks for, whatever the machine's locale.
create database {name} encoding 'UTF8' template template0;
