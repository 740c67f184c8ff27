"""People for tests: made by `hansa admin`, signed in through the API, with an authenticator of their own.

    ada = people.make(server, "acme", "ada@example.com", role="owner")
    session = people.sign_in(server, ada)           # raises unless 201
    session.ask("POST", "/v1/session/password", {...})   # cookie, Origin and X-CSRF-Token are sent
"""
import base64
import hashlib
import hmac
import json
import re
import struct
import subprocess
import time

import hansa

PASSWORD = "correct horse battery staple"
ORIGIN = "https://127.0.0.1:8443"  # the default of public_url


class Person:
    def __init__(self, tenant, email, password, user_id=None):
        self.tenant, self.email, self.password, self.user_id = tenant, email, password, user_id


def admin(server, *words, text=None):
    """`hansa admin …` with the server's own secret_file; gives CompletedProcess."""
    env = hansa.plain_environment(HANSA_OWNER_DATABASE_URL=server.database.owner_url, HANSA_SECRET_FILE=server.settings["secret_file"],
                                  HANSA_PUBLIC_URL=server.settings.get("public_url"))
    return subprocess.run([hansa.binary(), "admin"] + list(words), input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=env, timeout=60, check=False)


def make(server, tenant, email, role="viewer", password=PASSWORD, name="Test Person"):
    done = admin(server, "user", "create", "--tenant", tenant, "--email", email, "--name", name, "--role", role, "--password-stdin", "--json",
                 text=password + "\n")
    if done.returncode != 0:
        raise RuntimeError("user create: " + done.stderr)
    return Person(tenant, email, password, json.loads(done.stdout)["user_id"])


def links(server, tenant, kind=None, email=None):
    """[{kind, email, url, token}], the newest last."""
    done = admin(server, "link", "list", "--tenant", tenant, "--json")
    if done.returncode != 0:
        raise RuntimeError("link list: " + done.stderr)
    found = [dict(link, token=link["url"].split("#")[1]) for link in json.loads(done.stdout)]
    return [link for link in found if kind in (None, link["kind"]) and email in (None, link["email"])]


def try_sign_in(server, person, headers=None, **more):
    """The answer, whatever it is."""
    body = {"tenant": person.tenant, "email": person.email, "password": person.password, **more}
    return server.request("POST", "/v1/session", {k: v for k, v in body.items() if v is not None}, headers=headers, timeout=120)


def sign_in(server, person, headers=None, **more):
    answer = try_sign_in(server, person, headers, **more)
    if answer.status != 201:
        raise RuntimeError("sign-in: %r" % answer)
    return Session(server, answer)


_audiences = {}  # cookie, or key of an outsider's system -> STAFF, PARTNER or CUSTOMER


def audience_of(key, headers):
    """Whose request it is that is sent with them (hansa.ask); a key of which nobody said otherwise is staff's."""
    headers = {**(key() if callable(key) else {"authorization": "Bearer %s" % key}), **(headers or {})}
    cookie = re.search("__Host-hansa=([^;]+)", headers.get("cookie") or "")
    return _audiences.get(cookie.group(1) if cookie else (headers.get("authorization") or "")[len("Bearer "):], "STAFF")


def outsiders_key(made):
    """Of the answer to POST /v1/keys: headers that send the key, whose answers are checked as those of its audience."""
    _audiences[made["key"]] = {"ACCOUNT": "CUSTOMER", "PARTNER": "PARTNER", "TENANT": "STAFF"}[made["reach"]]
    return lambda: {"authorization": "Bearer " + made["key"]}


class Session:
    def __init__(self, server, answer):
        self.server, self.set_cookie, self.body = server, answer.headers["set-cookie"], answer.json
        self.cookie = re.match("__Host-hansa=([^;]+)", self.set_cookie).group(1)
        self.session_id = self.body["session_id"]
        _audiences[self.cookie] = self.body["user"]["audience"]

    def headers(self):
        return {"cookie": "__Host-hansa=" + self.cookie, "origin": self.server.settings.get("public_url", ORIGIN).rstrip("/"), "x-csrf-token": self.body["csrf_token"],
                "sec-fetch-site": "same-origin"}

    def ask(self, method, path, body=None, headers=None):
        return self.server.request(method, path, body, headers={**self.headers(), **(headers or {})})

    def is_live(self):
        return self.ask("GET", "/v1/session").status == 200

    def ends(self):
        """Is the session refused within a second?"""
        return bool(hansa.wait_for(lambda: self.ask("GET", "/v1/session").status == 401, 1.0, 0.05))


def minted(server, token, session_id, user_id):
    """A session whose row a test made itself."""
    with open(server.settings["secret_file"], "rb") as file:
        csrf = hmac.new(file.read(256), b"csrf:" + hashlib.sha256(token.encode()).digest(), hashlib.sha256).hexdigest()
    session = Session.__new__(Session)
    session.server, session.cookie, session.session_id, session.user_id, session.body = server, token, session_id, user_id, {"csrf_token": csrf}
    return session


def totp(secret, step):
    """RFC 6238 with SHA-1 and six digits, from the base32 secret."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


def step_now():
    return int(time.time()) // 30


def settle_step(least=5):
    """Waits until the present step has some seconds left, so that a test sees one step."""
    left = 30 - time.time() % 30
    if left < least:
        time.sleep(left + 0.1)
    return step_now()
