"""What is measured: the lines of both tables."""


class Target:
    """One line of the table. units: numbers or events in a request. base: what its ratio is taken to. ground: which seed it needs
    besides the common one."""

    def __init__(self, name, tool, what, base=None, units=1, about="", ground=None, **shape):
        self.name, self.tool, self.what, self.base, self.units, self.about, self.shape = name, tool, what, base, units, about, shape
        self.ground = ground


TARGETS = [
    Target("pg_track", "pgbench", "pg_track", clients=16, about="pgbench, 16 clients: set_config, the statement, one Sync"),
    Target("pg_track_begin", "pgbench", "pg_track_begin", "pg_track", clients=16, about="the same within BEGIN READ ONLY … COMMIT"),
    Target("track_h1", "wrk", "track", "pg_track", connections=64, about="tracking by number, HTTP/1.1, 64 connections"),
    Target("track_h2", "h2", "track", "pg_track", connections=16, streams=32, about="tracking by number, HTTP/2, 16 × 32"),
    Target("track_h1_4", "wrk", "track", "pg_track", connections=4, about="tracking by number, HTTP/1.1, 4 connections"),
    Target("edge_track", "h2s", "track", "track_h2", connections=16, streams=32, about="tracking through the edge, TLS, HTTP/2, 16 × 32"),
    Target("query100", "wrk", "query100", "track_h1", 100, connections=8, about="100 numbers a request, 8 connections"),
    Target("query1000", "wrk", "query1000", "track_h1", 1000, connections=4, about="1,000 numbers a request, 4 connections"),
    Target("pg_list", "pgbench", "pg_list", clients=16, about="pgbench, 16 clients: 20 shipments"),
    Target("list_h1", "wrk", "list", "pg_list", connections=64, about="20 shipments, HTTP/1.1, 64 connections"),
    Target("pg_event", "pgbench", "pg_event", clients=16, about="pgbench, 16 clients: the recording function, durable"),
    Target("event_h1", "wrk", "event", "pg_event", connections=64, about="one durable event a request, HTTP/1.1, 64 connections"),
    Target("event_h2", "h2", "event", "pg_event", connections=16, streams=32, about="one durable event a request, HTTP/2, 16 × 32"),
    Target("edge_event", "h2s", "event", "event_h2", connections=16, streams=32, about="one durable event through the edge, TLS, HTTP/2, 16 × 32"),
    Target("pg_loader", "pgbench", "pg_loader", None, 1000, clients=2, about="pgbench, 2 clients: insert from json_to_recordset with a foreign key, 1,000 rows"),
    Target("pg_bulk", "pgbench", "pg_bulk", "pg_loader", 1000, clients=2, about="pgbench, 2 clients: the recording function, 1,000 events"),
    Target("bulk_h1", "wrk", "bulk", "pg_loader", 1000, connections=4, about="1,000 events a request, HTTP/1.1, 4 connections"),
    Target("pg_accounts", "pgbench", "pg_accounts", clients=16, about="pgbench, 16 clients: 20 accounts"),
    Target("accounts_h1", "wrk", "accounts", "pg_accounts", connections=64, about="20 accounts, HTTP/1.1, 64 connections"),
] + [
    Target("search_" + kind, "wrk", "search_" + kind, "track_h1", connections=16, ground="search", about="search by %s, HTTP/1.1, 16 connections" % about)
    for kind, about in (("name", "exact name"), ("prefix", "the beginning of a name"), ("typo", "a name with a typing mistake"),
                        ("phone", "phone number"), ("chinese", "two Chinese signs and a trade"), ("reference", "customer code"))
] + [
    Target("pg_order", "pgbench", "pg_order", clients=16, about="pgbench, 16 clients: the function that makes an order, durable"),
    Target("order_h1", "wrk", "order", "pg_order", connections=64, about="one order a request, each with its Idempotency-Key, HTTP/1.1, 64 connections"),
    Target("pg_redeem", "pgbench", "pg_redeem", clients=16, ground="points", about="pgbench, 16 clients: the function that redeems points, durable"),
    Target("redeem_h1", "wrk", "redeem", "pg_redeem", connections=64, ground="points", about="points of one member a request, HTTP/1.1, 64 connections"),
]
FLOWS = [
    Target("award", "flow", "award", about="tender award, one at a time: from the request that accepts until it is in both books"),
    Target("award_many", "flow", "award_many", about="tender award, all accepted at once by 8 clients"),
    Target("exchange", "flow", "exchange", about="status exchange, one at a time: from the event posted at the partner until it is on the owner's shipment"),
    Target("exchange_many", "flow", "exchange_many", about="status exchange, events posted at once by 8 clients"),
]
BY_NAME = {target.name: target for target in TARGETS}


def choose(words):
    """Targets and flows whose name contains a word, and the targets that their ratios need."""
    if not words:
        return TARGETS, FLOWS
    flows = [f for f in FLOWS if any(word in f.name for word in words)]
    wanted = {t.name for t in TARGETS if any(word in t.name for word in words)}
    if not wanted and not flows:
        raise SystemExit("no target of that name; there are: " + " ".join([*BY_NAME, *(f.name for f in FLOWS)]))
    for name in list(wanted):
        base = BY_NAME[name].base
        while base is not None:
            wanted.add(base)
            base = BY_NAME[base].base
    return [t for t in TARGETS if t.name in wanted], flows
