-- Why a run ended early is kept as sentence and places, so that it can be told in the reader's language.
alter table run
    alter column note drop default,
    alter column note drop not null,
    alter column note type jsonb using case when note <> '' then jsonb_build_object('text', note) end;
comment on column run.note is 'code, text, where, places; null for a run that came to its end.';
