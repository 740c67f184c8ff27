#!/usr/bin/env python3
"""A backup that restores: made while others write, loaded into an empty cluster, compared row by row and byte by byte, and served.

The source holds one of everything of every room (support/world.py), and a file whose bytes lie in another tenant's folder.
"""
import hashlib
import json
import os
import shutil
import sys

import client
import ground
import hansa
import people

sys.path.insert(0, os.path.join(hansa.ROOT, "tests", "reliability"))
import events_load  # noqa: E402

LENT = """insert into files.file (tenant_id, file_id, sha256, media_type, size_bytes, name, created_by, kind, visibility, origin_tenant)
    select '%(to)s', core.uuidv7(), sha256, media_type, size_bytes, 'lent.pdf', created_by, kind, visibility, tenant_id
      from files.file where tenant_id = '%(of)s' and file_id = '%(file)s' returning file_id;
    insert into files.loan (tenant_id, sha256, counterpart) select tenant_id, sha256, '%(to)s' from files.file where tenant_id = '%(of)s' and file_id = '%(file)s';
    delete from files.file where tenant_id = '%(of)s' and file_id = '%(file)s';"""
tap = hansa.Tap()


def lend(run, owner, taker):
    """A file of the taker's whose bytes lie in the owner's folder, where no row of the owner's names them any more."""
    content = b"%PDF-1.4\n%lent\n%%EOF\n"
    made = run.ask("POST", "/v1/files?name=lent.pdf", content, owner.key, {"content-type": "application/pdf"})
    file_id = run.database.sql(LENT % {"to": taker.tenant, "of": owner.tenant, "file": made.json["file_id"]})
    return file_id.splitlines()[0], content


def made_while_others_write(run, home, place, phrase):
    """The first backup. What was acknowledged before it began is in it, what began after it is not, and no event has a hole before it."""
    events_load.shipment_make(run.server, run.a.key, "BACKUP1")
    load = events_load.EventsLoad(run.server, run.a.key, "BACKUP1", count=3).start()
    hansa.wait_for(lambda: len(load.acknowledged) > 20, 60)
    before = set(load.acknowledged)
    done = home.backup("make", place + "/moving", "--passphrase-file", phrase)
    between = len(load.acknowledged)
    hansa.wait_for(lambda: len(load.acknowledged) > between + 5, 60)
    load.end()
    tap.equal((done.returncode, done.stderr), (0, ""), "a backup is made while others write", done)
    tap.ok(between > len(before), "and they were not kept from it", "%d then, %d after" % (len(before), between))
    return before, set(load.acknowledged)


def look(place, name, phrase, home):
    """What a backup holds, and what not."""
    folder = place + "/" + name
    with open(folder + "/manifest.json", encoding="utf-8") as file:
        manifest = json.load(file)
    with open(folder + "/SHA256SUMS", encoding="utf-8") as file:
        listed = dict(reversed(line.rstrip("\n").split("  ", 1)) for line in file)
    there = {path: hashlib.sha256(open(folder + "/" + path, "rb").read()).hexdigest() for path in ground.all_of(folder) if path not in ("SHA256SUMS", "SEAL")}
    tap.equal(listed, there, name + ": every file stands in SHA256SUMS, by its own sum")
    tap.equal([path for path in ground.all_of(folder) if os.stat(folder + "/" + path).st_mode & 0o077], [], name + ": nobody else may read it")
    stored, saved = ground.tree(home.files), ground.tree(folder + "/files")
    tap.ok(len(saved) > 30 and all(stored.get(path) == content for path, content in saved.items()), name + ": stored files byte for byte", len(saved))
    with open(home.secret_file, "rb") as file:
        secret = file.read()
    whole = b"".join(open(folder + "/" + path, "rb").read() for path in ground.all_of(folder))
    tap.ok(secret not in whole and secret.hex().encode() not in whole and ground.PASSPHRASE.encode() not in whole, name + ": no secret stands in it in clear")
    tap.ok(manifest["secrets"][0]["name"] == "secret_file" and manifest["passphrase"]["kdf"] == "scrypt", name + ": the secret file is sealed in it")
    done = home.backup("verify", folder, "--passphrase-file", phrase)
    tap.ok(done.returncode == 0 and "whole" in done.stdout and "proven" in done.stdout, name + ": verify says that it is whole", done)
    done = home.backup("verify", folder, HANSA_BACKUP_DATABASE_URL=None, HANSA_OWNER_DATABASE_URL=None, HANSA_SECRET_FILE=None)
    tap.ok(done.returncode == 0 and "not checked" in done.stdout, name + ": also without database and passphrase, and says what it left out", done)
    return manifest


def restored(home, place, name, phrase, manifest, tenants):
    done = home.backup("restore", place + "/" + name, "--passphrase-file", phrase, "--secret-file-to", home.secret_file, HANSA_SECRET_FILE=home.secret_file)
    tap.ok(done.returncode == 0 and "the server may start" in done.stdout, name + ": is restored into an empty database", done)
    # a tenant that was made a moment before has no seal yet, and none is missed
    tap.ok(done.stdout.count("head signed") == tenants >= len(manifest["chain_ends"]) > 0, name + ": the audit chain of each tenant was looked through, to its signed head", done.stdout)
    tap.ok(not home.is_closed() and home.sql("select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()") == "",
           name + ": the database is open to the server again")
    counted = {table: row.split("|")[0] for table, row in ground.sums(home).items()}
    tap.equal(counted, {t["name"]: str(t["rows"]) for t in manifest["tables"]}, name + ": rows of every table as the manifest says")
    tap.ok(sum(1 for t in manifest["tables"] if t["rows"]) > 70, name + ": and most tables have some")


