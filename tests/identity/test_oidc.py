#!/usr/bin/env python3
"""Single sign-on against a real provider: npm's oidc-provider, which this test fetches (pinned, by npm ci) and starts. The whole way
of a browser, its forms included: start, sign-in, consent, callback, session; new keys at the provider; roles that change.

Without node, npm or a registry it skips, aloud. What a provider that lies can do is test_oidc_tampered.py.
"""
import hashlib
import html.parser
import http.client
import json
import os
import shutil
import ssl
import subprocess
import urllib.parse

import client
import hansa
import provider

HERE = os.path.join(hansa.ROOT, "tests", "identity", "oidc")
REDIRECT = "https://127.0.0.1:8443/v1/session/oidc/callback"
PEOPLE = {"ada": {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace", "groups": ["desk", "all"]},
          "bob": {"email": "bob@example.com", "email_verified": True, "name": "Bob Noyce", "groups": ["all"]}}


def packages():
    """(folder with the provider and its packages, None) or (None, why there is none)."""
    for word in ("node", "npm"):
        if not shutil.which(word):
            return None, "there is no " + word
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(HERE, name), "rb") as file:
            digest.update(file.read())
    folder = os.path.join(hansa.BUILD, "oidc-provider-" + digest.hexdigest()[:12])
    if not os.path.exists(folder + "/ready"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, name), folder)
        try:
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], cwd=folder, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150, check=False)
        except subprocess.TimeoutExpired:
            return None, "npm ci took too long; is the registry reachable?"
        if done.returncode != 0:
            return None, "npm ci failed; is the registry reachable? " + done.stdout.decode(errors="replace")[-200:]
        with open(folder + "/ready", "w", encoding="ascii"):
            pass
    shutil.copy(os.path.join(HERE, "provider.mjs"), folder)
    return folder, None


