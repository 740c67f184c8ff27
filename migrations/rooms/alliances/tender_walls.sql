-- Who may see and touch tenders, bids, offers and allies.
drop policy if exists tenant_wall on alliances.tender;
create policy tenant_wall on alliances.tender
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on alliances.bid;
create policy tenant_wall on alliances.bid
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on alliances.offer;
create policy tenant_wall on alliances.offer
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

drop policy if exists tenant_wall on alliances.ally;
create policy tenant_wall on alliances.ally
    using (tenant_id = nullif(current_setting('hansa.tenant_id', true), '')::uuid);

revoke all on alliances.tender, alliances.bid, alliances.offer, alliances.ally from hansa_app;
grant select, insert on alliances.tender, alliances.bid, alliances.offer, alliances.ally to hansa_app;
grant update (account_id, changed_at) on alliances.ally to hansa_app;
grant update (state, awarded_bid_id, offered_at, closed_at, closed_why) on alliances.tender to hansa_app;
grant update (state, price, currency, reason, notes, answered_at) on alliances.bid to hansa_app;
grant update (state, price, currency, reason, notes, answered_at, answered_by, shipment_id, closed_at) on alliances.offer to hansa_app;
