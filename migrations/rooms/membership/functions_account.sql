-- Statements of account: what a member has, lot by lot, and how it came and went.

create or replace function membership.transaction_document(p_tenant uuid, p_transaction uuid) returns json
    language plpgsql stable
    as $$
begin
    return (select json_build_object(
                'transaction_id', t.transaction_id, 'kind', t.kind, 'points', t.points, 'owed', t.owed, 'reason', t.reason,
                'program_version', t.program_version, 'order_id', t.order_id, 'redemption_id', t.redemption_id, 'reverses_id', t.reverses_id,
                'at', core.rfc3339(t.at),
                'lots', (select coalesce(json_agg(json_build_object('lot_id', p.lot_id, 'from', p.from_state, 'to', p.to_state, 'points', p.points)
                                                  order by p.lot_id, p.from_state), '[]'::json)
                           from membership.posting p where p.tenant_id = p_tenant and p.transaction_id = p_transaction))
              from membership.points_transaction t
             where t.tenant_id = p_tenant and t.transaction_id = p_transaction);
end $$;
comment on function membership.transaction_document(uuid, uuid) is 'A movement of points as replies show it.';

-- As the lots are at this moment: also what no write has brought up to date yet.
create or replace function membership.points_document(p_tenant uuid, p_member membership.member) returns json
    language plpgsql stable
    as $$
begin
    return (
        with lot as (
            select l.lot_id, l.transaction_id, l.points, case when l.available_at <= now() then 0 else l.pending end as pending,
                   case when l.expires_at <= now() then 0 when l.available_at <= now() then l.available + l.pending else l.available end as available,
                   l.reserved, l.redeemed, l.reversed,
                   l.expired + case when l.expires_at <= now() then l.available + l.pending else 0 end as expired,
                   l.earned_at, l.available_at, l.expires_at
              from membership.lot l
             where l.tenant_id = p_tenant and l.member_id = p_member.member_id and l.pending + l.available + l.reserved > 0),
        shown as (select l.* from lot l where l.pending + l.available + l.reserved > 0 order by l.expires_at, l.lot_id limit 200),
        recent as (select t.transaction_id from membership.points_transaction t
                    where t.tenant_id = p_tenant and t.member_id = p_member.member_id
                    order by t.transaction_id desc limit 50)
        select json_build_object(
            'member_id', p_member.member_id,
            'points_name', (select p.points_name from membership.program p where p.tenant_id = p_tenant and p.program_id = p_member.program_id),
            'balance', json_build_object('available', (select coalesce(sum(l.available), 0) from lot l),
                                         'pending', (select coalesce(sum(l.pending), 0) from lot l),
                                         'reserved', (select coalesce(sum(l.reserved), 0) from lot l), 'owed', p_member.owed),
            'open_lots', (select count(*) from lot l where l.pending + l.available + l.reserved > 0),
            'lots', (select coalesce(json_agg(json_build_object(
                         'lot_id', s.lot_id, 'transaction_id', s.transaction_id, 'points', s.points, 'pending', s.pending, 'available', s.available,
                         'reserved', s.reserved, 'redeemed', s.redeemed, 'expired', s.expired, 'reversed', s.reversed,
                         'earned_at', core.rfc3339(s.earned_at), 'available_at', core.rfc3339(s.available_at), 'expires_at', core.rfc3339(s.expires_at))
                         order by s.expires_at, s.lot_id), '[]'::json) from shown s),
            'transactions', (select coalesce(json_agg(membership.transaction_document(p_tenant, r.transaction_id) order by r.transaction_id desc), '[]'::json)
                               from recent r)));
end $$;
comment on function membership.points_document(uuid, membership.member) is 'Balance, open lots (first expiring first, at most 200) and the newest 50 transactions of a member.';

grant execute on function membership.transaction_document(uuid, uuid), membership.points_document(uuid, membership.member) to hansa_app;
