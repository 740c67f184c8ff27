-- Phones: how their numbers are compared, whoever wrote them. 0031 10 555-0100, +31 (10) 5550100, +31 (0)10 5550100 and 010 555 0100
-- are one line, and so is its extension 12: digits without the way out of a country, the trunk zero and the extension, compared
-- from the end.

-- Digits of all scripts as ours, blanks and signs in their plain form.
create or replace function crm.phone_plain(p_phone text) returns text
    language sql immutable parallel safe
    as $$ select case when octet_length(p_phone) = length(p_phone) then p_phone
                      else translate(normalize(p_phone, NFKC), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९', '012345678901234567890123456789') end $$;
comment on function crm.phone_plain(text) is 'A phone number in ASCII as far as it is digits and signs.';

-- Without the extension, which whoever answers dials. Six digits at least must stay: what is only an extension is a number.
create or replace function crm.phone_line(p_phone text) returns text
    language sql immutable parallel safe
    as $$ select case when length(regexp_replace(l.line, '[^0-9]', '', 'g')) >= 6 then l.line else p.plain end
            from (select crm.phone_plain(p_phone)) p (plain)
           cross join lateral (select regexp_replace(p.plain,
                     '[\s,;./(\[-]*(?:(?:extension|extn|ext|xt|x|durchwahl|dw|apparat|app|intern|int|poste|anexo|ramal|wewn|доб|分机|分機|内线|內線|转|轉|#)[\s.:=-]*|[,;]+\s*)[0-9]{1,6}[\s)\]#]*$',
                     '', 'i')) l (line) $$;
comment on function crm.phone_line(text) is 'A phone number without its extension.';

-- Italy and a few others keep their zero behind the country code. Eight leads out of the district where the plan was Soviet.
create or replace function crm.phone_digits(p_phone text) returns text
    language sql immutable parallel safe
    as $$ select ltrim(case when n.is_far then case when n.far ~ '^(39|378|379|225|241|242)' then n.far
                                                    else regexp_replace(n.far, '^(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689][0-9]|3[578][0-9]|42[0-9]|5[09][0-9]|6[7-9][0-9]|8[0578][0-9]|9[679][0-9])0+', '\1') end
                            when n.near ~ '^8[0-9]{10}$' then substr(n.near, 2)
                            else n.near end, '0')
            from (select x.line ~ '^[^0-9]*\+' or x.digits ~ '^00' as is_far, regexp_replace(x.digits, '^00', '') as far,
                         regexp_replace(regexp_replace(x.line, '([0-9][^0-9]*)[(\[]\s*0\s*[)\]]', '\1'), '[^0-9]', '', 'g') as near
                    from (select l.line, regexp_replace(l.line, '[^0-9]', '', 'g') as digits from (select crm.phone_line(p_phone)) l (line)) x) n $$;
comment on function crm.phone_digits(text) is 'Digits of a phone number as they are compared: no leading zeros, no trunk zero, no extension.';

create or replace function crm.phone_asked(p_phone text) returns text
    language sql immutable parallel safe
    as $$ select case when length(d) between 4 and 6 then d else crm.phone_digits(p_phone) end
            from (select regexp_replace(crm.phone_plain(p_phone), '[^0-9]', '', 'g')) x (d) $$;
comment on function crm.phone_asked(text) is 'Digits of a number that is looked for: of an end of one (four to six digits) all of them.';

create or replace function crm.is_phone(p_text text) returns boolean
    language sql immutable parallel safe
    as $$ select regexp_replace(crm.phone_line(p_text), '[\s()\[\]./+\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2064\u2212\u200b-\u200f\ufeff-]', '', 'g') ~ '^[0-9]+$' $$;
comment on function crm.is_phone(text) is 'Is a text that somebody looks for the number of a phone, as far as can be seen?';

create or replace function crm.is_same_phone(p_one text, p_other text) returns boolean
    language sql immutable parallel safe
    as $$ select length(p_one) >= 7 and length(p_other) >= 7
                 and right(p_one, least(length(p_one), length(p_other))) = right(p_other, least(length(p_one), length(p_other))) $$;
comment on function crm.is_same_phone(text, text) is 'May two numbers (phone_digits) be one line, one with country or area code and one without?';

create or replace function crm.phone_words(p_digits text) returns text[]
    language sql immutable parallel safe
    as $$ select case when length(p_digits) >= 7 then array['#' || right(p_digits, 7), '#' || right(p_digits, 4)]
                      when length(p_digits) >= 4 then array['#' || right(p_digits, 4)] else '{}' end $$;
comment on function crm.phone_words(text) is 'What a phone number is filed under: its last seven and its last four digits.';

grant execute on function crm.phone_plain(text), crm.phone_line(text), crm.phone_digits(text), crm.phone_asked(text), crm.is_phone(text),
    crm.is_same_phone(text, text), crm.phone_words(text) to hansa_app;
