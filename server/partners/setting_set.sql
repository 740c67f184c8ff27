--! PUT /v1/partners/settings
--! who:   partners:approve
--! reach: tenant
--! body:  setting_set.json
--! reply: setting.json
--! about: Sets how you deal with your partners.
--! help:  It holds wherever work is given: awards and first acceptances of tenders, carriers of legs, consignments and shipments. WARN is what a tenant has that never set it. A partner that is SUSPENDED or ENDED is given no work in either case.
select partners.setting_set(:tenant, :context, :body) as body
