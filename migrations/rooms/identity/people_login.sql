-- Signing in: which tenant, how often may be tried, and what a try needs to know.

create or replace function identity.email_normal(value text) returns text
    language sql immutable parallel safe
    as $$ select lower(normalize(btrim(value), nfc)) $$;
comment on function identity.email_normal(text) is 'An e-mail address as it is kept and looked for.';

-- The one question that is asked before the tenant is known. It tells an id and nothing else; the caller has the names from
-- the client. Runs as the owner of the directory, which is walled for the application role (signed in the lint).
create or replace function identity.tenant_by_slug(p_slug text, p_host text, p_parent text) returns uuid
    language sql stable security definer set search_path = ''
    as $$ select t.id
            from identity.tenant t
           where t.status = 'ACTIVE' and not t.is_operator and t.sandbox_of is null
             -- whoever works for a tenant already learns no other's id
             and nullif(current_setting('hansa.tenant_id', true), '') is null
             and case when p_slug is not null then t.slug = p_slug
                      else t.host = lower(p_host) or t.slug || '.' || lower(p_parent) = lower(p_host) end
           order by t.host = lower(p_host) desc nulls last
           limit 1 $$;
comment on function identity.tenant_by_slug(text, text, text) is
    'The live tenant with this slug; without a slug, the one with this host name, own or slug.parent. Null when there is none.';

-- Until when the next try has to wait: from the limit on 30 s, then twice as long each time, 15 minutes at most. So nobody
-- is locked out for good, and whoever guesses gets some twenty tries an hour (promise A4).
create or replace function identity.login_block(p_count integer, p_limit integer) returns timestamptz
    language sql stable parallel safe
    as $$ select case when p_count >= p_limit then now() + make_interval(secs => least(900, 30 * 2 ^ least(p_count - p_limit, 10))) end $$;
comment on function identity.login_block(integer, integer) is 'When the try after this many failures may come; null for at once.';

-- A try is counted before it is made and given back when it succeeds: tries at once cannot exceed the limit.
create or replace function identity.login_try_account(p_tenant uuid, p_subject bytea, p_limit integer) returns integer
    language plpgsql volatile
    as $$
begin
    insert into identity.login_failure as f (tenant_id, subject, failure_count, last_at, blocked_until)
    values (p_tenant, p_subject, 1, now(), identity.login_block(1, p_limit))
    on conflict (tenant_id, subject) do update
       set failure_count = case when f.last_at < now() - interval '15 minutes' then 1 else f.failure_count + 1 end,
           blocked_until = identity.login_block(case when f.last_at < now() - interval '15 minutes' then 1 else f.failure_count + 1 end, p_limit),
           last_at = now()
     where f.blocked_until is null or f.blocked_until <= now() or f.last_at < now() - interval '15 minutes';
    if found then
        return 0;
    end if;
    return (select greatest(1, ceil(extract(epoch from f.blocked_until - now())))::integer
              from identity.login_failure f
             where f.tenant_id = p_tenant and f.subject = p_subject);
end $$;
comment on function identity.login_try_account(uuid, bytea, integer) is 'Counts a try for an account. 0 = go on, else the seconds to wait.';

create or replace function identity.login_source_of(p_address text) returns text
    language sql immutable parallel safe
    as $$ select case when p_address like '%:%' then host(network(set_masklen(p_address::inet, 64))) else coalesce(p_address, '') end $$;
comment on function identity.login_source_of(text) is 'What counts as one client address: an IPv4 address, or the /64 of an IPv6 one.';

create or replace function identity.login_try_source(p_address text, p_limit integer) returns integer
    language plpgsql volatile
    as $$
declare
    v_source text := identity.login_source_of(p_address);
begin
    insert into identity.login_source as f (source, failure_count, last_at, blocked_until)
    values (v_source, 1, now(), identity.login_block(1, p_limit))
    on conflict (source) do update
       set failure_count = case when f.last_at < now() - interval '15 minutes' then 1 else f.failure_count + 1 end,
           blocked_until = identity.login_block(case when f.last_at < now() - interval '15 minutes' then 1 else f.failure_count + 1 end, p_limit),
           last_at = now()
     where f.blocked_until is null or f.blocked_until <= now() or f.last_at < now() - interval '15 minutes';
    if found then
        return 0;
    end if;
    return (select greatest(1, ceil(extract(epoch from f.blocked_until - now())))::integer from identity.login_source f where f.source = v_source);
end $$;
comment on function identity.login_try_source(text, integer) is 'Counts a try of a client address. 0 = go on, else the seconds to wait.';

-- The account starts anew; the address gets back one try, for others may be guessing from it.
create or replace function identity.login_forgive(p_tenant uuid, p_subject bytea, p_address text) returns void
    language plpgsql volatile
    as $$
begin
    update identity.login_failure f
       set failure_count = 0, blocked_until = null
     where f.tenant_id = p_tenant and f.subject = p_subject;
    update identity.login_source s
       set failure_count = greatest(s.failure_count - 1, 0), blocked_until = null
     where s.source = identity.login_source_of(p_address);
end $$;
comment on function identity.login_forgive(uuid, bytea, text) is 'Takes back what login_try_account and login_try_source counted for a try that succeeded.';

-- An address from which the account was signed in to within 90 days has a count of its own: whoever guesses elsewhere cannot
-- keep the account's owner out.
create or replace function identity.login_subject(p_tenant uuid, p_email text, p_address text) returns bytea
    language sql stable
    as $$ select sha256(convert_to(p_email || case when exists (
                     select from identity.app_user u
                       join identity.session s on s.tenant_id = p_tenant and s.user_id = u.user_id
                      where u.tenant_id = p_tenant and u.email = p_email and s.address = p_address
                        and s.created_at > now() - interval '90 days') then ' ' || p_address else '' end, 'UTF8')) $$;
comment on function identity.login_subject(uuid, text, text) is 'Under what the failures of an account are counted when they come from this address.';

create or replace function identity.login_begin(p_tenant uuid, p_email text, p_address text, p_limit integer)
    returns table (wait integer, subject bytea, user_id uuid, password_phc text, password_set_at text, totp_secret bytea, totp_last_step bigint)
    language plpgsql volatile
    as $$
declare
    v_email text := identity.email_normal(p_email);
    v_subject bytea := identity.login_subject(p_tenant, v_email, p_address);
    v_wait integer := identity.login_try_account(p_tenant, v_subject, p_limit);
begin
    return query
        select v_wait, v_subject, u.user_id, u.password_phc, u.password_set_at::text,
               case when u.totp_confirmed_at is not null then u.totp_secret end, u.totp_last_step
          from (select 1) one
          left join identity.app_user u on u.tenant_id = p_tenant and u.email = v_email and u.status = 'ACTIVE';
end $$;
comment on function identity.login_begin(uuid, text, text, integer) is
    'Counts a try and tells what it is checked against; user_id is null when nobody signs in with this address.';

grant execute on function identity.email_normal(text), identity.tenant_by_slug(text, text, text), identity.login_block(integer, integer),
    identity.login_try_account(uuid, bytea, integer), identity.login_source_of(text), identity.login_try_source(text, integer),
    identity.login_forgive(uuid, bytea, text), identity.login_subject(uuid, text, text), identity.login_begin(uuid, text, text, integer)
    to hansa_app;
