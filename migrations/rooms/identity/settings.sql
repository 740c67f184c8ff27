-- What of room identity is a setting, with which a sandbox is filled.
delete from core.setting where table_name like 'identity.%';
insert into core.setting (table_name, place, left_out) values
    ('identity.org_unit', 10, '{created_by}'),
    ('identity.role', 11, '{created_by}');
