#!/usr/bin/env python3
"""deploy/compose.yaml: well-formed, hangs together, hardened, without secrets; what it names is there. Starts nothing."""
import os
import re
import subprocess
import sys

import hansa

DEBIAN_PYTHON = "/usr/bin/python3"  # the one that python3-yaml is for
DEPLOY = os.path.join(hansa.ROOT, "deploy")
SERVICE_KEYS = {"image", "user", "command", "entrypoint", "environment", "secrets", "volumes", "tmpfs", "shm_size", "pids_limit", "network_mode",
                "networks", "ports", "ulimits", "stop_signal", "stop_grace_period", "restart", "healthcheck", "depends_on", "profiles",
                "read_only", "cap_drop", "security_opt", "logging"}
tap = hansa.Tap()


def text_of(name):
    with open(os.path.join(DEPLOY, name), encoding="utf-8") as file:
        return file.read()


def only_once(yaml):
    """A loader for which a key that stands twice in one mapping is an error, as it is for compose."""
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader, node, deep=False):
        keys = [loader.construct_object(key, deep=True) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return yaml.SafeLoader.construct_mapping(loader, node, deep)
    Strict.add_constructor("tag:yaml.org,2002:map", lambda loader, node: mapping(loader, node, True))
    return Strict


def environment_of(service):
    return service.get("environment") or {}


def hardened(name, service):
    tap.ok(service.get("read_only") is True and service.get("cap_drop") == ["ALL"] and
           "no-new-privileges:true" in service.get("security_opt", []) and not service.get("privileged"),
           name + ": root read-only, no capability, no new privileges", service)
    tap.ok(re.fullmatch(r"[1-9]\d*:[1-9]\d*", service.get("user", "")), name + ": not root", service.get("user"))
    tap.equal(sorted(set(service) - SERVICE_KEYS), [], name + ": says nothing that compose does not know")
    bad = [key for key, value in environment_of(service).items()
           if re.search(r"(PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL)$", key) or re.search(r"://[^/ ]*:[^/ ]*@", str(value))]
    tap.equal(bad, [], name + ": no secret in its environment")


def hangs_together(name, service, whole):
    tap.equal([s for s in service.get("secrets", []) if s not in whole["secrets"]], [], name + ": its secrets are declared")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            tap.ok(os.path.isfile(os.path.join(DEPLOY, source)) and volume.endswith(":ro"), "%s: %s is there, and not written" % (name, source))
        else:
            tap.ok(source in whole["volumes"], "%s: volume %s is declared" % (name, source))
    tap.ok(("network_mode" in service) != ("networks" in service), name + ": its networks are said")
    tap.equal([n for n in service.get("networks", []) if n not in whole["networks"]], [], name + ": its networks are declared")
    wrong = [d for d, how in service.get("depends_on", {}).items() if d not in whole["services"] or
             (how["condition"] == "service_healthy" and (whole["services"][d].get("healthcheck") or {}).get("disable") is not False and
              "test" not in (whole["services"][d].get("healthcheck") or {}))]
    tap.equal(wrong, [], name + ": what it waits for can be waited for")
    tap.ok("restart" in service and ("healthcheck" in service or service["restart"] == "no"), name + ": says how it is watched")


def settings_are_known(services):
    """Each HANSA_ name in compose.yaml and Containerfile is one that somebody reads."""
    known = set(re.findall(r"\bHANSA_SETTING\((\w+)", open(os.path.join(hansa.ROOT, "include", "hansa", "config.def"), encoding="utf-8").read()))
    known = {"HANSA_" + name.upper() for name in known} | {"HANSA_CONFIG", "HANSA_SECRETS"}
    known |= set(re.findall(r"HANSA_\w+", text_of("haproxy.cfg")))
    used = {key for service in services.values() for key in environment_of(service) if key.startswith("HANSA_")}
    used |= set(re.findall(r"^(?:ENV|   ) *(HANSA_\w+)=", text_of("Containerfile"), re.M))
    tap.equal(sorted(used - known), [], "every setting in compose.yaml and Containerfile is known")


def commands_are_known(services):
    binary_help = hansa.run_hansa(["help"]).stdout
    for name, service in services.items():
        if "hansa:latest" not in service["image"]:
            continue
        word = (service.get("entrypoint") or ["", ""])[-1] if "entrypoint" in service else service["command"][0]
        tap.ok(re.search(r"^\s+%s\s" % word, binary_help, re.M), "%s: hansa %s is a command" % (name, word), binary_help)


def secrets_are_made(secrets):
    place = hansa.place("secrets")
    os.chmod(place, 0o700)
    words = [os.path.join(DEPLOY, "secrets"), place]
    for _ in range(2):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env=hansa.plain_environment())
    tap.ok(done.returncode == 0 and "made" not in done.stdout, "deploy/secrets makes what is missing, once", done.stdout)
    wanted = sorted(os.path.basename(secret["file"]) for secret in secrets.values())
    made = sorted(os.listdir(place))
    tap.equal([name for name in wanted if name not in made], [], "all that compose.yaml hands in")
    tap.equal([name for name in made if os.stat(place + "/" + name).st_size == 0 or os.stat(place + "/" + name).st_mode & 0o222], [],
              "none empty, none that can be written", made)
    tap.equal(os.stat(place).st_mode & 0o077, 0, "in a folder that is closed to others")
    for command, name in (("serve", "server.conf"), ("migrate", "owner.conf"), ("backup", "backup.conf"), ("restore", "restore.conf")):
        with open(place + "/" + name, encoding="ascii") as file:
            content = file.read().replace("/run/secrets/", place + "/")
        tap.ok("/run%2Fpostgresql" in content or "%2Frun%2Fpostgresql" in content, name + ": by the common socket", command)
        with open(place + "/test.conf", "w", encoding="ascii") as file:
            file.write(content)
        got = hansa.run_hansa(["serve", "--print-config", "--config=" + place + "/test.conf"], check=False)
        tap.ok(got.returncode == 0 and "(set)" in got.stdout, name + ": hansa reads it", got)
    got = subprocess.run(["openssl", "x509", "-noout", "-checkend", "86400", "-in", place + "/edge.pem"], stdout=subprocess.DEVNULL, check=False)
    key = subprocess.run(["openssl", "pkey", "-noout", "-in", place + "/edge.pem"], stdout=subprocess.DEVNULL, check=False)
    tap.ok(got.returncode == 0 and key.returncode == 0, "edge.pem holds certificate and key")


