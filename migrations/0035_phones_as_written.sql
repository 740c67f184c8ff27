-- A phone number is kept as its owner writes it: brackets, blanks of any kind, dashes, an extension. The digits are compared
-- (crm.phone_digits), never the text; so a number is asked for three digits of any script, and not to be an e-mail address.

alter table crm.contact
    drop constraint contact_phone_form,
    add constraint contact_phone_form check (length(phone) <= 60 and position('@' in phone) = 0
        and normalize(phone, NFKC) ~ '([0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f].*){3}');
alter table crm.account
    drop constraint account_phone_form,
    add constraint account_phone_form check (length(phone) <= 60 and position('@' in phone) = 0 and core.is_line(phone)
        and normalize(phone, NFKC) ~ '([0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f].*){3}');
alter table crm.contact_channel
    drop constraint contact_channel_form,
    add constraint contact_channel_form check (length(address) between 1 and 254 and core.is_line(address)
        and (channel not in ('PHONE', 'FAX', 'SMS') or (length(address) <= 60 and position('@' in address) = 0
             and normalize(address, NFKC) ~ '([0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f].*){3}'))
        and (channel <> 'EMAIL' or address ~ '^[^@\s<>"(),;:\\]{1,64}@[^@\s<>"(),;:\\]+$'));

-- What search knows was filed under other digits and fewer spellings; the job crm.search_fill files it anew.
truncate crm.search_entry, crm.search_word, crm.search_variant, crm.search_use;
