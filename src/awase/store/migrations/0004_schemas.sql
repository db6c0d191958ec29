-- How both sides' objects, fields and rules were when runs last used them: a change of settings is seen against that.
create table kept_schema (
    sync       text collate "C" not null,
    side       text collate "C" not null check (side in ('ma', 'crm')),
    digest     text collate "C" not null,
    body       bytea not null,
    first_used timestamptz not null,
    last_used  timestamptz not null,
    primary key (sync, side, digest)
);
comment on table kept_schema is 'A few past schemas of each side of each sync, the one of the newest run among them.';
