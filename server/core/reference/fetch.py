#!/usr/bin/env python3
"""Fetches the renderer of GET /docs from npm into the build folder, as package-lock.json pins it by its digest.

    fetch.py BUILD_FOLDER    installs into it, or leaves it as it is when it is there already

Never fails: without npm, or when the registry does not answer, it says so and the build goes on; /docs then serves the plain
list of operations. No script of any package runs (--ignore-scripts).
"""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 120
STAMP = "installed-from.json"  # a copy of the lock file that the folder was installed from


def main(folder):
    lock = (HERE / "package-lock.json").read_text()
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text() == lock:
        return
    npm = shutil.which("npm")
    if npm is None or os.environ.get("HANSA_REFERENCE") == "plain":
        print("reference: no npm; /docs will be the plain list of operations", file=sys.stderr)
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1",
               "--fetch-timeout=30000", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        why = "" if done.returncode == 0 else done.stderr.strip()[-400:]
    except subprocess.TimeoutExpired:
        why = f"no answer in {SECONDS} s"
    if why:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"reference: npm failed; /docs will be the plain list of operations\n{why}", file=sys.stderr)
        return
    stamp.write_text(lock)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: fetch.py BUILD_FOLDER")
    main(pathlib.Path(sys.argv[1]))
