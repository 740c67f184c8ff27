"""What the tests of a backup stand on: `hansa admin backup` against a cluster, its files and its secret; and databases as sums."""
import os
import subprocess

import hansa

PASSPHRASE = "a passphrase that is kept elsewhere"


class Home:
    """Where one installation lies: a database of a cluster, stored files, the secret file."""

    def __init__(self, cluster, place, name="hansa", files=None, secret=None):
        self.cluster, self.name = cluster, name
        self.app_url, self.owner_url, self.super_url, self.backup_url = (
            url.rsplit("dbname=", 1)[0] + "dbname=" + name for url in (cluster.app_url, cluster.owner_url, cluster.super_url, cluster.backup_url))
        self.files, self.secret_file = files or "%s/files-%s" % (place, name), secret or "%s/secret-%s" % (place, name)
        self.secret = os.urandom(32)  # for a server before there is a file
        os.makedirs(self.files, mode=0o700, exist_ok=True)

    def sql(self, text):
        return hansa.psql(self.super_url, text)

    def environment(self, **more):
        return dict({"HANSA_OWNER_DATABASE_URL": self.owner_url, "HANSA_BACKUP_DATABASE_URL": self.backup_url, "HANSA_FILES_DIR": self.files,
                     "HANSA_SECRET_FILE": self.secret_file if os.path.exists(self.secret_file) else None}, **more)

    def backup(self, *words, **more):
        """`hansa admin backup …`: CompletedProcess with text output."""
        return hansa.run_hansa(["admin", "backup", *words], check=False, timeout=240, **self.environment(**more))

    def backup_begun(self, *words, **more):
        """The same as a process that runs."""
        return subprocess.Popen([hansa.binary(), "admin", "backup", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=hansa.plain_environment(**self.environment(**more)))

    def server(self, **settings):
        """`hansa serve` on it."""
        server = hansa.Server(self, files_dir=self.files, **settings)
        if os.path.exists(self.secret_file):
            server.settings["secret_file"] = self.secret_file
        return server

    def is_closed(self):
        return self.sql("select has_database_privilege('hansa_app', current_database(), 'CONNECT')") == "f"

    def is_empty(self):
        return self.sql("select count(*) from pg_namespace where nspowner = 'hansa_owner'::regrole and nspname <> 'public'") == "0"


def passphrase(place, text=PASSPHRASE, name="passphrase"):
    path = "%s/%s" % (place, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return path


TABLES = """select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1;"""


def sums(home):
    """{table: "rows|MD5"} over all rows of each table, in byte order of their text; counted otherwise than the product does."""
    tables = home.sql(TABLES).splitlines()
    ask = "select '%s', count(*), md5(coalesce(string_agg(t::text, E'\\n' order by t::text collate \"C\"), '')) from %s t;"
    rows = home.sql("\n".join(ask % (table, table) for table in tables)).splitlines()
    return dict(row.split("|", 1) for row in rows)


def tree(folder):
    """{path below it: bytes} of the files that are stored, without locks."""
    found = {}
    for inside, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inside, name)
            if name != "lock" and not name.startswith("new."):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return found


def all_of(folder):
    """Sorted paths of every file in a backup."""
    return sorted(os.path.relpath(os.path.join(inside, name), folder) for inside, _, names in os.walk(folder) for name in names)


def flip(path, at=None):
    """Turns one bit of one byte round."""
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        file.seek(size // 2 if at is None else at)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
