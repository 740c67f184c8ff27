-- What of room privacy is a setting, with which a sandbox is filled: how long things are kept.
delete from core.setting where table_name like 'privacy.%';
insert into core.setting (table_name, place) values ('privacy.retention', 40);