def main():
    try:
        import yaml
    except ImportError:
        if sys.executable != DEBIAN_PYTHON and os.access(DEBIAN_PYTHON, os.X_OK):
            os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON] + sys.argv)
        tap.skip("deploy/compose.yaml", "python3-yaml is not installed for this python")
        tap.done()
    whole = yaml.load(text_of("compose.yaml"), Loader=only_once(yaml))
    services = whole["services"]
    tap.equal(sorted(services), ["admin", "backup", "database", "edge", "migrate", "restore", "server", "worker"],
              "edge, server, worker, database, migrations, administration, backups")
    tap.equal(sorted(k for k in whole if not k.startswith("x-")), ["name", "networks", "secrets", "services", "volumes"], "nothing else is in it")
    for name, service in services.items():
        hardened(name, service)
        hangs_together(name, service, whole)
    tap.equal([name for name, service in services.items() if "ports" in service], ["edge"], "only the edge is reached from outside")
    tap.equal([n for n, s in services.items() if "owner.conf" in s.get("secrets", [])], ["migrate", "admin"], "what serves never knows the owner's password")
    tap.equal([n for n, s in services.items() if {"restore.conf", "backup.conf"} & set(s.get("secrets", []))], ["backup", "restore"], "nor that of the backup's role")
    tap.ok("files:/var/lib/hansa/files:ro" in services["backup"]["volumes"], "what makes a backup cannot write to the stored files")
    tap.ok("sockets:/run/hansa" in services["server"]["volumes"] and "sockets:/run/hansa:ro" in services["edge"]["volumes"],
           "edge and server share the server's socket")
    tap.equal(services["edge"]["user"].split(":")[1], services["server"]["user"].split(":")[1], "and a group, which may use it")
    users = re.findall(r"^USER (\S+)$", text_of("Containerfile"), re.M)
    tap.equal(users, [services[name]["user"] for name in ("edge", "server")], "the users are those of the images")
    settings_are_known(services)
    commands_are_known(services)
    secrets_are_made(whole["secrets"])
    tap.done()


if __name__ == "__main__":
    main()
