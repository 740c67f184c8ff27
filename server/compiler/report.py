"""What the compiler found wrong, each with its place, in the form that editors and build logs understand."""

import os
import sys


class Report:
    """Collects faults so that one run shows all of them."""

    def __init__(self):
        self.faults = []

    def add(self, path, line, text):
        relative = os.path.relpath(path)
        fault = f"{path if relative.startswith('../..') else relative}:{line}: error: {text}"
        if fault not in self.faults:
            self.faults.append(fault)

    def is_clean(self):
        return not self.faults

    def print(self):
        for fault in self.faults:
            print(fault, file=sys.stderr)


def read_text(path, report):
    """The UTF-8 text of a file, or None after saying what is wrong with it."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as why:
        report.add(path, 1, f"cannot be read as UTF-8: {why}")
        return None
    if "\r" in text or "\0" in text:
        report.add(path, 1, "holds a carriage return or a NUL")
        return None
    return text


def write_if_changed(path, text):
    """Leaves the file's time alone when nothing changed, so that make rebuilds only what it must."""
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True
