"""This machine, for tests: folders, ports, processes and their environment, waiting, and the binary that was built."""
import contextlib
import glob
import os
import re
import socket
import subprocess
import tempfile
import time

ROOT = os.environ.get("HANSA_ROOT") or os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("HANSA_BUILD") or os.path.join(ROOT, "build", "asan")
SAMPLES = os.environ.get("HANSA_SAMPLES") or os.path.join(ROOT, "..", "shared", "samples")


def binary():
    """The sanitized binary: build/asan/hansa or one folder below."""
    for path in [os.path.join(BUILD, "hansa")] + sorted(glob.glob(os.path.join(BUILD, "*", "hansa"))):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise RuntimeError("no binary 'hansa' in " + BUILD)


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def place(name):
    """A new short folder, open to the user that PostgreSQL runs as. What a broken test leaves, tests/run removes."""
    folder = tempfile.mkdtemp(prefix="hansa-%s." % name, dir=os.environ.get("HANSA_TEST_TMP") or "/tmp")
    os.chmod(folder, 0o755)
    return folder


def plain_environment(**extra):
    """This process's environment without any HANSA_ setting, plus `extra`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HANSA_", "PG"))}
    env.update({k: str(v) for k, v in extra.items() if v is not None})
    return env


def wait_for(condition, seconds, pause=0.05):
    """Asks until the condition holds or the time is over; gives its last value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def rss_mb(pid):
    """Resident memory in MB; 0 when the process is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
            found = re.search(r"VmRSS:\s+(\d+)", file.read())
            return int(found.group(1)) / 1024 if found else 0
    return 0


def children_of(pid):
    with contextlib.suppress(FileNotFoundError):
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            return [int(p) for p in file.read().split()]
    return []


def run_hansa(words, check=True, timeout=60, **env):
    """Runs a sub-command to its end; gives CompletedProcess with text output."""
    done = subprocess.run([binary()] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=plain_environment(**env), timeout=timeout, check=False, errors="replace")
    if check and done.returncode != 0:
        raise RuntimeError("hansa %s: status %d\n%s%s" % (" ".join(words), done.returncode, done.stdout, done.stderr))
    return done
