-- Shipments can be changed: the version is what If-Match is held against.
alter table orders.shipment
    add column version bigint not null default 1,
    add column changed_at timestamptz,
    add constraint shipment_version_form check (version > 0);
comment on column orders.shipment.version is 'One more with each change of the row itself; events and further numbers do not count.';
