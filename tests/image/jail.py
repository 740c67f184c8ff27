#!/usr/bin/env python3
"""Runs a program of a mounted image as deploy/compose.yaml has it run, without an engine: root read-only, another user, no
capability and no way to one, /tmp in memory, some folders of this machine.

    unshare --mount jail.py ROOT UID GID '{"volumes": {"/inside": "/outside"}, "env": {…}}' PROGRAM [WORD…]

Needs root, or to be root of a user namespace. Leaves the number of the process as it was: signals reach the program.
"""
import ctypes
import json
import os
import subprocess
import sys

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, CAPABILITIES = 24, 38, 64


def mount(*words):
    subprocess.run(["mount", *words], check=True, stdin=subprocess.DEVNULL)


def main(root, uid, gid, more, command):
    libc = ctypes.CDLL(None, use_errno=True)
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    for inside, outside in more["volumes"].items():
        # An engine makes what is missing, too.
        if os.path.isdir(outside):
            os.makedirs(root + inside, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(root + inside), exist_ok=True)
            with open(root + inside, "ab"):
                pass
        mount("--bind", outside, root + inside)
    mount("-t", "tmpfs", "-o", "mode=1777,size=16m", "tmpfs", root + "/tmp")
    mount("--rbind", "/proc", root + "/proc")
    mount("-t", "tmpfs", "-o", "mode=755,size=64k", "tmpfs", root + "/dev")
    for device in ("null", "zero", "full", "random", "urandom"):
        with open(root + "/dev/" + device, "wb"):
            pass
        mount("--bind", "/dev/" + device, root + "/dev/" + device)
    mount("-o", "remount,ro", root + "/dev")
    mount("-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir("/")
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails behind the last one there is
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.execve(command[0], command, more["env"])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5:])
