#!/usr/bin/env python3
"""Promise K4: the systemd unit that is shipped leaves what serves little to break. Read, not run: no systemd is needed but its analyser."""
import json
import os
import re
import shutil
import subprocess

import hansa

UNIT = os.path.join(hansa.ROOT, "deploy", "hansa@.service")
WORST = 3.0
tap = hansa.Tap()


def analysed(*words):
    return subprocess.run(["systemd-analyze", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env=dict(os.environ, SYSTEMD_PAGER="", SYSTEMD_COLORS="0"))


def is_hardened():
    done = analysed("security", "--offline=true", "--threshold=%d" % (WORST * 10), "--no-pager", UNIT)
    worst = re.search(r"exposure level for \S+ ([0-9.]+)", done.stdout)
    if worst:
        hansa.note("systemd-analyze security: %s" % worst.group(1))
    tap.ok(done.returncode == 0 and worst and float(worst.group(1)) <= WORST, "systemd-analyze security is at most %.1f (K4)" % WORST, done.stdout[-3000:])
    done = analysed("security", "--offline=true", "--json=short", "--no-pager", UNIT)
    table = {row["json_field"]: row["set"] for row in json.loads(done.stdout)}
    must = ["NoNewPrivileges", "UserOrDynamicUser", "ProtectHome", "ProtectSystem", "PrivateTmp", "MemoryDenyWriteExecute", "SystemCallFilter_mount"]
    tap.equal([name for name in must if not table[name]], [], "and it is so by what matters most", table)


def is_well_formed():
    """By systemd's own reader, with a program in the place of ours, which is not installed here."""
    folder = hansa.place("units")
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    for name in ("serve", "work"):
        with open("%s/hansa@%s.service" % (folder, name), "w", encoding="utf-8") as file:
            file.write(text.replace("/usr/bin/hansa ", hansa.binary() + " "))
        done = analysed("verify", "--man=no", "--recursive-errors=no", "%s/hansa@%s.service" % (folder, name))
        tap.ok(done.returncode == 0 and not done.stdout.strip(), "systemd reads hansa@%s without a word" % name, done.stdout)
    shutil.rmtree(folder)


def speaks_of_settings():
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(hansa.ROOT, "include", "hansa", "config.def"), encoding="utf-8") as file:
        known = {"HANSA_" + name.upper() for name in re.findall(r"^HANSA_SETTING\((\w+)", file.read(), re.M)}
    used = set(re.findall(r"\b(HANSA_[A-Z_]+)=", text))
    tap.ok(used and used <= known, "each setting in it is one that the server reads", used - known)
    tap.ok("\nKillMode=mixed\n" in text and "\nRestartPreventExitStatus=2\n" in text,
           "signals are for the parent alone, and refused settings are not tried again (0039)")
    drain = int(re.search(r"HANSA_SETTING\(drain_ms, NUMBER, \"(\d+)\"", open(os.path.join(hansa.ROOT, "include", "hansa", "config.def"), encoding="utf-8").read()).group(1))
    tap.ok(int(re.search(r"^TimeoutStopSec=(\d+)$", text, re.M).group(1)) * 1000 > drain, "it may take its drain time to stop")


def main():
    is_hardened()
    is_well_formed()
    speaks_of_settings()
    tap.done()


if __name__ == "__main__":
    main()
