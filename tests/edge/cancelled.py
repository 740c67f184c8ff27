"""Runs cancellers (cancel_modes.py) beside good clients against the shipped edge and a sanitized server, and judges: the same process
serves afterwards, no sanitizer has said anything, every request of the good clients is answered, and nothing is left behind."""
import contextlib
import http.client
import multiprocessing
import re
import threading

import battery
import cancel_modes
import hansa
import world

# What the edge would hold off by its rates is let in: the server's own defences (promises M1 to M5) are what is tried.
OPEN_EDGE = {"rate": 1000000, "rate_cut": 1000000, "connections": 1000, "connect_rate": 100000, "uploads_source": 16}
# Small enough to be full all the time.
SMALL_SERVER = {"max_running_source": 2, "max_running_tenant": 3, "max_waiting": 20, "max_streams_tenant": 8, "call_deadline_ms": 2000}


def target_of(run, own):
    made = own.shipment()
    number = made["tracking_number"]
    token = run.ask("POST", "/v1/shipments/%s/links" % made["shipment_id"], {}, own.key).json["token"]
    sets = [(world.unique("CP"), world.unique("CL"), [("X6", "20260301", "%02d%02d" % (n // 60, n % 60), "CT", "JOLIET", "IL") for n in range(40)])]
    return cancel_modes.Target(own, token, number, world.edi_214(control=77, sets=sets).encode())


def serving(server):
    """Numbers of all processes of the server: who was restarted has others."""
    return sorted([server.pid] + hansa.children_of(server.pid))


def counter(server, name):
    """Of /metrics; 0 when it is not there, or nobody answers."""
    text = ""
    with contextlib.suppress(OSError):
        text = server.metrics()
    found = re.search(r"^%s (\d+)$" % re.escape(name), text, re.M)
    return int(found.group(1)) if found else 0


def closed_for(server, why):
    return counter(server, 'hansa_clients_closed_total{why="%s"}' % why)


class Attack:
    """Several processes that cancel; their Python must not slow the good clients down."""

    def __init__(self, jobs):
        self.ways = multiprocessing.get_context("fork")
        self.told = self.ways.Queue()
        self.started = [self.ways.Process(target=self.one, args=(job,), daemon=True) for job in jobs]

    def one(self, job):
        try:
            self.told.put((job(), ""))
        except Exception as error:  # a broken attack is a broken test, not a held promise
            self.told.put((None, repr(error)))

    def run(self, seconds):
        """What each gave, and what went wrong."""
        for process in self.started:
            process.start()
        ends = [self.told.get(timeout=seconds + 90) for _ in self.started]
        for process in self.started:
            process.join(10)
        return [end for end, fault in ends if not fault], [fault for _, fault in ends if fault]


def phases(tap, run, edge, target, other, seconds, seed, is_http2=True, sources=4):
    """Every phase from several addresses, while a table is held for moments; gives how many connections were closed for it. On
    HTTP/1.1 the server learns of a cancel when it looks whether the client is still there (M5), or never."""
    server, before, why = run.server, serving(run.server), "cancels" if is_http2 else "left"
    cancelled, closed = counter(server, "hansa_requests_cancelled_total"), closed_for(server, why)
    only = [cancel_modes.PHASES[:1]] + [None] * (sources - 1)  # one gives nothing else but pages up, which is over the budget for certain
    cancellers = [cancel_modes.Canceller(edge, target, "127.0.7.%d" % (2 + n), seconds, seed + n, only[n]) for n in range(sources)]
    attack = Attack([canceller.run for canceller in cancellers])  # forks, so before there are threads
    locks, is_over = cancel_modes.Locks(run.database, "orders.shipment"), threading.Event()
    holder = threading.Thread(target=locks.run, args=(is_over.is_set,), daemon=True)
    good = battery.GoodClient(edge, "/v1/accounts?limit=1", other.key, "127.0.0.9", expected=(200,))
    holder.start()
    good.start()
    ends, faults = attack.run(seconds)
    is_over.set()
    good.end()
    holder.join(10)
    locks.close()
    sent = {}
    for counts, _ in ends:
        for name, count in counts.items():
            sent[name] = sent.get(name, 0) + count
    seen = counter(server, "hansa_requests_cancelled_total") - cancelled
    closed = closed_for(server, why) - closed
    hansa.note("seed %d: sent %s; the server saw %d cancelled and closed %d connections for it; good client: %d asked, p99 %.0f ms" % (
        seed, sent, seen, closed, len(good.times), good.percentile(0.99)))
    tap.ok(not faults and ends, "cancels at every phase of a call are sent", faults)
    tap.ok(set(sent) == {make.__name__ for make, _, _ in cancel_modes.PHASES}, "of every phase some", sent)
    tap.ok(seen > 100 * seconds or not is_http2, "the edge passes them on: the server sees them by the thousand", (seen, sent))
    tap.ok(serving(server) == before and server.is_alive(), "the same process serves as before", (before, serving(server), server.log_text()[-1500:]))
    tap.ok(not good.failures and good.times, "who asks politely from another address is always answered", good.failures[:5])
    return closed


def afterwards(tap, run, edge, target, own):
    """Nothing that was cancelled still holds a place."""
    tap.ok(hansa.wait_for(lambda: counter(run.server, "hansa_calls") <= 1 and counter(run.server, "hansa_streams") == 0, 20),
           "no call and no stream is left", (counter(run.server, "hansa_calls"), counter(run.server, "hansa_streams")))
    answers = []
    with contextlib.suppress(OSError, http.client.HTTPException):
        answers = [edge.request("GET", path, key=key).status for path, key in (
            ("/v1/tracking/" + target.number, own.key), ("/track/" + target.token, None), ("/v1/shipments?limit=1", own.key), ("/v1/accounts?limit=1", own.key))]
    tap.equal(answers, [200] * 4, "whose calls were cancelled is answered again")
    tap.equal(run.server.request("POST", "/v1/edi/messages", target.edi, own.key, world.EDI).status, 200, "files too, of which one at a time is at work")
    tap.equal(run.server.reports(), "", "no sanitizer has anything to report")
