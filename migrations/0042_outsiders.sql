-- What people and systems of customers and partners need for their day: keys that reach an account or a partner, administrators among
-- themselves, a scope to tell that something went wrong, and the phone of who looks after them (decision 0047).

alter table identity.app_user
    add column phone text,
    add constraint app_user_phone_form check (length(phone) between 3 and 60 and core.is_line(phone));
comment on column identity.app_user.phone is 'At work; told to the customers and partners whose accounts the person looks after.';

alter table identity.api_key
    add column reach text not null default 'TENANT',
    add column account_id uuid,
    add constraint api_key_account foreign key (tenant_id, account_id) references crm.account (tenant_id, account_id),
    add constraint api_key_reach_known check (reach in ('TENANT', 'ACCOUNT', 'PARTNER')),
    add constraint api_key_account_fits check ((account_id is not null) = (reach <> 'TENANT'));
create index api_key_by_account on identity.api_key (tenant_id, account_id) where account_id is not null;
comment on column identity.api_key.reach is 'How far it reaches, as a grant says it of a person: the tenant, an account as its customer, an account as the partner who carries.';

update identity.built_in_role b
   set scopes = b.scopes || n.scopes
  from (values ('customer', '{tracking:raise,crm:read}'::text[]), ('partner', '{tracking:raise,crm:read,partners:read}')) n (role, scopes)
 where b.role = n.role;
insert into identity.built_in_role (role, name, audience, scopes)
select b.role || '_admin', b.name || '''s administrator', b.audience, b.scopes || '{identity:read,identity:write}'
  from identity.built_in_role b
 where b.role in ('customer', 'partner');

-- The walls ask for one tenant at a time, also of the owner of the tables; a migration has none.
alter table identity.role no force row level security;
alter table identity.api_key no force row level security;
update identity.role r set scopes = b.scopes
  from identity.built_in_role b
 where r.is_built_in and r.role = b.role and b.role in ('customer', 'partner');
insert into identity.role (tenant_id, role, name, audience, scopes, is_built_in)
select t.tenant_id, b.role, b.name, b.audience, b.scopes, true
  from identity.built_in_role b
 cross join (select distinct r.tenant_id from identity.role r where r.is_built_in) t
 where b.role in ('customer_admin', 'partner_admin')
    on conflict (tenant_id, role) do nothing;
-- Whoever could open an exception by hand goes on to: until now that was part of orders:write.
update identity.role r set scopes = r.scopes || '{tracking:raise}'
 where not r.is_built_in and r.audience = 'STAFF' and r.scopes && '{orders:write,orders:*,*:write}' and not r.scopes && '{*,*:*,tracking:*}'
   and cardinality(r.scopes) < 40;
update identity.api_key k set scopes = k.scopes || '{tracking:raise}'
 where k.scopes && '{orders:write,orders:*,*:write}' and not k.scopes && '{*,*:*,tracking:*}' and cardinality(k.scopes) < 40;
alter table identity.role force row level security;
alter table identity.api_key force row level security;
