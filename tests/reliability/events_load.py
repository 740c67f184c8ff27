"""Threads that post tracking events one by one and remember which were answered with success. An event whose answer did
not come is sent again with the same id, as a real source would."""
import http.client
import json
import threading
import time

import hansa


def shipment_make(server, key, number):
    """A shipment to hang events on."""
    answer = server.request("POST", "/v1/shipments", {"tracking_number": number, "customer": {"code": "LOAD", "name": "Load"}}, key)
    if answer.status not in (200, 201):
        raise RuntimeError("shipment: %r" % answer)
    return answer.json["shipment_id"]


class EventsLoad:
    """`count` threads against the loopback listener from start() to end(). `key` may be a list: then the threads take turns
    through the tenants, so that writing transactions of several share a batch and one flush."""

    def __init__(self, server, key, number, count=4):
        self.server, self.number = server, number
        self.keys = key if isinstance(key, list) else [key]
        self.is_over, self.lock = threading.Event(), threading.Lock()
        self.acknowledged, self.statuses, self.strange = set(), {}, []
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(count)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)
        return self

    def work(self, thread_number):
        connection, n, key = None, 0, self.keys[thread_number % len(self.keys)]
        while not self.is_over.is_set():
            name = "e-%d-%d" % (thread_number, n)
            body = {"events": [{"number": self.number, "source": "load", "source_event_id": name, "code": "ENR",
                                "event_time": "2026-03-10T10:42:00Z"}]}
            try:
                connection = connection or self.server.connect(10)
                answer = hansa.ask(connection, "POST", "/v1/tracking/events", body, key)
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection, status, answer = None, 0, None
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 200:
                    said = json.loads(answer.body)
                    if said["accepted"] + said["duplicates"] == 1:
                        self.acknowledged.add(name)
                    else:
                        self.strange.append(said)
                elif status not in (0, 503):
                    self.strange.append(repr(answer))
            if status == 200:
                n += 1
            else:
                time.sleep(0.05)

    def lost_and_doubled(self, sql):
        """(acknowledged events that the database does not have, events it has twice); sql runs as superuser."""
        rows = sql("select source_event_id, count(*) from tracking.event where source = 'load' group by 1").splitlines()
        kept = dict(row.rsplit("|", 1) for row in rows if row)
        return sorted(self.acknowledged - set(kept)), sorted(n for n, count in kept.items() if count != "1")
