"""Migrations in C: order, bytes, checksums, and what is refused."""
import hashlib
import os
import shutil
import subprocess

import fixture
import hansa

FILES = {
    "migrations/0001_core.sql": "create table a ();\n-- Zürich \"??/\" \\ \ttab\n",
    "migrations/0002_orders.sql": "select 1",
    "migrations/rooms/orders/20_functions.sql": "select 3;\n\n",
    "migrations/rooms/crm/views.sql": "",
    "migrations/schema.sql": "-- golden, never run",
}
ORDER = ["0001_core.sql", "0002_orders.sql", "rooms/crm/views.sql", "rooms/orders/20_functions.sql"]
PROGRAM = r"""
#include <hansa/migration_files.h>
#include <stdio.h>
int main(void) {
    for (size_t i = 0; i < hansa_migration_file_count; i++) {
        const struct hansa_migration_file *file = &hansa_migration_files[i];
        char name[32];
        snprintf(name, sizeof name, "out/%zu", i);
        FILE *out = fopen(name, "w");
        if (out == NULL || fwrite(file->text, 1, file->len, out) != file->len || fclose(out) != 0) return 1;
        printf("%s %s %d %d\n", file->path, file->sha256, file->is_room_file, file->text[file->len]);
    }
}
"""


def embed(place):
    return place.run("embed.py", "--root", "migrations", "--out", "out/m.c", "--depfile", "out/d")


def check_c(tap, place):
    compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        tap.skip("the C holds the bytes of the files", "no C compiler")
        return
    place.write("main.c", PROGRAM)
    built = subprocess.run([compiler, "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-I" + str(fixture.ROOT / "include"),
                            "-o", "main", "main.c", "out/m.c"], cwd=place.root, text=True, capture_output=True)
    if not tap.ok(built.returncode == 0, "the C compiles without a warning", built.stderr):
        return
    rows = [line.split() for line in subprocess.run(["./main"], cwd=place.root, text=True, capture_output=True).stdout.splitlines()]
    tap.equal([row[0] for row in rows], ORDER, "numbered files first, then the rooms, sorted")
    tap.equal([row[2] for row in rows], ["0", "0", "1", "1"], "room files are marked")
    for place_in_table, (name, digest, _, after) in enumerate(rows):
        data = FILES["migrations/" + name].encode()
        tap.equal((place.root / "out" / str(place_in_table)).read_bytes(), data, f"{name} has its bytes")
        tap.equal(digest, hashlib.sha256(data).hexdigest(), f"{name} has its checksum")
        tap.equal(after, "0", f"{name} ends with NUL")


def main():
    tap = hansa.Tap()
    with fixture.Place() as place:
        for name, text in FILES.items():
            place.write(name, text)
        done = embed(place)
        tap.ok(done.returncode == 0 and not done.stderr, "migrations are embedded", done.stderr)
        check_c(tap, place)
        tap.ok("20_functions.sql" in place.read("out/d"), "the make rule names the files")
    for name, words in (("0004_gap.sql", "is not 0003"), ("0002_again.sql", "is not 0003"),
                        ("3_short.sql", "NNNN_name.sql"), ("0003-Bad.sql", "NNNN_name.sql")):
        with fixture.Place() as place:
            for file, text in {**FILES, "migrations/" + name: ""}.items():
                place.write(file, text)
            done = embed(place)
            tap.ok(done.returncode == 1 and words in done.stderr, f"{name} is refused", done.stderr)
    tap.done()


main()
