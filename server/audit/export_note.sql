--! internal
--! about: Notes that the audit trail was exported; a small unit of its own, off the answer's path.
select to_json(audit.entry_add(:tenant, :context, 'READ', null, 'audit', null, null)) as body
