"""A small house on disk for the compiler tests: two rooms, all kinds of endpoint files."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("HANSA_ROOT") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests" / "support"))
COMPILER = ROOT / "server" / "compiler"

GOOD = {
    "crm/errors.def": 'HANSA_ERROR(account_not_found, 422, "No such account")\n',
    "crm/account.json": '{"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}}\n',
    "orders/errors.def": """/* a comment, and // another */
HANSA_ERROR(shipment_not_found, 404, "No such \\"shipment\\"") // here
HANSA_CONSTRAINT(reference_taken, 409,
                 "Taken (already)", "shipment_reference_key", "/references")
""",
    "orders/ROOM.md": "# orders\n\nWhat is to be\nmoved.\n\nMore.\n",
    "orders/shipment.json": """{
  "type": "object",
  "required": ["shipment_id"],
  "properties": {
    "shipment_id": {"type": "string", "format": "uuid"},
    "status": {"type": ["string", "null"], "enum": ["PLANNED", "BOOKED", null]},
    "account": {"$ref": "../crm/account.json", "x-audience": ["partner", "customer"], "description": "Who pays."},
    "latitude": {"type": "number", "minimum": -90, "maximum": 90},
    "raw": {"x-audience": ["public"], "description": "As it came."}
  },
  "examples": [{"shipment_id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "status": null}]
}
""",
    "orders/shipment_create.json": """{
  "type": "object",
  "properties": {
    "account": {"$ref": "../crm/account.json"},
    "note": {"type": "string", "format": "multiline", "maxLength": 1000},
    "ssccs": {"type": "array", "items": {"type": "string", "format": "sscc"}, "maxItems": 100}
  }
}
""",
    "orders/shipment_list.sql": """--! GET /v1/shipments
--! who:   orders:read -- a scope
--! query: status choice(PLANNED|BOOKED) -- Only these.
--! query: top integer(1..9) = 5 -- How many.
--! query: since time -- From then on.
--! reply: shipment.json
--! list:  yes
--! about: Lists shipments.
select jsonb_agg(x) as body, 'a:b; '':c''' as next, "x:y", $q$ :no; $q$, :top::int4 /* :not */
  from orders.shipment s -- what's :this ??
 where s.tenant_id = :tenant
--? status: and s.status = :status
--? after: and s.shipment_id < :after::uuid
   and (:since is null or s.at > :since) and :reach is null
 limit :limit + 1;
""",
    "orders/shipment_create.sql": """--! POST /v1/shipments
--! who:   orders:write
--! body:  shipment_create.json
--! reply: shipment.json
--! ok:    201
--! null:  409 orders/reference_taken
--! error: 422 crm/account_not_found
--! about: Makes a shipment.
--! help:  With "quotes" and Zürich.
select b as body, l as location from orders.make(:tenant, :actor, :request_id, :body, :reach, :context)
""",
    "orders/shipment_get.sql": """--! GET /v1/shipments/{shipment_id}
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! reply: shipment.json
--! none:  404 orders/shipment_not_found
--! about: Shows one shipment.
select 1 as body from orders.shipment where tenant_id = :tenant and shipment_id = :shipment_id and :reach is null
""",
    "orders/page.sql": """--! GET /track/{token}
--! who:   public
--! path:  token text(1..64) -- The token.
--! value: token_hash bytea -- Hash of it.
--! reply: shipment.json
--! reply: text/html
--! steps: read_token, unit, page
--! about: Shows the page.
select 1 as body from orders.link where token_hash = :token_hash
""",
    "orders/upload.sql": """--! POST /v1/edi
--! who:   orders:write
--! body:  application/edi-x12
--! reply: shipment.json
--! lane:  slow
--! steps: read, unit, reply
--! idempotency: own
--! about: Takes a file.
select 1 as body from orders.take(:tenant, :body, :reach, :context)
""",
    "orders/shipment_patch.sql": """--! PATCH /v1/shipments/{shipment_id}
--! who:   orders:write
--! path:  shipment_id uuid -- The shipment.
--! body:  merge-patch shipment_create.json
--! etag:  required
--! reply: shipment.json
--! null:  409 orders/reference_taken
--! about: Changes one shipment.
select b as body, n as version from orders.patch(:tenant, :shipment_id, :body, :if_match, :reach, :context)
""",
    "orders/shipment_look.sql": """--! GET /v1/shipments/{shipment_id}/look
--! who:   orders:read
--! path:  shipment_id uuid -- The shipment.
--! expand: events -- What happened.
--! reply: shipment.json
--! about: Shows more of one shipment.
select 1 as body
--? expand_events: || 'events'
  from orders.shipment where tenant_id = :tenant and shipment_id = :shipment_id and :reach is null
""",
    "orders/key_find.sql": """--! internal
--! value: key_hash bytea -- Hash.
--! access: read
--! about: Finds a key.
select 1 as body from orders.key where key_hash = :key_hash
""",
    "orders/confirm.sql": """--! job
--! tries: 3
--! every: 2 hours
--! hands: orders/confirm_take
--! then:  orders/confirm_end
--! about: Tells a partner.
select o.partner as hand_to, o.body from orders.out o where o.tenant_id = :tenant and o.out_id = (:payload ->> 'out_id')::uuid and :job_id is not null
""",
    "orders/confirm_take.sql": """--! internal
--! about: Takes what is told.
select 1 as body from orders.take(:tenant, :job_id, :payload)
""",
    "orders/confirm_end.sql": """--! internal
--! lane:  any
--! about: Notes that it was told.
select 1 as body from orders.told(:tenant, :payload, :context)
""",
    "orders/sweep.sql": """--! job
--! lane:  slow
--! about: Sweeps.
select orders.sweep(:tenant) as swept
""",
}


class Place:
    """A folder with the good house, and what the compiler says when run over it."""

    def __init__(self, changes=None):
        self.folder = tempfile.TemporaryDirectory(prefix="hansa-compiler-")
        self.root = pathlib.Path(self.folder.name)
        for name, text in {**GOOD, **(changes or {})}.items():
            if text is not None:
                self.write("server/" + name, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def read(self, name):
        return (self.root / name).read_text()

    def run(self, script, *words):
        return subprocess.run([sys.executable, str(COMPILER / script), *words], cwd=self.root, text=True,
                              capture_output=True, timeout=60)

    def compile(self, *words):
        return self.run("endpointc.py", "--server", "server", "--out", "out", *words)
