--! POST /v1/insight/snapshots
--! who:   insight:write
--! reach: tenant
--! body:  snapshot_create.json
--! reply: snapshot.json
--! ok:    201
--! lane:  slow
--! error: 422 insight/cuts_invalid
--! error: 422 insight/limits_reversed
--! error: 422 insight/limits_invalid
--! error: 422 insight/currency_unclear
--! error: 422 insight/proposes_nothing
--! about: Makes an analysis and keeps it.
--! help:  Each night one is made by itself for shipments and for orders in each currency.
select made.body, '/v1/insight/snapshots/' || (made.body ->> 'snapshot_id') as location
  from insight.snapshot_create(:tenant, :context, :body) as made (body)