def moving_is_one_moment(home, before, after):
    kept = set(home.sql("select source_event_id from tracking.event where source = 'load'").splitlines())
    tap.ok(before <= kept <= after, "what was acknowledged before it began is in it, and nothing that was not", "%d <= %d <= %d" % (len(before), len(kept), len(after)))
    holes = [name for name in kept if not name.endswith("-0") and "%s-%d" % (name.rsplit("-", 1)[0], int(name.rsplit("-", 1)[1]) - 1) not in kept]
    tap.equal(holes, [], "of each writer all that it had written until that moment")


def quiet_is_the_same(source, home, place):
    a, b = ground.sums(source), ground.sums(home)
    tap.equal([table for table in sorted(set(a) | set(b)) if a.get(table) != b.get(table)], [], "every table has the same rows: %d tables" % len(a))
    ends = "select string_agg(tenant_id || ' ' || seal_no || ' ' || encode(hash, 'hex') || ' ' || encode(signature, 'hex'), ',' order by tenant_id) from audit.head"
    tap.equal(source.sql(ends), home.sql(ends), "the audit heads are the same")
    wanted = ground.tree(place + "/quiet/files")
    tap.ok(ground.tree(home.files) == wanted and len(wanted) > 30, "stored files are there, byte for byte: %d" % len(wanted))
    sequences = "select schemaname || '.' || sequencename || ' ' || coalesce(last_value, 0) from pg_sequences order by 1"
    tap.equal(source.sql(sequences), home.sql(sequences), "sequences go on where they were")


def is_served(home, run, lent):
    """The restored system answers; what was sealed under the secret file opens again."""
    with home.server() as server:
        a, b = run.a, run.b
        got = server.request("GET", "/v1/shipments/" + a.values["shipment_id"], key=a.key)
        tap.ok(got.status == 200 and got.json["tracking_number"] == a.values["tracking_number"], "a key works, and finds its shipment", got)
        got = server.request("GET", "/v1/files/%s/content" % lent[0], key=b.key)
        tap.ok(got.status == 200 and got.body == lent[1], "a file that was lent is read from where it lies", got)
        person = people.Person("alpha", a.values["own_email"], people.PASSWORD)
        tap.equal(people.try_sign_in(server, person).status, 201, "a person signs in")
        tap.ok(people.links(server, "alpha", email="invited@canary.example")[0]["url"].startswith("https://"), "a link that was sealed under the secret file opens")
        made = server.request("POST", "/v1/tracking/events", {"events": [{"number": "BACKUP1", "source": "later", "source_event_id": "1", "code": "ENR",
                                                                          "event_time": "2026-03-11T10:42:00Z"}]}, key=a.key)
        tap.ok(made.status == 200 and made.json["accepted"] == 1, "and it takes what comes", made)
        got = hansa.run_hansa(["migrate"], HANSA_OWNER_DATABASE_URL=home.owner_url, check=False)
        tap.ok(got.returncode == 0 and " 0 of " in got.stdout, "hansa migrate finds nothing to do", got)
        tap.equal(server.stop(), 0, "the server ends with 0", server.log_text()[-1500:])


def main():
    place, phrase = hansa.place("backup"), None
    try:
        with hansa.Cluster("fast") as cluster:
            with client.Run("backup", rooms=True, database=cluster, max_running_tenant=100) as run:
                phrase = ground.passphrase(place)
                run.a, run.b = run.world("alpha"), run.world("beta", full=False)
                lent = lend(run, run.a, run.b)
                people.admin(run.server, "user", "create", "--tenant", "alpha", "--email", "invited@canary.example", "--name", "Ida Invited")
                source = ground.Home(cluster, place, files=run.server.settings["files_dir"], secret=place + "/secret")
                shutil.copy(run.server.settings["secret_file"], source.secret_file)
                before, after = made_while_others_write(run, source, place, phrase)
                run.server.stop()
                done = source.backup("make", place + "/quiet", "--passphrase-file", phrase)
                tap.equal((done.returncode, done.stderr), (0, ""), "a second one is made while nobody writes", done)
                done = source.backup("make", place + "/quiet", "--passphrase-file", phrase)
                tap.ok(done.returncode == 1 and "is there already" in done.stderr, "none is made over one that is there", done)
                manifests = {name: look(place, name, phrase, source) for name in ("moving", "quiet")}
                with hansa.Cluster("fast", migrated=False) as other:
                    homes = {name: ground.Home(other.database(name), place, name) for name in ("moving", "quiet")}
                    for name, home in homes.items():
                        restored(home, place, name, phrase, manifests[name], int(source.sql("select count(*) from identity.tenant")))
                    moving_is_one_moment(homes["moving"], before, after)
                    quiet_is_the_same(source, homes["quiet"], place)
                    is_served(homes["quiet"], run, lent)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    tap.done()


if __name__ == "__main__":
    main()
