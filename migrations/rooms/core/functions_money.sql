-- Money has the decimals of its currency (ISO 4217). The same list as server/codec/currencies.def (tests/house/test_codes.py compares).

create or replace function core.currency_places(currency text) returns integer
    language sql immutable parallel safe
    as $$ select case when currency in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
                      when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
                      else 2 end $$;
comment on function core.currency_places(text) is 'Decimals of a currency''s minor unit: 0 for JPY, 2 for EUR, 3 for KWD.';

-- For amounts whose currency the request does not name, because it is known already; the others are refused at the door.
create or replace function core.is_payable(amount numeric, currency text) returns boolean
    language sql immutable parallel safe
    as $$ select scale(amount) <= core.currency_places(currency) $$;
comment on function core.is_payable(numeric, text) is 'Has an amount no more decimals than its currency? Null gives null.';

grant execute on function core.currency_places(text), core.is_payable(numeric, text) to hansa_app;
