"""A reader of Server-Sent Events (WHATWG HTML, section 9.2), in a thread of its own, over any socket.

    with sse.Reader(server, "/v1/tracking/stream", key) as reader:     # or an Edge; `last_id`: go on behind it
        reader.wait(lambda: reader.told("tracking"), 5)
"""
import http.client
import json
import threading
import time

import hansa


class Event:
    def __init__(self, name, data, last_id):
        self.name, self.data, self.last_id, self.at = name, data, last_id, time.monotonic()

    @property
    def json(self):
        return json.loads(self.data)


class Reader:
    def __init__(self, way, path="/v1/tracking/stream", key=None, last_id=None, headers=None):
        self.events, self.last_id, self.retry, self.comments, self.ids = [], last_id, None, 0, 0
        self.lock, self.ended_at, self.is_whole = threading.Lock(), None, None
        self.connection = http.client.HTTPConnection("localhost", way.port, timeout=60)
        if hasattr(way, "tls"):
            self.connection.sock = way.tls(timeout=60)
        else:
            self.connection = way.connect(60)
        sent = {"accept": "text/event-stream", **(headers or {})}
        if key:
            sent["authorization"] = "Bearer " + key
        if last_id:
            sent["last-event-id"] = last_id
        self.connection.request("GET", path, headers=sent)
        self.sock = self.connection.sock
        self.answer = self.connection.getresponse()
        self.status, self.headers = self.answer.status, {k.lower(): v for k, v in self.answer.getheaders()}
        self.thread = None
        if self.status == 200:
            self.thread = threading.Thread(target=self.read, daemon=True)
            self.thread.start()
        else:
            self.body = self.answer.read()
            self.connection.close()

    def read(self):
        name, data = "message", []
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                if not line:
                    if data:
                        with self.lock:
                            self.events.append(Event(name, "\n".join(data), self.last_id))
                    name, data = "message", []
                elif line.startswith(":"):
                    self.comments += 1
                elif line.startswith("id: "):
                    self.last_id = line[4:]
                    self.ids += 1
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif line.startswith("retry: "):
                    self.retry = int(line[7:])
                else:
                    raise ValueError("no line of an event stream: %r" % line)
            self.is_whole = True
        except (OSError, http.client.HTTPException, AttributeError) as error:
            self.is_whole = False
            self.why = error
        self.ended_at = time.monotonic()

    def told(self, name="tracking"):
        with self.lock:
            return [e for e in self.events if e.name == name]

    def event_ids(self):
        return [e.json["event"]["event_id"] for e in self.told()]

    def wait(self, condition, seconds=5):
        return hansa.wait_for(condition, seconds, 0.02)

    def wait_for_ids(self, wanted, seconds=10):
        """Waits until these have come, and a moment longer for what should not; whether exactly these came, each once, in this order."""
        self.wait(lambda: len(self.event_ids()) >= len(wanted), seconds)
        time.sleep(0.5)
        return self.event_ids() == list(wanted)

    def close(self):
        try:
            self.sock.shutdown(2)
        except OSError:
            pass
        self.connection.close()
        if self.thread:
            self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
