"""An OpenID provider that says what a test tells it to, right or wrong. Standard library and the openssl command.

    with provider.Provider() as idp:
        idp.issuer, idp.ca_file, idp.port
        code, state = idp.authorize(location)     # plays the person at the provider: the address it was sent to → code, state
        idp.claims["groups"] = ["x"]              # of the next tokens; None leaves a claim out
        idp.header["kid"] = "other"; idp.alg = "none"; idp.sign_with = other key
        idp.asked["keys"]                         # how often each address was asked

Listens on loopback with TLS, in threads of this process.
"""
import base64
import collections
import hashlib
import hmac
import http.server
import json
import os
import secrets
import shutil
import ssl
import subprocess
import threading
import time
import urllib.parse

import hansa


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (words[0], done.stderr.decode(errors="replace")))
    return done.stdout


class Key:
    """A signing key in a file: RSA of 2048 bits, or P-256."""

    def __init__(self, folder, kid, kind="RSA"):
        self.kid, self.kind, self.path = kid, kind, "%s/%s.%s.pem" % (folder, kid, secrets.token_hex(4))
        options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RSA" else ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("genpkey", *options, "-out", self.path)

    def public(self):
        """The JWK."""
        jwk = {"kid": self.kid, "use": "sig", "kty": self.kind}
        if self.kind == "RSA":
            modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip().partition("=")[2]
            return {**jwk, "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}
        point = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-64:]
        return {**jwk, "crv": "P-256", "x": b64(point[:32]), "y": b64(point[32:])}

    def public_pem(self):
        return openssl("pkey", "-in", self.path, "-pubout")

    def sign(self, alg, text):
        if alg == "none":
            return b""
        if alg == "HS256":
            return hmac.new(self.public_pem(), text, hashlib.sha256).digest()
        if alg == "PS256":
            return openssl("dgst", "-sha256", "-sign", self.path, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", data=text)
        made = openssl("dgst", "-sha256", "-sign", self.path, data=text)
        return der_to_raw(made) if alg == "ES256" else made


def der_to_raw(der):
    """r and s of an ECDSA signature as 64 bytes."""
    at, numbers = 2, []
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return b"".join(n.to_bytes(32, "big") for n in numbers)


def token(key, claims, alg="RS256", header=None):
    """A compact JWS; header members that are None are left out."""
    head = {"alg": alg, "typ": "JWT", "kid": key.kid, **(header or {})}
    parts = [b64(json.dumps({k: v for k, v in part.items() if v is not None}).encode()) for part in (head, claims)]
    text = ".".join(parts).encode()
    return "%s.%s" % (text.decode(), b64(key.sign(alg, text)))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # clients that leave, or do not trust the certificate


class Provider:
    def __init__(self, client_id="hansa", client_secret="the-secret-of-a-test"):
        self.client_id, self.client_secret = client_id, client_secret
        self.place = hansa.place("idp")
        self.port = hansa.free_port()
        self.issuer = "https://127.0.0.1:%d" % self.port
        self.ca_file = self.place + "/cert.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.place + "/tls.pem", "-out", self.ca_file,
                "-days", "30", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.lock, self.asked, self.codes = threading.Lock(), collections.Counter(), {}
        self.reset()

    def reset(self):
        """Good again, with keys of its own."""
        self.keys = [Key(self.place, "one")]
        self.behave()

    def behave(self):
        """Good again, with the keys that it has."""
        self.published = None    # keys in place of self.keys
        self.claims, self.header, self.alg, self.sign_with = {}, {}, "RS256", None
        self.document = {}       # members of the discovery document
        self.raw_token = None    # the ID token as it is
        self.userinfo = {}
        self.names_itself = True
        self.token_status = 200
        self.delay = 0
        self.user = {"sub": "subject-1", "email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"}

    def __enter__(self):
        self.http = Server(("127.0.0.1", self.port), self.handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self.place + "/tls.pem")
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
        shutil.rmtree(self.place, ignore_errors=True)

    def settings(self, *others):
        """Settings of a server that may ask this provider (and others)."""
        if others:
            with open(self.ca_file, "ab") as file:
                for other in others:
                    with open(other.ca_file, "rb") as more:
                        file.write(more.read())
        return {"unsafe_egress_loopback": "on", "egress_ca_file": self.ca_file, "egress_ports": ",".join(str(p.port) for p in (self, *others))}

    # --- what it answers ---

    def discovery(self):
        found = {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize", "token_endpoint": self.issuer + "/token",
                 "jwks_uri": self.issuer + "/keys", "userinfo_endpoint": self.issuer + "/userinfo", "response_types_supported": ["code"],
                 "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
                 "authorization_response_iss_parameter_supported": self.names_itself, **self.document}
        return {k: v for k, v in found.items() if v is not None}

    def authorize(self, location, **instead):
        """What the person's browser brings back from the provider: a dict of query parameters."""
        asked = dict(urllib.parse.parse_qsl(location.partition("?")[2]))
        code = secrets.token_urlsafe(24)
        with self.lock:
            self.codes[code] = asked
        back = {"code": code, "state": asked.get("state"), "iss": self.issuer if self.names_itself else None, **instead}
        return {k: v for k, v in back.items() if v is not None}

    def exchange(self, form, authorization):
        """The token endpoint: (status, document)."""
        with self.lock:
            asked = self.codes.pop(form.get("code"), None)  # a code is good once
        pair = base64.b64decode(authorization.partition(" ")[2]).decode() if authorization.startswith("Basic ") else ":"
        who = tuple(urllib.parse.unquote_plus(p) for p in pair.partition(":")[::2])
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or form.get("grant_type") != "authorization_code" or form.get("redirect_uri") != asked.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if who != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        if challenge != asked.get("code_challenge") or asked.get("code_challenge_method") != "S256":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked.get("nonce"), **self.user, **self.claims}
        key = self.sign_with or self.keys[0]
        made = self.raw_token or token(key, {k: v for k, v in claims.items() if v is not None}, self.alg, self.header)
        return 200, {"access_token": "access-" + secrets.token_hex(8), "token_type": "Bearer", "id_token": made}

    def answer(self, path, form, authorization):
        if self.delay:
            time.sleep(self.delay)
        if path.startswith("/hostile/"):
            return self.hostile(path.split("/")[2])
        if path == "/.well-known/openid-configuration":
            return 200, self.discovery()
        if path == "/keys":
            return 200, {"keys": self.published if self.published is not None else [k.public() for k in self.keys]}
        if path == "/token":
            return self.exchange(form, authorization) if self.token_status == 200 else (self.token_status, {"error": "server_error"})
        if path == "/userinfo":
            return 200, {"sub": self.user["sub"], **self.userinfo}
        return 404, {}

    def hostile(self, kind):
        """Documents of issuers below /hostile/: what a receiver must survive."""
        if kind == "large":
            return 200, {"issuer": "x" * 300000}
        if kind == "redirect":
            return 302, {"location": self.issuer + "/inside"}
        if kind == "deep":
            return 200, json.loads("[" * 500 + "]" * 500)
        if kind == "inside":  # its keys and tokens are to be fetched from an inner address
            return 200, {**self.discovery(), "issuer": self.issuer + "/hostile/inside", "token_endpoint": "https://169.254.169.254/token", "jwks_uri": "https://10.0.0.1/"}
        if kind == "slow":
            time.sleep(30)
        return 200, {}

    def handler(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self):
                path = self.path.partition("?")[0]
                with provider.lock:
                    provider.asked[path.rpartition("/")[2]] += 1
                length = int(self.headers.get("content-length") or 0)
                form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
                status, document = provider.answer(path, form, self.headers.get("authorization", ""))
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                if status == 302:
                    self.send_header("location", document["location"])
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = reply

            def log_message(self, *_):
                pass

        return Handler


class Browser:
    """A person's browser at our server: cookies, and the way through start and callback."""

    def __init__(self, server):
        self.server, self.cookies = server, {}

    def ask(self, method, path, body=None, **headers):
        sent = {"host": "localhost", "accept": "text/html,*/*", **headers}
        if self.cookies:
            sent["cookie"] = "; ".join("%s=%s" % pair for pair in self.cookies.items())
        connection = self.server.connect(60)
        try:
            connection.request(method, path, body=body, headers=sent)
            reply = connection.getresponse()
            answer = hansa.Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
            answer.cookies = [v for k, v in reply.getheaders() if k.lower() == "set-cookie"]
        finally:
            connection.close()
        for line in answer.cookies:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "max-age=0" in line.lower():
                del self.cookies[name]
        return answer

    def start(self, path, return_to=None):
        """Begins a sign-in; gives the answer."""
        return self.ask("GET", path + ("?" + urllib.parse.urlencode({"return_to": return_to}) if return_to is not None else ""))

    def callback(self, parameters, **headers):
        return self.ask("GET", "/v1/session/oidc/callback?" + urllib.parse.urlencode(parameters), **headers)
