-- What room exchange wants to hear of.
delete from core.subscription where job_kind like 'exchange.%';
insert into core.subscription (event_type, job_kind) values
    ('tracking.shipment.told', 'exchange.share'),
    ('tracking.proof.given', 'exchange.share_proof');