class Node:
    """The provider's process."""

    def __init__(self, folder):
        self.folder, self.place = folder, hansa.place("node")
        self.port = hansa.free_port()
        self.issuer = "https://127.0.0.1:%d" % self.port
        self.client_id, self.client_secret = "hansa", "a secret with : and % in it, at least 32 bytes"
        self.ca_file = self.place + "/cert.pem"
        provider.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.place + "/tls.pem", "-out",
                         self.ca_file, "-days", "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")

    def __enter__(self):
        with open(self.place + "/log", "wb") as log:
            self.process = subprocess.Popen(["node", self.folder + "/provider.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        settings = {"port": self.port, "key": self.place + "/tls.pem", "cert": self.ca_file, "client_id": self.client_id,
                    "client_secret": self.client_secret, "redirect_uri": REDIRECT, "people": PEOPLE}
        self.process.stdin.write(json.dumps(settings).encode() + b"\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != b"ready":
            with open(self.place + "/log", encoding="utf-8", errors="replace") as log:
                raise RuntimeError("the provider did not start: " + log.read()[-2000:])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def settings(self):
        return {"unsafe_egress_loopback": "on", "egress_ca_file": self.ca_file, "egress_ports": str(self.port)}

    def ask(self, method, address, form=None, cookies=None):
        """(status, headers as a list, text)."""
        path = address.removeprefix(self.issuer) or "/"
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=ssl.create_default_context(cafile=self.ca_file))
        headers = {"accept": "text/html"}
        if cookies:
            headers["cookie"] = "; ".join("%s=%s" % pair for pair in cookies.items())
        body = None
        if form is not None:
            body, headers["content-type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read().decode(errors="replace")
        finally:
            connection.close()

    def control(self, what, value=None):
        body = json.dumps(value) if value is not None else ""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=ssl.create_default_context(cafile=self.ca_file))
        connection.request("POST", "/test/" + what, body)
        assert connection.getresponse().status == 200
        connection.close()


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes, and the fields that it has already."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = found.get("action")
        elif tag == "input" and found.get("name"):
            self.fields[found["name"]] = found.get("value") or ""


def at_the_provider(node, location, login):
    """Plays the person there, page by page; gives the address back to us and what forms there were."""
    cookies, forms, method, form = {}, [], "GET", None
    for _ in range(20):
        status, headers, text = node.ask(method, location, form, cookies)
        for name, value in headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition(";")[0].partition("=")
                cookies[key] = rest
        target = next((v for k, v in headers if k.lower() == "location"), None)
        if status in (302, 303) and target:
            if target.startswith(REDIRECT):
                return target, forms
            method, form, location = "GET", None, urllib.parse.urljoin(node.issuer, target)
            continue
        page = Form(text)
        if status != 200 or not page.action:
            raise RuntimeError("the provider shows %d %s" % (status, text[:500]))
        forms.append(page.fields.get("prompt", "?"))
        form = {**page.fields, "login": login, "password": "any"} if "login" in page.fields else page.fields
        method, location = "POST", urllib.parse.urljoin(node.issuer, page.action)
    raise RuntimeError("the provider goes in circles")


def sign_in(run, node, path, login):
    """(browser, answer of the callback, forms at the provider)."""
    browser = provider.Browser(run.server)
    started = browser.start(path, "/welcome")
    if started.status != 302:
        return browser, started, []
    back, forms = at_the_provider(node, started.headers["location"], login)
    return browser, browser.ask("GET", back.removeprefix("https://127.0.0.1:8443")), forms


def me(browser):
    return browser.ask("GET", "/v1/session", accept="application/json")


def play(tap, run, node):
    run.world("acme", full=False)
    run.secret(node.client_secret, "the secret of a provider")
    owner = run.server.key("acme", "*")
    made = run.ask("POST", "/v1/idps", {"slug": "staff", "name": "Company", "issuer": node.issuer, "client_id": node.client_id, "client_secret": node.client_secret,
                                        "scopes": ["email", "profile", "groups"], "role_claim": "groups", "role_map": [{"value": "desk", "role": "dispatcher"}],
                                        "default_role": {"role": "viewer"}}, owner)
    tap.equal(made.status, 201, "the provider is added", made)
    path = made.json["start_path"]
    browser, answer, forms = sign_in(run, node, path, "ada")
    tap.equal(forms, ["login", "consent"], "the person signs in and consents at the provider")
    tap.equal((answer.status, answer.headers.get("location")), (302, "/welcome"), "and is sent on", answer)
    seen = me(browser)
    tap.equal((seen.status, seen.json["user"]["email"], seen.json["user"]["name"]), (200, "ada@example.com", "Ada Lovelace"), "with a session, as a new person", seen)
    tap.ok("orders:write" in seen.json["scopes"], "and the role of her group", seen.json["scopes"])
    closed = browser.ask("DELETE", "/v1/session", **{"origin": "https://127.0.0.1:8443", "x-csrf-token": seen.json["csrf_token"], "accept": "*/*"})
    tap.equal((closed.status, me(browser).status), (204, 401), "signing out ends it here", closed)
    browser, answer, _ = sign_in(run, node, path, "bob")
    tap.ok("orders:write" not in me(browser).json["scopes"] and "orders:read" in me(browser).json["scopes"], "who is in no mapped group has the default role", answer)
    node.control("rotate")
    browser, answer, _ = sign_in(run, node, path, "ada")
    tap.equal((answer.status, me(browser).status), (302, 200), "new keys at the provider are found out", answer)
    ada = me(browser).json["user"]["user_id"]
    tap.equal(ada, seen.json["user"]["user_id"], "and she is the same person")
    node.control("people", {**PEOPLE, "ada": {**PEOPLE["ada"], "groups": []}})
    again, answer, _ = sign_in(run, node, path, "ada")
    tap.ok("orders:write" not in me(again).json["scopes"], "a group left is a role lost", me(again))
    run.database.sql("update identity.app_user set status = 'DISABLED' where user_id = '%s'" % ada)
    _, answer, _ = sign_in(run, node, path, "ada")
    tap.equal(answer.status, 403, "a disabled person stays out, whatever the provider says", answer)
    wrong = run.ask("POST", "/v1/idps", {"slug": "wrong", "name": "Wrong", "issuer": node.issuer, "client_id": node.client_id, "client_secret": "wrong",
                                         "default_role": {"role": "viewer"}}, owner)
    _, answer, _ = sign_in(run, node, wrong.json["start_path"], "bob")
    tap.equal(answer.status, 403, "a wrong client secret is the provider's refusal", answer)


def main():
    tap = hansa.Tap()
    folder, why = packages()
    if folder is None:
        tap.skip("single sign-on against a real provider", why)
        tap.done()
    with Node(folder) as node:
        run = client.Run("oidc-real", **node.settings())
        with run:
            play(tap, run, node)
        run.verdict(tap)
    tap.done()


main()
