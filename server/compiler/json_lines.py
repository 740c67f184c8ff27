"""JSON reading that remembers on which line each member stands and refuses doubled members.

The standard reader forgets positions, and a build error without a line is half an error.
"""

import re
from json.decoder import scanstring

SPACE = re.compile(r"[ \t\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WORDS = {"true": True, "false": False, "null": None}


class JsonFault(Exception):
    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Object(dict):
    """A dict that knows its own line and the line of each member."""

    def __init__(self, line):
        super().__init__()
        self.line = line
        self.lines = {}


class Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def line(self):
        return self.text.count("\n", 0, self.at) + 1

    def fail(self, text):
        raise JsonFault(self.line(), text)

    def skip(self):
        self.at = SPACE.match(self.text, self.at).end()
        return self.text[self.at : self.at + 1]

    def string(self):
        try:
            value, self.at = scanstring(self.text, self.at + 1, True)
        except ValueError as why:
            self.fail(str(why))
        return value

    def value(self):
        first = self.skip()
        if first == "{":
            return self.object()
        if first == "[":
            return self.array()
        if first == '"':
            return self.string()
        for word, value in WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        number = NUMBER.match(self.text, self.at)
        if not number:
            self.fail("JSON value expected")
        self.at = number.end()
        text = number.group()
        return int(text) if text.lstrip("-").isdigit() else float(text)

    def array(self):
        items = []
        self.at += 1
        if self.skip() == "]":
            self.at += 1
            return items
        while True:
            items.append(self.value())
            mark = self.skip()
            self.at += 1
            if mark == "]":
                return items
            if mark != ",":
                self.fail("',' or ']' expected")

    def object(self):
        found = Object(self.line())
        self.at += 1
        if self.skip() == "}":
            self.at += 1
            return found
        while True:
            if self.skip() != '"':
                self.fail("member name expected")
            line = self.line()
            name = self.string()
            if name in found:
                self.fail(f'member "{name}" stands here twice')
            if self.skip() != ":":
                self.fail("':' expected")
            self.at += 1
            found[name] = self.value()
            found.lines[name] = line
            mark = self.skip()
            self.at += 1
            if mark == "}":
                return found
            if mark != ",":
                self.fail("',' or '}' expected")


def parse(text):
    """The value of one JSON document. Raises JsonFault."""
    reader = Reader(text)
    value = reader.value()
    if reader.skip():
        reader.fail("more text after the document")
    return value
