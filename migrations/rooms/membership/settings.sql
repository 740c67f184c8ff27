-- What of room membership is a setting, with which a sandbox is filled: programs with their tiers and versions, and what points buy.
delete from core.setting where table_name like 'membership.%';
insert into core.setting (table_name, place, left_out) values
    ('membership.program', 20, '{created_by}'),
    ('membership.program_version', 21, '{made_by}'),
    ('membership.reward', 22, '{created_by,merchant_account_id}');
