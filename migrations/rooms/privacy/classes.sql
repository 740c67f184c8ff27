-- What is deleted by age. Replaceable: a change here reaches every tenant that has not said otherwise.
insert into privacy.retention_class as c (class, default_days, minimum_days, about) values
    ('ADDRESSES', 90, 7, 'Network addresses in the audit trail.'),
    ('EDI_FILES', 730, 30, 'EDI files as they came; their reports stay.'),
    ('LINK_VIEWS', 365, 1, 'When a public tracking link was last looked at.'),
    ('LOGIN_FAILURES', 30, 1, 'Sign-ins that failed.'),
    ('RECEIVERS', 3650, 30, 'Names and street addresses of receivers on shipments.'),
    ('SESSIONS', 90, 7, 'Sessions that have ended, with address and browser.')
on conflict (class) do update set default_days = excluded.default_days, minimum_days = excluded.minimum_days, about = excluded.about
 where (c.default_days, c.minimum_days, c.about) is distinct from (excluded.default_days, excluded.minimum_days, excluded.about);
