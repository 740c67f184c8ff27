"""Small files of each type, different each time, and how they are sent."""
import os
import struct
import zlib

import hansa


def png(extra=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)) + chunk(b"tEXt", b"x\0" + os.urandom(8).hex().encode() + extra) + \
        chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")


def jpeg(size=64):
    return b"\xff\xd8\xff\xe0" + os.urandom(max(0, size - 6)) + b"\xff\xd9"


def webp():
    return b"RIFF" + struct.pack("<I", 20) + b"WEBPVP8 " + os.urandom(16)


def pdf():
    return b"%PDF-1.4\n%" + os.urandom(12).hex().encode() + b"\n%%EOF\n"


TYPES = {"image/png": png, "image/jpeg": jpeg, "image/webp": webp, "application/pdf": pdf}


def upload(way, key, body, media="image/png", name="a.png", query="", **headers):
    return way.request("POST", "/v1/files?name=%s%s" % (name, query), body, key, {"content-type": media, **headers})


def stored(folder):
    """{path below the store: size} of whole files."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if name != "lock":
                path = os.path.join(where, name)
                found[os.path.relpath(path, folder)] = os.path.getsize(path)
    return found


def store(name="store"):
    """A new empty store."""
    return hansa.place(name)
