-- Money has the decimals of its currency: a dinar of Kuwait has three, a yen none. Two for all cut the one and padded the other.

alter table crm.account alter column credit_limit type numeric;
alter table sales.opportunity alter column value type numeric;
alter table sales.quote_option alter column cost type numeric, alter column price type numeric;

-- Postal items carry a number that proves itself (UPU S10); said to be one, it is checked.
alter table orders.shipment_number
    drop constraint shipment_number_kind_known,
    add constraint shipment_number_kind_known check (kind in ('TRACKING', 'BOL', 'PRO', 'PO', 'CUSTOMER', 'SHIPMENT', 'CONTAINER',
        'MASTER_BOL', 'HOUSE_BOL', 'AWB', 'BOOKING', 'INVOICE', 'WAYBILL', 'DELIVERY_ORDER', 'SSCC', 'S10', 'OTHER'));
