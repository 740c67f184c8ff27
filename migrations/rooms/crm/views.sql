-- What room crm shows to other rooms.
create or replace view crm.v_account with (security_invoker = true) as
select tenant_id, account_id, kind, customer_code, name,
       json_build_object('account_id', account_id, 'code', customer_code, 'name', name) as customer, hold_reason
  from crm.account;
comment on view crm.v_account is 'Accounts; customer is the short form that other documents carry.';

grant select on crm.v_account to hansa_app;
