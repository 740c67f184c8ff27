"""HTTP/2 by hand (RFC 9113, RFC 7541): enough to be a good client, and to be every bad one.

Frames are written as the test says, valid or not. Field blocks are written without Huffman coding and without the
dynamic table unless a test asks for it; of answers only the status is read (and, for the good client, the body).
"""
import socket
import struct
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 0x1, 0x1, 0x4
STATUS_INDEXED = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
DIGITS_HUFFMAN = {"00000": "0", "00001": "1", "00010": "2", "011001": "3", "011010": "4", "011011": "5", "011100": "6",
                  "011101": "7", "011110": "8", "011111": "9"}


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs, ack=False):
    return frame(SETTINGS, ACK if ack else 0, 0, b"".join(struct.pack(">HI", k, v) for k, v in pairs))


def integer(value, prefix_bits, first=0):
    """RFC 7541 section 5.1."""
    limit = (1 << prefix_bits) - 1
    if value < limit:
        return bytes([first | value])
    out = bytearray([first | limit])
    value -= limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return integer(len(value), 7) + value


def field(name, value, is_indexed=False):
    """A literal field with a new name; with is_indexed it enters the dynamic table."""
    return bytes([0x40 if is_indexed else 0x00]) + text(name) + text(value)


def request_block(path="/healthz", method="GET", authority="localhost", extra=()):
    fields = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)] + list(extra)
    return b"".join(field(n, v) for n, v in fields)


def request(stream, path="/healthz", method="GET", extra=(), end=True):
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, request_block(path, method, extra=extra))


def rst(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def window(stream, add):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", add))


def status_of(block):
    """The :status of a field block that begins with it (after size updates); None when it is written in another way."""
    at = 0
    while at < len(block) and block[at] & 0xE0 == 0x20:
        at += 1
    if at < len(block) and block[at] & 0x80:
        return STATUS_INDEXED.get(block[at] & 0x7F)
    if at + 2 < len(block) and block[at] in (0x08, 0x48, 0x18):
        length, coded = block[at + 1] & 0x7F, block[at + 1] & 0x80
        value = block[at + 2:at + 2 + length]
        if not coded:
            return int(value)
        bits, digits = "".join(format(b, "08b") for b in value), ""
        while len(digits) < 3:
            size = 5 if bits[:5] in DIGITS_HUFFMAN else 6
            digits, bits = digits + DIGITS_HUFFMAN[bits[:size]], bits[size:]
        return int(digits)
    return None


class Gone(Exception):
    """The other side closed, reset or went silent."""


class Connection:
    """One HTTP/2 connection over a connected socket. Not thread-safe."""

    def __init__(self, sock, first=(), is_silent=False):
        self.sock, self.buffer, self.next_stream = sock, b"", 1
        self.goaway = None
        if not is_silent:
            self.send(PREFACE + settings(*first))

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (OSError, ValueError) as error:
            raise Gone(str(error)) from error

    def read_frame(self, seconds=10):
        """The next frame as (kind, flags, stream, payload)."""
        end = time.monotonic() + seconds
        while True:
            if len(self.buffer) >= 9:
                length = int.from_bytes(self.buffer[:3], "big")
                if len(self.buffer) >= 9 + length:
                    kind, flags = self.buffer[3], self.buffer[4]
                    stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
                    payload, self.buffer = self.buffer[9:9 + length], self.buffer[9 + length:]
                    return kind, flags, stream, payload
            left = end - time.monotonic()
            if left <= 0:
                raise Gone("silent")
            self.sock.settimeout(left)
            try:
                more = self.sock.recv(65536)
            except TimeoutError as error:
                raise Gone("silent") from error
            except (OSError, ValueError) as error:
                raise Gone(str(error)) from error
            if not more:
                raise Gone("closed")
            self.buffer += more

    def mind(self, kind, flags, payload):
        """What any client owes: acknowledge settings and pings, note a GOAWAY."""
        if kind == SETTINGS and not flags & ACK:
            self.send(settings(ack=True))
        elif kind == PING and not flags & ACK:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">I", payload[4:8])[0]

    def get(self, path, extra=(), method="GET", body=None, seconds=10):
        """A whole request: (status, body). Raises Gone when there is no whole answer."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.send(request(stream, path, method, extra, end=body is None))
        if body is not None:
            for at in range(0, max(len(body), 1), 16384):
                piece = body[at:at + 16384]
                self.send(frame(DATA, END_STREAM if at + 16384 >= len(body) else 0, stream, piece))
        return self.answer(stream, seconds)

    def answer(self, stream, seconds=10):
        status, body, end = None, b"", time.monotonic() + seconds
        while True:
            kind, flags, on, payload = self.read_frame(max(0.01, end - time.monotonic()))
            self.mind(kind, flags, payload)
            if on != stream:
                continue
            if kind == HEADERS and status is None:
                status = status_of(payload)
            elif kind == DATA:
                body += payload
                if payload:
                    self.send(window(0, len(payload)) + window(stream, len(payload)))
            elif kind == RST_STREAM:
                raise Gone("stream reset, code %d" % struct.unpack(">I", payload)[0])
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                return status, body

    def drain(self, seconds):
        """Reads and minds frames for a while; gives them. Ends early when the other side closes."""
        seen, end = [], time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                got = self.read_frame(end - time.monotonic())
                self.mind(got[0], got[1], got[3])
                seen.append(got)
        except Gone as why:
            seen.append(("gone", str(why)))
        return seen

    def close(self):
        try:
            self.sock.close()
        except OSError:
            pass


def unix(path, proxy="PROXY TCP4 192.0.2.7 192.0.2.1 40000 8443\r\n", timeout=10):
    """A plain connection to the server's private socket, beginning as the edge does."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    sock.connect(path)
    if proxy:
        sock.sendall(proxy.encode())
    return sock
