"""Tools of tests that come from npm: installed as a package-lock.json pins them, once a build folder, never into the checkout.

    folder, why = npm.installed("tests/docs")     # (folder with node_modules, "") or (None, why it is not to be had)

No script of any package runs. Without npm, or when the registry does not answer, a test skips aloud with `why`.
"""
import fcntl
import os
import shutil
import subprocess

import hansa

SECONDS = 180


def installed(folder):
    npm, here = shutil.which("npm"), os.path.join(hansa.ROOT, folder)
    if npm is None or shutil.which("node") is None:
        return None, "npm or node is not here"
    with open(os.path.join(here, "package-lock.json"), encoding="utf-8") as file:
        lock = file.read()
    place = os.path.join(hansa.BUILD, "npm", folder.replace(os.sep, "-"))
    os.makedirs(place, exist_ok=True)
    with open(place + ".lock", "w", encoding="utf-8") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        stamp = os.path.join(place, "installed-from.json")
        if os.path.exists(stamp):
            with open(stamp, encoding="utf-8") as file:
                if file.read() == lock:
                    return place, ""
            os.unlink(stamp)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(os.path.join(here, name), os.path.join(place, name))
        try:
            done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1",
                                   "--fetch-timeout=30000", "--loglevel=error"], cwd=place, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None, "npm did not finish in %d s" % SECONDS
        if done.returncode != 0:
            return None, "npm ci failed: " + done.stdout.strip()[-300:]
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(lock)
        return place, ""
