-- What the operator changes of a tenant is held against its version, as every change of a noun is.
alter table identity.tenant add column version integer not null default 1;
comment on column identity.tenant.version is 'Counts changes by the operator, for If-Match.';
