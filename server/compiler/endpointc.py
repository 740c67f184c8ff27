#!/usr/bin/env python3
"""Endpoint compiler: reads every room's endpoint files, schemas and errors.def and writes the C tables and openapi.json.

    endpointc.py --server server --out build/generated [--depfile FILE]

Writes hansa_endpoints.c, hansa_error_ids.h, hansa_steps.h (prototypes of the rooms' C steps) and openapi.json; a file is
only touched when its content changed. Faults go to standard error as `file:line: error: …`, and the exit code is 1.
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True  # a build leaves nothing in the source tree

import def_files
import emit_c
import emit_openapi
import front_matter
import house_rules
from report import Report, write_if_changed
from schema_file import SchemaFiles

NO_ROOM = {"compiler", "codec", "portal"}


class House:
    """Everything that was read: rooms, their errors and endpoints, the schemas that they name."""

    def __init__(self, tops, formats, report):
        self.report = report
        self.homes = {d.name: d for top in tops for d in top.iterdir() if d.is_dir() and d.name not in NO_ROOM}
        self.rooms = sorted(self.homes)
        self.formats = def_files.read_formats(formats, report)
        self.schemas = SchemaFiles(self.formats, report)
        self.inputs = [formats]
        self.errors = {}
        self.endpoints = []
        self.read_errors()
        self.read_endpoints()

    def read_errors(self):
        constraints = {}
        for room in self.rooms:
            path = self.homes[room] / "errors.def"
            if not path.exists():
                continue
            self.inputs.append(path)
            for error in def_files.read_errors(path, room, self.report):
                error.index = len(self.errors)
                twin = constraints.setdefault(error.constraint, error.code) if error.constraint else error.code
                if twin != error.code:
                    self.report.add(path, 1, f"constraint {error.constraint} already means {twin}")
                self.errors.setdefault(error.code, error)

    def read_endpoints(self):
        for room in self.rooms:
            for path in sorted(self.homes[room].glob("*.sql")):
                self.inputs.append(path)
                found = front_matter.parse(path, room, self.report)
                if found:
                    found.variants = [] if found.sql.is_empty() else found.sql.variants()
                    self.endpoints.append(found)
        self.endpoints.sort(key=lambda e: e.full_name())
        for found in self.endpoints:
            house_rules.check_endpoint(found, self.rooms, self.errors, self.report)
            self.read_schemas(found)
        house_rules.check_routes(self.endpoints, self.report)
        house_rules.check_jobs(self.endpoints, self.report)
        for room in sorted({e.room for e in self.endpoints}):
            for path in sorted(self.homes[room].glob("*.json")):
                self.schemas.load(path)
        self.inputs += [p for p in (self.homes[room] / "ROOM.md" for room in self.rooms) if p.exists()]
        self.inputs += [p for p in sorted(self.schemas.documents) if p not in self.inputs]

    def read_schemas(self, found):
        for name, key in ((found.body_file, "body"), (found.reply_file, "reply")):
            if name:
                self.schemas.load(found.file.parent / name, (found.file, found.line(key)))
        if found.body_file:
            self.schemas.check_bounds(found.file.parent / found.body_file)

    def schema(self, found, name):
        """The node behind a file named in an endpoint, or None."""
        return self.schemas.nodes.get((found.file.parent / name).resolve()) if name else None


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Compiles endpoint files to C tables and OpenAPI.")
    parser.add_argument("--server", type=pathlib.Path, required=True, help="folder of the rooms")
    parser.add_argument("--also", type=pathlib.Path, action="append", default=[], help="folder with more rooms (of tests)")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for what is generated")
    parser.add_argument("--formats", type=pathlib.Path, default=here.parent.parent / "include/hansa/formats.def")
    parser.add_argument("--depfile", type=pathlib.Path, help="also write the inputs as a make rule")
    options = parser.parse_args()
    report = Report()
    house = House([options.server, *options.also], options.formats, report)
    if not report.is_clean():
        report.print()
        return 1
    document = emit_openapi.document(house)
    write_if_changed(options.out / "openapi.json", document)
    write_if_changed(options.out / "hansa_error_ids.h", emit_c.error_ids(house))
    write_if_changed(options.out / "hansa_steps.h", emit_c.steps(house))
    write_if_changed(options.out / "hansa_endpoints.c", emit_c.tables(house, document))
    if options.depfile:
        inputs = sorted(str(p.resolve()) for p in [*house.inputs, *here.glob("*.py")])
        rule = f"{options.out.resolve() / 'hansa_endpoints.c'}: " + " \\\n  ".join(inputs) + "\n"
        write_if_changed(options.depfile, rule)
    return 0


if __name__ == "__main__":
    sys.exit(main())
