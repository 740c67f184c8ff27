-- Who may see and touch which rows of room membership.
drop policy if exists tenant_wall on membership.program;
create policy tenant_wall on membership.program
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.program_version;
create policy tenant_wall on membership.program_version
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.member;
create policy tenant_wall on membership.member
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.member_contact;
create policy tenant_wall on membership.member_contact
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.tier_change;
create policy tenant_wall on membership.tier_change
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.member_step;
create policy tenant_wall on membership.member_step
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.reward;
create policy tenant_wall on membership.reward
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.redemption;
create policy tenant_wall on membership.redemption
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.points_transaction;
create policy tenant_wall on membership.points_transaction
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.lot;
create policy tenant_wall on membership.lot
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on membership.posting;
create policy tenant_wall on membership.posting
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on membership.program, membership.program_version, membership.member, membership.member_contact, membership.tier_change,
    membership.member_step, membership.reward, membership.redemption, membership.points_transaction, membership.lot, membership.posting from hansa_app;
grant usage on schema membership to hansa_app;
grant select, insert on membership.program, membership.program_version, membership.member, membership.member_contact, membership.tier_change,
    membership.member_step, membership.reward, membership.redemption, membership.points_transaction, membership.lot, membership.posting to hansa_app;
grant update (name, points_name, rate, life_months, pending_days, window_months, downgrade, tiers, version, changed_at) on membership.program to hansa_app;
grant update (status, tier, tier_reason, tier_since, owed, version) on membership.member to hansa_app;
grant update (removed_at) on membership.member_contact to hansa_app;
grant update (state, decided_at, decided_by, decision_note) on membership.tier_change to hansa_app;
grant update (name, description, points, stock, valid_to, tiers, version) on membership.reward to hansa_app;
grant update (status, ended_at, ended_by, end_note) on membership.redemption to hansa_app;
grant update (pending, available, reserved, redeemed, expired, reversed) on membership.lot to hansa_app;
