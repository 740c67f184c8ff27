-- Numbers: how they are compared, and how our own are made.

-- Compatibility form makes full-width signs and the many blanks plain ones; then dashes, marks without width and marks of direction
-- go, and digits of other scripts become ours. What is left is ASCII, or letters that mean something.
create or replace function orders.number_key_wide(number text) returns text
    language sql immutable parallel safe
    as $$ select case when k ~ '^00[0-9]{18}$' then substr(k, 3) else upper(k) end
            from (select translate(regexp_replace(normalize(number, NFKC),
                             '[\s\u00ad\u00b7\u034f\u061c\u1680\u180e\u2000-\u2015\u2028-\u202f\u2043\u205f-\u206f\u2212\u3001\u30fb\ufeff]', '', 'g'),
                         '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९ -./()_,', '012345678901234567890123456789')) as w (k) $$;
comment on function orders.number_key_wide(text) is 'The same for a number that is not plain ASCII.';

-- One normalised form for every number, so that a look-up is one index search: capitals, without blanks and the signs that
-- people put between groups; the application identifier (00) before an SSCC falls away. Nearly every number is ASCII; what was
-- pasted from the web, a word processor or an Asian keyboard goes the long way first.
create or replace function orders.api_number_key(number text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(number) > length(number) then orders.number_key_wide(number)
                      when length(number) >= 20 and translate(number, E' -./()_,\t\n\r\f\x0b', '') ~ '^00[0-9]{18}$'
                      then substr(translate(number, E' -./()_,\t\n\r\f\x0b', ''), 3)
                      else upper(translate(number, E' -./()_,\t\n\r\f\x0b', '')) end $$;
comment on function orders.api_number_key(text) is 'The form under which a number is stored and looked up.';

-- Check character of a tracking number: sum of value times place over ten characters, modulo the prime 31, so that one wrong
-- character or two neighbours exchanged never pass. The alphabet has no I, L, O, U and V.
create or replace function orders.tracking_number_check(body text) returns text
    language plpgsql immutable parallel safe
    as $$
begin
    return (select substr('0123456789ABCDEFGHJKMNPQRSTWXYZ',
                          (sum(i * (strpos('0123456789ABCDEFGHJKMNPQRSTWXYZ', substr(body, i, 1)) - 1)) % 31)::integer + 1, 1)
              from generate_series(1, 10) as i);
end $$;
comment on function orders.tracking_number_check(text) is 'Check character for the ten characters after HX.';

create or replace function orders.new_tracking_number() returns text
    language plpgsql volatile parallel safe
    as $$
declare
    noise bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    body text := '';
begin
    for i in 0..9 loop
        -- Two bytes a character; bytes 6 and 8 of a random UUID carry version and variant, so those are passed over.
        body := body || substr('0123456789ABCDEFGHJKMNPQRSTWXYZ',
            (get_byte(noise, i % 5 + i / 5 * 9) * 256 + get_byte(noise, 16 + i % 5 + i / 5 * 9)) % 31 + 1, 1);
    end loop;
    return 'HX' || body || orders.tracking_number_check(body);
end $$;
comment on function orders.new_tracking_number() is 'A new tracking number: HX, ten random characters (49 bits), one check character.';

-- Rare ways of an answer; as functions they cost nothing but when they are gone.
create or replace function orders.api_unit_sscc(p_tenant uuid, p_unit uuid) returns text
    language plpgsql stable
    as $$
begin
    return (select u.sscc from orders.handling_unit u where u.tenant_id = p_tenant and u.handling_unit_id = p_unit);
end $$;
comment on function orders.api_unit_sscc(uuid, uuid) is 'SSCC of a handling unit.';

create or replace function orders.api_shipments_named(p_tenant uuid, p_shipments uuid[]) returns json
    language plpgsql stable
    as $$
begin
    return (select coalesce(json_agg(json_build_object('shipment_id', s.shipment_id, 'tracking_number', s.tracking_number)
                                     order by s.shipment_id desc), '[]'::json)
              from orders.shipment s
             where s.tenant_id = p_tenant and s.shipment_id = any (p_shipments));
end $$;
comment on function orders.api_shipments_named(uuid, uuid[]) is 'Ids and tracking numbers of shipments, the newest first: [{shipment_id, tracking_number}].';

grant execute on function orders.api_unit_sscc(uuid, uuid), orders.api_shipments_named(uuid, uuid[]), orders.api_number_key(text), orders.number_key_wide(text), orders.tracking_number_check(text), orders.new_tracking_number() to hansa_app;
