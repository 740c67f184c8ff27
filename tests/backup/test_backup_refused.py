#!/usr/bin/env python3
"""What must not pass for a backup, or be restored: touched, cut off, killed, half written, over something, under another passphrase.

Make and restore are met in their midst by locks, not by luck: a lock on a table holds pg_dump, one on pg_proc holds pg_restore.
"""
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess

import ground
import hansa
import postgres

HOLDS_DUMP = "lock table orders.shipment in access exclusive mode"
HOLDS_LOAD = "lock table pg_catalog.pg_proc in share mode"
WAITS = "select count(*) from pg_stat_activity where datname = current_database() and usename = '%s' and wait_event_type = 'Lock'"
FILES = {"a scan": b"%PDF-1.4\n%one\n%%EOF\n", "a photo": b"\x89PNG\r\n\x1a\n" + b"two" * 20}
SEALED = """select (select count(*) from audit.entry where tenant_id = '%(t)s') = (select coalesce(sum(cardinality(entries)), 0) from audit.seal where tenant_id = '%(t)s')
    and (select max(seal_no) from audit.seal where tenant_id = '%(t)s') = (select seal_no from audit.head where tenant_id = '%(t)s')"""
tap = hansa.Tap()


def told(done, *words):
    return done.returncode == 1 and all(word in done.stdout + done.stderr for word in words)


def fill(home):
    """A tenant, its key, two stored files, entries of the audit trail under several seals."""
    with home.server() as server:
        shutil.copy(server.settings["secret_file"], home.secret_file)
        tenant, key = server.tenant("alpha")
        for name, content in FILES.items():
            kind = "application/pdf" if content[:1] == b"%" else "image/png"
            made = server.request("POST", "/v1/files?name=" + name.replace(" ", "-"), content, key, {"content-type": kind})
            if made.status != 201:
                raise RuntimeError(repr(made))
            if not hansa.wait_for(lambda: home.sql(SEALED % {"t": tenant}) == "t", 60, 0.2):
                raise RuntimeError("not sealed")
        server.stop()
    return tenant, key


# --- what was touched ---

def touched(home, place, phrase):
    """One byte of one file of each kind, a file less, a file more: named, and put right again."""
    folder = place + "/good"
    paths = ground.all_of(folder)
    stored = [path for path in paths if path.startswith("files/")]
    data = [path for path in paths if path.endswith(".dat.gz")]
    for path in [data[0], data[-1], "dump/toc.dat", stored[0], stored[-1], "manifest.json", "SHA256SUMS", "SEAL"]:
        whole, at = folder + "/" + path, 10 if path == "SEAL" else None  # its second line says something only to who has the passphrase
        ground.flip(whole, at)
        done = home.backup("verify", folder)
        tap.ok(told(done, path, "not whole"), "a byte of %s: verify names it" % path.split("/")[0], done)
        ground.flip(whole, at)
        os.rename(whole, place + "/aside")
        done = home.backup("verify", folder)
        tap.ok(told(done, path, "not whole"), "without %s: verify names it" % path.split("/")[0], done)
        os.rename(place + "/aside", whole)
    with open(folder + "/files/more", "w", encoding="ascii") as file:
        file.write("more")
    tap.ok(told(home.backup("verify", folder), "files/more is in no line"), "a file that nobody wrote is named")
    os.unlink(folder + "/files/more")
    done = home.backup("verify", folder, "--passphrase-file", phrase)
    tap.ok(done.returncode == 0 and "proven" in done.stdout, "put right again it is whole", done)


