"""Requests and pgbench scripts, prepared before anything is measured. Random tenants and numbers, the same for every run."""
import json
import os
import random
import re
import struct

import fleet

MARK = "@@@@@@@@@@"  # becomes a running ten-digit number when it is sent
PLACES = [{"city": "Chicago", "region": "IL", "country": "US"}, {"unlocode": "USCLE", "name": "Hub Cleveland", "country": "US"},
          {"city": "New York", "region": "NY", "country": "US"}]
CODES = ["ARH", "DEP", "ENR", "OFD"]
BODIES = 20
LIST_LIMIT = 20
SINKS = 400  # shipments a tenant that events are written to and nobody reads


def tenant_id(t):
    return "00000000-0000-7000-8000-000000000%d" % t


def tracking_number(t, s):
    return str(70000000000 + t * 1000000 + s)


def event_of(rng, t, number, mark):
    minute = rng.randrange(60 * 24 * 10)
    return {"number": number, "source_event_id": mark, "code": rng.choice(CODES),
            "event_time": "2026-01-%02dT%02d:%02d:00-06:00" % (minute // 1440 + 1, minute // 60 % 24, minute % 60),
            "place": rng.choice(PLACES)}


# --- HTTP ---

def hpack_text(text):
    raw = text.encode()
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, out = len(raw) - 127, [127]
    while rest >= 128:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes(out + [rest]) + raw


def hpack(method, path, key, body, scheme):
    block = bytes([0x82 if method == "GET" else 0x83, 0x86 if scheme == "http" else 0x87])
    fields = [(":path", path), (":authority", "127.0.0.1"), ("authorization", "Bearer " + key)]
    if body:
        fields += [("content-type", "application/json"), ("content-length", str(len(body)))]
    for name, value in fields:  # literal, never in a table
        block += b"\x00" + hpack_text(name) + hpack_text(value)
    return block


def h1_text(method, path, key, body, more=""):
    head = "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n%s" % (method, path, key, more)
    if body:
        head += "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    text = head.encode() + b"\r\n" + body
    return b"%d\n" % len(text) + text + b"\n"


def write_requests(name, asked):
    """asked: (method, path, key, body). Writes NAME.h1 for wrk and NAME.h2, NAME.h2s for h2_replay."""
    base = os.path.join(fleet.PLACE, "work", name)
    with open(base + ".h1", "wb") as h1, open(base + ".h2", "wb") as h2, open(base + ".h2s", "wb") as h2s:
        for method, path, key, body in asked:
            h1.write(h1_text(method, path, key, body))
            for file, scheme in ((h2, "http"), (h2s, "https")):
                block = hpack(method, path, key, body, scheme)
                file.write(struct.pack("<II", len(block), len(body)) + block + body)


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def prepare(keys, shipments):
    """keys: tenant's three digits → its key."""
    rng = random.Random(7)
    tenants = sorted(keys)

    def read_number(t):
        return tracking_number(t, SINKS + rng.randint(1, shipments))

    def sink_number(t):
        return tracking_number(t, rng.randint(1, SINKS))

    def some(count, make):
        return [make(rng.choice(tenants)) for _ in range(count)]

    write_requests("track", some(20000, lambda t: ("GET", "/v1/tracking/" + read_number(t), keys[t], b"")))
    write_requests("list", some(5000, lambda t: ("GET", "/v1/shipments?limit=%d" % LIST_LIMIT, keys[t], b"")))
    for size, count in ((100, 400), (1000, 60)):
        write_requests("query%d" % size, some(count, lambda t, n=size: (
            "POST", "/v1/tracking/query", keys[t], compact({"numbers": [read_number(t) for _ in range(n)]}))))
    write_requests("event", some(10000, lambda t: ("POST", "/v1/tracking/events", keys[t],
                                                   compact({"events": [event_of(rng, t, sink_number(t), MARK)]}))))
    bodies = some(BODIES, lambda t: (t, compact({"events": [event_of(rng, t, sink_number(t), MARK + "-%03d" % i) for i in range(1000)]})))
    write_requests("bulk", [("POST", "/v1/tracking/events", keys[t], body) for t, body in bodies])
    bodies_store(bodies)


def bodies_store(bodies):
    rows = "".join("%d\t%s\t%s\n" % (i + 1, tenant_id(t), body.decode()) for i, (t, body) in enumerate(bodies))
    fleet.sql("copy load.body (body_id, tenant_id, body) from stdin;\n" + rows + "\\.\n" + """
update load.body b set bare = (
    select json_agg(json_build_object('shipment_id', n.shipment_id, 'source_event_id', right(e.value ->> 'source_event_id', 4),
                                      'code', e.value ->> 'code', 'event_time', e.value ->> 'event_time', 'zone', '-06:00',
                                      'city', e.value -> 'place' ->> 'city', 'country', e.value -> 'place' ->> 'country'))
      from jsonb_array_elements(b.body::jsonb -> 'events') e
      join orders.shipment_number n on n.tenant_id = b.tenant_id and n.number_key = e.value ->> 'number')::text;
analyze load.body;
""")


# --- pgbench ---

TENANT_SOMETIMES = """\\set turn (:turn + 1) % 64
\\if :turn = 1
select x.t as t, '00000000-0000-7000-8000-000000000' || x.t as tenant from (select 100 + floor(random() * :tenants)::int as t) x \\gset
\\endif
"""  # a pgbench variable cannot be made of text, but it can be asked for; a tenant for 64 transactions costs next to nothing
WALL = "select set_config('hansa.tenant_id', :tenant, true);\n"


def statement_of(path, **values):
    """The statement of an endpoint file without its optional lines, its placeholders replaced. Those not named stay with a cast
    fit for their type, as pgbench's variables."""
    text = ""
    with open(os.path.join(fleet.ROOT, "server", path)) as file:
        for line in file:
            if not line.startswith(("--!", "--?")):
                text += line
    casts = {"tenant": "uuid", "number": "text", "limit": "integer", "after": "text", "body": "jsonb", "actor": "uuid"}

    def put(match):
        name = match.group(1)
        return values.get(name, "(:%s)::%s" % (name, casts.get(name, "text")))

    return re.sub(r"(?<![:\w']):([a-z_]+)", put, text).strip() + ";\n"


def scripts(shipments):
    numbers = "\\set number 70000000000 + :t * 1000000 + random(%d, %d)\n"
    read, sink = numbers % (SINKS + 1, SINKS + shipments), numbers % (1, SINKS)
    track = statement_of("tracking/tracking_by_number.sql")
    event = ('{"events":[{"number":"\' || :number || \'","source_event_id":"\' || :run || \'-\' || :client_id || \'-\' || :n || \'",'
             '"code":"ARH","event_time":"2026-01-05T10\\u003a42\\u003a00-06\\u003a00",'
             '"place":{"city":"Chicago","region":"IL","country":"US"}}]}')
    bulk_id = "lpad((:base + :client_id * 100000 + :n)::text, 10, '0')"
    made = {
        "pg_track": TENANT_SOMETIMES + read + "\\startpipeline\n" + WALL + track + "\\endpipeline\n",
        "pg_track_begin": TENANT_SOMETIMES + read + "\\startpipeline\nbegin read only;\n" + WALL + track + "commit;\n\\endpipeline\n",
        "pg_list": TENANT_SOMETIMES + "\\startpipeline\n" + WALL
                   + statement_of("orders/shipment_list.sql", limit=str(LIST_LIMIT), after="null::text") + "\\endpipeline\n",
        "pg_event": TENANT_SOMETIMES + sink + "\\set n :n + 1\n\\startpipeline\nbegin;\n" + WALL
                    + "select tracking.api_events_record((:tenant)::uuid, null, ('%s')::jsonb -> 'events');\ncommit;\n\\endpipeline\n" % event,
        "pg_bulk": "\\set n :n + 1\n\\set body random(1, %d)\n\\startpipeline\nbegin;\n" % BODIES
                   + "select set_config('hansa.tenant_id', b.tenant_id::text, true) from load.body b where b.body_id = :body;\n"
                   + "select tracking.api_events_record(b.tenant_id, null, replace(b.body, '%s', %s)::jsonb -> 'events')\n" % (MARK, bulk_id)
                   + "  from load.body b where b.body_id = :body;\ncommit;\n\\endpipeline\n",
        "pg_loader": "\\set n :n + 1\n\\set body random(1, %d)\n\\startpipeline\nbegin;\n" % BODIES
                     + "select set_config('hansa.tenant_id', b.tenant_id::text, true) from load.body b where b.body_id = :body;\n"
                     + "insert into load.event (tenant_id, shipment_id, event_id, source, source_event_id, code, event_time, zone, zone_source,"
                       " received_at, city, country)\n"
                     + "select b.tenant_id, e.shipment_id, gen_random_uuid(), 'bare', %s || e.source_event_id, e.code, e.event_time, e.zone,"
                       " 'OFFSET', now(), e.city, e.country\n" % bulk_id
                     + "  from load.body b, json_to_recordset(b.bare::json) as e (shipment_id uuid, source_event_id text, code text,"
                       " event_time timestamptz, zone text, city text, country text)\n where b.body_id = :body;\n"
                     + "insert into load.outbox (tenant_id, body) select b.tenant_id, '{\"events\" : 1000}' from load.body b where b.body_id = :body;\ncommit;\n\\endpipeline\n",
    }
    for name, text in made.items():
        with open(os.path.join(fleet.PLACE, "work", name + ".pgbench"), "w") as file:
            file.write(text)
