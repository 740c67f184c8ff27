-- What of room exchange is a setting, with which a sandbox is filled: how each sender's files are read.
delete from core.setting where table_name like 'exchange.%';
insert into core.setting (table_name, place, left_out) values ('exchange.edi_partner', 30, '{created_by}');
