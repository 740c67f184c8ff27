-- Whoever looks at a public link and wonders has a firm's name before him and nothing else; now there is a number to call. It is what
-- the firm says of itself in public, so it stands where that stands: in its own entry of the directory.
alter table partners.organisation
    add column phone text,
    add constraint organisation_phone_form check (length(phone) <= 60 and position('@' in phone) = 0 and core.is_line(phone)
        and normalize(phone, NFKC) ~ '([0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f].*){3}');
comment on column partners.organisation.phone is 'At which anybody reaches the firm; stands on its public tracking pages. As the firm writes it.';
