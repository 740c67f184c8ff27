#!/usr/bin/env python3
"""Makes C of track_page.html: parts, slots and words as tables, and the page's Content-Security-Policy.

    embed_page.py track_page.html OUT_DIRECTORY    writes track_page_parts.h and track_page_parts.c there

A slot or part that C names and the page does not have (or the other way round) is a compile error: both are enums made
from the page. The policy allows the one style sheet by the SHA-256 of the very bytes that are embedded.
"""
import base64
import hashlib
import os
import re
import sys

PART = re.compile(r"^<!--= (\w+) -->\n", re.M)
MARK = re.compile(r"\{\{(word:)?(\w+)\}\}")
POLICY = ("default-src 'none'; style-src 'sha256-%s'; img-src data:; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'")


def parts_of(text):
    found = list(PART.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match.group(1), squeezed(text[match.end():end])) for match, end in zip(found, ends)]


def squeezed(text):
    """Indentation is for the reader of the source only."""
    return "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())


def c_text(text):
    lines = []
    for line in text.splitlines(keepends=True):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("?", "\\?")
        lines.append('"%s"' % escaped)
    return "\n        ".join(lines)


def pieces_of(text):
    """(kind, value) where kind is LITERAL, SLOT or WORD."""
    at = 0
    for match in MARK.finditer(text):
        if match.start() > at:
            yield "LITERAL", text[at:match.start()]
        yield ("WORD" if match.group(1) else "SLOT"), match.group(2)
        at = match.end()
    if at < len(text):
        yield "LITERAL", text[at:]


def piece_line(kind, value):
    if kind == "LITERAL":
        return "    {HANSA_TRACKING_LITERAL, 0, %d,\n        %s},\n" % (len(value.encode()), c_text(value))
    return "    {HANSA_TRACKING_%s, HANSA_TRACKING_%s_%s, 0, 0},\n" % (kind, kind, value)


def header(parts, slots):
    listed = lambda kind, names: "".join("    HANSA_TRACKING_%s_%s,\n" % (kind, name) for name in names)
    return """/* Made by server/tracking/embed_page.py from track_page.html. Do not edit. */
#ifndef HANSA_TRACKING_TRACK_PAGE_PARTS_H
#define HANSA_TRACKING_TRACK_PAGE_PARTS_H

#include <stddef.h>

enum hansa_tracking_part {
%s};

enum hansa_tracking_slot {
%s    HANSA_TRACKING_SLOT_COUNT
};

struct hansa_tracking_piece {
    enum { HANSA_TRACKING_LITERAL, HANSA_TRACKING_SLOT, HANSA_TRACKING_WORD } kind;
    int id; /* of the slot or word */
    size_t len;
    const char *text;
};

struct hansa_tracking_pieces {
    const struct hansa_tracking_piece *at;
    size_t count;
};

extern const struct hansa_tracking_pieces hansa_tracking_parts[]; /* by enum hansa_tracking_part */
extern const char hansa_tracking_page_policy[];                   /* value of Content-Security-Policy */

#endif
""" % (listed("PART", [name for name, _ in parts]), listed("SLOT", slots))


def source(parts, policy):
    out = ["/* Made by server/tracking/embed_page.py from track_page.html. Do not edit. */\n",
           '#include "track_page_parts.h"\n', '#include "track_page_words.h"\n\n']
    for name, text in parts:
        out.append("static const struct hansa_tracking_piece part_%s[] = {\n" % name)
        out += [piece_line(kind, value) for kind, value in pieces_of(text)]
        out.append("};\n")
    out.append("\nconst struct hansa_tracking_pieces hansa_tracking_parts[] = {\n")
    out += ["    {part_%s, sizeof part_%s / sizeof *part_%s},\n" % (name, name, name) for name, _ in parts]
    out.append('};\n\nconst char hansa_tracking_page_policy[] =\n    "%s";\n' % policy)
    return "".join(out)


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)


def main(page, folder):
    with open(page, encoding="utf-8") as file:
        parts = parts_of(file.read())
    styles = re.findall(r"<style>(.*?)</style>", "".join(text for _, text in parts), re.S)
    if len(styles) != 1 or MARK.search(styles[0]):
        sys.exit("%s: exactly one <style>, without slots, is what the policy can allow" % page)
    if re.search(r"<script|\son\w+=|\sstyle=", "".join(text for _, text in parts), re.I):
        sys.exit("%s: scripts and style attributes are not allowed" % page)
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    slots = sorted({value for _, text in parts for kind, value in pieces_of(text) if kind == "SLOT"})
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "track_page_parts.h"), header(parts, slots))
    write(os.path.join(folder, "track_page_parts.c"), source(parts, POLICY % digest))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: embed_page.py track_page.html OUT_DIRECTORY")
    main(sys.argv[1], sys.argv[2])
