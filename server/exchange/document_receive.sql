--! internal
--! about: Under the receiver: keeps and applies documents that another tenant hands over. Those that are known are passed over.
select to_json(exchange.documents_receive(:tenant, :payload)) as body
