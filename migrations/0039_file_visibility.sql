-- For whom a file is beside staff. Until now whoever reached a shipment saw and deleted all of its files; from now on those that are
-- marked for him. What stands in a proof of delivery is what it was made for; of the others nobody has said, so they are staff's.

alter table files.file
    add column kind text not null default 'OTHER',
    add column visibility text[] not null default '{}',
    add column version integer not null default 1,
    add constraint file_kind_known check (kind in ('POD', 'SIGNATURE', 'DAMAGE', 'WAYBILL', 'INVOICE', 'CUSTOMS', 'CONTRACT', 'OTHER')),
    add constraint file_visibility_form check (visibility <@ '{PARTNER,CUSTOMER,PUBLIC}'::text[] and array_position(visibility, null) is null);
comment on column files.file.kind is 'What it is a picture or a copy of; says for whom it is when nobody else does.';
comment on column files.file.visibility is 'Who beside staff sees it, of those who reach the shipment: PARTNER, CUSTOMER, or PUBLIC for everybody. Who uploaded it sees it too.';
comment on column files.file.version is 'Counts the changes of kind and visibility.';

-- The walls ask for one tenant at a time, also of the owner of the tables; a migration has none.
alter table files.file no force row level security;
alter table tracking.proof_of_delivery no force row level security;
alter table tracking.proof_photo no force row level security;
alter table identity.app_user no force row level security;
update files.file f set kind = 'SIGNATURE', visibility = '{PARTNER,CUSTOMER}'
 where exists (select from tracking.proof_of_delivery p where p.tenant_id = f.tenant_id and p.signature_file_id = f.file_id);
update files.file f set kind = 'POD', visibility = '{PARTNER,CUSTOMER}'
 where f.kind = 'OTHER' and exists (select from tracking.proof_photo p where p.tenant_id = f.tenant_id and p.file_id = f.file_id);
update files.file f set visibility = array[u.audience]
  from identity.app_user u
 where f.kind = 'OTHER' and u.tenant_id = f.tenant_id and u.user_id = f.created_by and u.audience in ('PARTNER', 'CUSTOMER');
alter table files.file force row level security;
alter table tracking.proof_of_delivery force row level security;
alter table tracking.proof_photo force row level security;
alter table identity.app_user force row level security;
