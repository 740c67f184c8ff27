#!/usr/bin/env python3
"""Promises X2 and X10: floods, resets and bombs through the shipped edge; a good client beside them is always answered,
nothing dies, memory stays bounded, and cancelled requests cost the database next to nothing. The long form with p99 is
tests/edge/attacks --long."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import attack_modes
import battery
import hansa

SECONDS = float(os.environ.get("HANSA_ATTACK_SECONDS", "2"))
# These aim at the database: the number of transactions must stay near the number of answers (X10).
COUNTED = {"rapid_reset_database", "made_you_reset_zero", "made_you_reset_overflow", "made_you_reset_data", "h1_leave"}


def nothing(a):
    """No attack: what the good client and the server's own clocks cost in the same time, on this machine and at this hour."""
    time.sleep(a.seconds)


def commits(database):
    """Transactions that ended in this database, as PostgreSQL counts them (its sessions report once a second)."""
    time.sleep(1.2)
    return int(database.sql("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"))


def main():
    tap = hansa.Tap()
    with hansa.Database() as database, hansa.Server(database, sanitizer=":quarantine_size_mb=8") as server:
        _, key = server.tenant("good")
        for is_http2 in (True, False):
            leg = "private leg HTTP/2" if is_http2 else "private leg HTTP/1.1"
            if not is_http2:
                server.stop()
                server.settings["edge_http2"] = "off"
                server.start()
            with hansa.Edge(server, http2=is_http2) as edge:
                begun = commits(database)
                battery.run_mode(nothing, edge, server, len(attack_modes.MODES), SECONDS, key)
                alone = commits(database) - begun
                hansa.note("%d transactions without an attack" % alone)
                for number, mode in enumerate(attack_modes.MODES):
                    # On the other leg only what reaches the server behaves differently.
                    if not is_http2 and mode.__name__ not in COUNTED | {"reset_before_answer", "flush_window", "deep_json", "unfinished_bodies"}:
                        continue
                    before = commits(database) if mode.__name__ in COUNTED else 0
                    verdict = battery.run_mode(mode, edge, server, number, SECONDS, key)
                    tap.ok(not verdict.faults, "%s, %s" % (verdict.mode, leg), "\n".join(verdict.faults))
                    hansa.note(verdict.line())
                    if mode.__name__ in COUNTED and server.is_alive():
                        # Beside it: what had begun before its cancel was seen, within the edge's rate of 300 a second.
                        spent = commits(database) - before
                        limit = alone + (int(350 * SECONDS) if mode.__name__ == "h1_leave" else 200)
                        tap.ok(spent <= limit, "%s, %s: bounded work" % (verdict.mode, leg), "%d transactions, %d without the attack, limit %d" % (spent, alone, limit))
                        hansa.note("%d transactions" % spent)
                    if not server.is_alive():
                        server.start()
        tap.equal(server.stop(), 0, "the server ends with 0 afterwards", server.log_text()[-2000:])
        tap.equal(server.reports(), "", "no sanitizer report")
    tap.done()


main()
