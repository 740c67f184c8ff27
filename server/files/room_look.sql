--! internal
--! access: read
--! value: shipment_id uuid -- Of the file to come; null: of none.
--! value: size_bytes integer -- Its size.
--! about: Raises what would refuse the file, before its bytes are kept.
select files.room_demand(:tenant, :reach, :shipment_id, :size_bytes) as body
