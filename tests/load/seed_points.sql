-- A program in each of the benchmark's tenants, every account an active member with one lot of a milliard points, as
-- membership.points_earn would have left it. Member a of tenant t: 00000000-0000-7000-8100-000000<t><a>, three digits each.
--
-- psql variables: tenants
set client_min_messages = warning;
set session_replication_role = replica;
set synchronous_commit = off;

insert into membership.program (tenant_id, program_id, name, points_name, earn_basis, earn_currency, rate, life_months)
select t.id, t.id, 'Load', 'points', 'SPEND', 'EUR', 1, 24
  from identity.tenant t where t.slug ~ '^load-[0-9]{3}$';

create unlogged table public.load_member as
select a.tenant_id, a.account_id,
       ('00000000-0000-7000-8100-000000' || right(a.tenant_id::text, 3) || lpad((substr(a.customer_code, 2)::integer - 10000)::text, 3, '0'))::uuid as member_id
  from crm.account a
  join identity.tenant t on t.id = a.tenant_id and t.slug ~ '^load-[0-9]{3}$';

insert into membership.member (tenant_id, member_id, program_id, account_id, status)
select m.tenant_id, m.member_id, m.tenant_id, m.account_id, 'ACTIVE' from public.load_member m order by m.member_id;
insert into membership.points_transaction (tenant_id, transaction_id, member_id, kind, points, reason, program_version, at)
select m.tenant_id, m.member_id, m.member_id, 'EARN', 1000000000, 'Load', 1, now() from public.load_member m order by m.member_id;
insert into membership.lot (tenant_id, lot_id, member_id, transaction_id, points, available, earned_at, available_at, expires_at)
select m.tenant_id, m.member_id, m.member_id, m.member_id, 1000000000, 1000000000, now(), now(), now() + interval '2 years'
  from public.load_member m order by m.member_id;
insert into membership.posting (tenant_id, transaction_id, lot_id, from_state, to_state, points)
select m.tenant_id, m.member_id, m.member_id, 'EARNED', 'AVAILABLE', 1000000000 from public.load_member m order by m.member_id;
drop table public.load_member;