def made_to_fit(home, place, phrase):
    """Who changes a file and all sums after it, and has no passphrase, is found out by who has."""
    folder = place + "/forged"
    shutil.copytree(place + "/good", folder)
    path = next(path for path in ground.all_of(folder) if path.startswith("files/"))
    old = hashlib.sha256(open(folder + "/" + path, "rb").read()).hexdigest()
    ground.flip(folder + "/" + path)
    with open(folder + "/SHA256SUMS", encoding="ascii") as file:
        text = file.read().replace(old + "  ", hashlib.sha256(open(folder + "/" + path, "rb").read()).hexdigest() + "  ")
    with open(folder + "/SHA256SUMS", "w", encoding="ascii") as file:
        file.write(text)
    with open(folder + "/SEAL", encoding="ascii") as file:
        lines = file.read().splitlines()
    for name, kept in (("with the old proof", lines[1:]), ("without a proof", [])):
        with open(folder + "/SEAL", "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in ["sha256 " + hashlib.sha256(text.encode()).hexdigest()] + kept))
        tap.equal(home.backup("verify", folder).returncode, 0, "forged sums %s fit by themselves" % name)
        tap.ok(told(home.backup("verify", folder, "--passphrase-file", phrase), "SEAL differs"), "and not by the passphrase, " + name)
    by_hand = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=place + "/good", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    tap.equal((by_hand.returncode, by_hand.stdout), (0, b""), "sha256sum -c reads SHA256SUMS")


def passphrases(home, empty, place):
    wrong = ground.passphrase(place, "another passphrase altogether", "wrong")
    short = ground.passphrase(place, "short", "short")
    tap.ok(told(home.backup("verify", place + "/good", "--passphrase-file", wrong), "another passphrase"), "verify: another passphrase")
    done = empty.backup("restore", place + "/good", "--passphrase-file", wrong, "--secret-file-to", empty.secret_file)
    tap.ok(told(done, "another passphrase", "nothing was restored") and empty.is_empty() and not empty.is_closed() and not os.path.exists(empty.secret_file),
           "restore: another passphrase; nothing is touched", done)
    tap.ok(told(home.backup("make", place + "/x", "--passphrase-file", short), "12 bytes") and not os.path.exists(place + "/x"), "a short one is refused")
    tap.ok(told(home.backup("make", place + "/x", "--passphrase-file", place + "/none"), "--passphrase-file", "No such file"), "one that is not there is told")
    done = home.backup("make", place + "/plain")
    with open(place + "/plain/manifest.json", encoding="utf-8") as file:
        text = file.read()
    tap.ok(done.returncode == 0 and "secret_file is not in this backup" in done.stderr and '"secrets"' not in text, "without one the secret is left out, and that is said", done)
    done = home.backup("verify", place + "/plain", "--passphrase-file", wrong)
    tap.ok(told(done, "no passphrase in this backup"), "and a passphrase proves nothing of it", done)
    done = home.backup("restore", place + "/plain", "--secret-file-to", place + "/x")
    tap.equal(done.returncode, 2, "a secret is not asked for without a passphrase", done)


# --- what is in the way ---

@contextlib.contextmanager
def connected(url):
    session = postgres.Session(url)
    session.ask("select 1")
    yield
    session.close()


def in_the_way(home, empty, place):
    before = ground.sums(home)
    done = home.backup("restore", place + "/good")
    tap.ok(told(done, "not empty", "nothing was restored") and ground.sums(home) == before and not home.is_closed(), "a database that is not empty is left alone", done)
    with connected(empty.app_url):
        done = empty.backup("restore", place + "/good")
        tap.ok(told(done, "a server is connected") and empty.is_empty() and not empty.is_closed(), "nor is one that a server is connected to", done)
    done = empty.backup("restore", place + "/good", HANSA_BACKUP_DATABASE_URL=home.backup_url)
    tap.ok(told(done, "another database"), "two settings that name two databases are told", done)
    for words, name in ((["make", place + "/x"], "make"), (["restore", place + "/good"], "restore")):
        done = empty.backup(*words, HANSA_BACKUP_DATABASE_URL=empty.owner_url)
        tap.ok(told(done, "row security"), name + ": a role that does not see every row is refused", done)
        done = empty.backup(*words, HANSA_BACKUP_DATABASE_URL=None)
        tap.ok(told(done, "backup_database_url: must be set"), name + ": and none at all", done)
    tap.ok(told(empty.backup("make", place + "/x"), "hansa migrate") and not os.path.exists(place + "/x"), "a database without Hansa's schema is no source")
    tap.ok(told(empty.backup("restore", place + "/none"), "no backup"), "a folder that is not there is no backup")
    tap.ok(told(empty.backup("restore", place + "/good", HANSA_FILES_DIR=place + "/none"), "files_dir") and empty.is_empty(), "where stored files go must be there")


def programs(home, place):
    folder = place + "/bin"
    os.mkdir(folder)
    done = home.backup("make", place + "/x", HANSA_PG_BIN_DIR=folder)
    tap.ok(told(done, "no pg_dump", "postgresql-client-15") and not os.path.exists(place + "/x"), "without pg_dump: said, with the package", done)
    with open(folder + "/pg_dump", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9'\n")
    os.chmod(folder + "/pg_dump", 0o755)
    done = home.backup("make", place + "/x", HANSA_PG_BIN_DIR=folder)
    tap.ok(told(done, "14.9", "PostgreSQL 15") and not os.path.exists(place + "/x.partial"), "an older pg_dump than the server is refused", done)


def lost_file(home, place):
    """A row whose bytes are gone is told by name."""
    path = sorted(ground.tree(home.files))[0]
    os.rename(home.files + "/" + path, place + "/aside")
    done = home.backup("make", place + "/lost")
    tap.ok(told(done, path, "--incomplete") and not os.path.exists(place + "/lost") and not os.path.exists(place + "/lost.partial"), "a lost file ends it, by name", done)
    done = home.backup("make", place + "/lost", "--incomplete")
    checked = home.backup("verify", place + "/lost")
    tap.ok(done.returncode == 0 and checked.returncode == 0 and "1 stored files were not there" in checked.stdout, "--incomplete makes it without, and verify says so", checked)
    os.rename(place + "/aside", home.files + "/" + path)


# --- what is cut off ---

def arguments(pid):
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        return file.read()


def dumping_of(process, folder):
    """pg_dump of a make that is held by a lock, when it has begun to write."""
    hansa.wait_for(lambda: hansa.children_of(process.pid) and os.path.isdir(folder + ".partial/dump"), 60)
    return hansa.children_of(process.pid)


def make_cut_off(home, place, phrase):
    folder = place + "/cut"
    with hansa.Held(home, HOLDS_DUMP):
        process = home.backup_begun("make", folder, "--passphrase-file", phrase)
        dumping = dumping_of(process, folder)
        password = home.backup_url.split(":")[2].split("@")[0].encode()
        tap.ok(dumping and not any(word in arguments(pid) for pid in dumping + [process.pid] for word in (password, b"postgresql://", ground.PASSPHRASE.encode())),
               "no password stands in an argument", [arguments(pid) for pid in dumping])
        done = home.backup("make", folder)
        tap.ok(told(done, "another make"), "two at once do not meet in one folder", done)
        os.kill(dumping[0], signal.SIGKILL)
        output = process.communicate(timeout=60)[0].decode()
        tap.ok(process.returncode == 1 and "killed by signal 9" in output and not os.path.exists(folder) and not os.path.exists(folder + ".partial"),
               "pg_dump killed: told, and nothing left", output)
        process = home.backup_begun("make", folder, "--passphrase-file", phrase)
        dumping = dumping_of(process, folder)
        process.kill()
        process.communicate(timeout=60)
        tap.ok(dumping and hansa.wait_for(lambda: not any(hansa.is_alive(pid) for pid in dumping), 20), "make killed: pg_dump goes with it")
        tap.ok(not os.path.exists(folder) and os.path.isdir(folder + ".partial") and told(home.backup("verify", folder + ".partial"), "no backup"), "and what is left is taken for no backup")
    done = home.backup("make", folder, "--passphrase-file", phrase)
    tap.ok(done.returncode == 0 and "never finished" in done.stderr and not os.path.exists(folder + ".partial"), "the next make takes it away and ends well", done)
    tap.equal(home.backup("verify", folder, "--passphrase-file", phrase).returncode, 0, "and is whole")


def restore_cut_off(empty, place, phrase):
    words = ["restore", place + "/good", "--passphrase-file", phrase, "--secret-file-to", empty.secret_file]
    with hansa.Held(empty, HOLDS_LOAD):
        process = empty.backup_begun(*words)
        hansa.wait_for(lambda: empty.sql(WAITS % "hansa_owner") != "0", 60)
        loading = hansa.children_of(process.pid)
        process.kill()
        process.communicate(timeout=60)
        tap.ok(loading and hansa.wait_for(lambda: not any(hansa.is_alive(pid) for pid in loading), 20), "restore killed in its midst: pg_restore goes with it")
    hansa.wait_for(lambda: empty.sql("select count(*) from pg_stat_activity where datname = current_database() and usename = 'hansa_owner'") == "0", 30)
    tap.ok(empty.is_closed() and empty.is_empty(), "the database is as empty as before, and closed")
    kept_out(empty, "serve")
    kept_out(empty, "work")
    done = empty.backup(*words)
    tap.ok(done.returncode == 0 and not empty.is_closed(), "restored again, it ends well and is open", done)
    with empty.server() as server:
        tap.equal(server.stop(), 0, "and is served")


def kept_out(home, verb):
    done = hansa.run_hansa([verb], check=False, HANSA_DATABASE_URL=home.app_url, HANSA_LISTEN_LOOPBACK="127.0.0.1:%d" % hansa.free_port())
    tap.ok(done.returncode == 2 and "a backup is being restored" in done.stderr, "hansa %s does not start on it, and says why" % verb, done)


def full_disk(home, place, phrase):
    folder = place + "/small"
    os.mkdir(folder)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", folder], stderr=subprocess.DEVNULL, check=False).returncode:
        tap.skip("a full disk", "needs root and the right to mount a tmpfs")
        return
    try:
        done = home.backup("make", folder + "/b", "--passphrase-file", phrase)
        tap.ok(told(done, "No space left", "no backup was made") and os.listdir(folder) == [], "a full disk: told, and nothing left", done)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


# --- what does not verify after it was loaded ---

def cut_chain(home, other, place, tenant):
    """The audit trail was cut before the backup was made: the sums fit, the chain does not."""
    home.sql("""delete from audit.entry e using audit.seal s where s.tenant_id = '%(t)s' and e.tenant_id = s.tenant_id and e.entry_id = any (s.entries)
                   and s.seal_no = (select max(seal_no) from audit.seal where tenant_id = '%(t)s');
                delete from audit.seal where tenant_id = '%(t)s' and seal_no = (select max(seal_no) from audit.seal where tenant_id = '%(t)s');""" % {"t": tenant})
    done = home.backup("make", place + "/cutchain")
    tap.equal(done.returncode, 0, "a backup of it is made", done)
    done = other.backup("restore", place + "/cutchain")
    tap.ok(told(done, "its tail was cut", "stays closed"), "restore finds the chain out", done)
    tap.ok(other.is_closed() and not other.is_empty(), "what was loaded stays closed to the server")
    kept_out(other, "serve")
    done = other.backup("restore", place + "/good")
    tap.ok(told(done, "half a restore"), "nothing is restored over it", done)


def main():
    place = hansa.place("refused")
    try:
        with hansa.Cluster("fast") as cluster:
            home = ground.Home(cluster, place)
            empty, other = (ground.Home(cluster.database(name), place, name) for name in ("empty", "other"))
            phrase = ground.passphrase(place)
            tenant, _ = fill(home)
            done = home.backup("make", place + "/good", "--passphrase-file", phrase)
            tap.equal(done.returncode, 0, "a backup to begin with", done)
            touched(home, place, phrase)
            made_to_fit(home, place, phrase)
            passphrases(home, empty, place)
            in_the_way(home, empty, place)
            programs(home, place)
            lost_file(home, place)
            full_disk(home, place, phrase)
            make_cut_off(home, place, phrase)
            restore_cut_off(empty, place, phrase)
            cut_chain(home, other, place, tenant)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
