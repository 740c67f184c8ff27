"""A server on a database of its own, for tests that ask much: answers are not held against the document (tests/house does that)."""
import threading
import time

import hansa
import world


class Ground:
    """What world.World needs of a run, and no more."""

    def __init__(self, **settings):
        self.database, self.settings, self.local = hansa.Database(), settings, threading.local()

    def __enter__(self):
        self.database.__enter__()
        self.server = hansa.Server(self.database, max_running_tenant=100, **self.settings)
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        self.server.__exit__(*error)
        self.database.__exit__(*error)

    def world(self, slug):
        return world.World(self, slug, full=False)

    def secret(self, text, what):
        return text

    canary = secret

    def ask(self, method, path, body=None, key=None, headers=None):
        if getattr(self.local, "asked", 0) < time.monotonic() - 20:  # the server lets go of who is silent
            self.local.connection = self.server.connect()
        self.local.asked = time.monotonic()
        return hansa.ask(self.local.connection, method, path, body, key, headers)

    def sql(self, own, text):
        """As the application role, behind the wall of a tenant."""
        return hansa.psql(self.database.app_url, "set hansa.tenant_id = '%s'; %s" % (own.tenant, text))
