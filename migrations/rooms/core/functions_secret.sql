-- The first secret that comes is the installation's. It changes when who brings another also brings the one that counted.
create or replace function core.secret_take(p_present bytea, p_previous bytea) returns text
    language plpgsql volatile security definer set search_path = ''
    as $$
declare
    v_mark bytea;
begin
    perform core.house_demand();
    if p_present is not null then
        insert into core.secret_mark (mark) values (p_present) on conflict do nothing;
    end if;
    select m.mark into v_mark from core.secret_mark m;
    if v_mark is null or v_mark = p_present then
        return 'OURS';
    elsif p_present is null then
        return 'MISSING';
    elsif v_mark = p_previous then
        update core.secret_mark m set mark = p_present, set_at = now() where m.mark = p_previous;
        return 'OURS';
    end if;
    return 'OTHER';
end $$;
comment on function core.secret_take(bytea, bytea) is
    'OURS, OTHER or MISSING: is the secret with this mark (null: none) the one that the database was sealed under? The first is taken; one that comes with the mark of today''s takes its place.';
revoke all on function core.secret_take(bytea, bytea) from public;
grant execute on function core.secret_take(bytea, bytea) to hansa_app;
