--! job
--! lane:  slow
--! about: Deletes some thousand rows of a sandbox that is to be emptied, and queues itself again while there are more.
select to_json(sandbox.empty_step(:tenant)) as body
