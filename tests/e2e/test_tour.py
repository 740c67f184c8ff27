#!/usr/bin/env python3
"""docs/tour.md, block by block, as a newcomer pastes it: three firms from a new customer to a shipment that two of them carried, and to
the points that it earned. One bash plays all blocks against a server of three tenants; each block is a point."""
import os
import re
import subprocess
import sys

import hansa

SECONDS = 60  # a block that waits for another house's books is given up after these


def blocks():
    with open(os.path.join(hansa.ROOT, "docs", "tour.md"), encoding="utf-8") as file:
        text = file.read()
    title = "before it begins"
    for part in re.finditer(r"^## ([^\n]*)$|^```sh\n(.*?)^```$", text, re.M | re.S):
        if part.group(1):
            title = part.group(1)
        elif part.group(2).strip() != ". var/demo.env":
            yield title, part.group(2)


# What the tour says that one sees, by section: the words must be among what its blocks print.
SEEN = {"1": ["Maaike Peeters"], "2": ["160", "ACCEPTED", "SUBMITTED"], "3": ["CONFIRMED"], "4": ["ACTIVE"], "5": ["700.00", "AWARDED", "ACCEPTED"],
        "6": ["partner:", "OUT_FOR_DELIVERY"], "7": ["transmission_s"], "8": ["RESERVED", "1900"], "9": ["HO"]}


def main():
    tap = hansa.Tap()
    with hansa.Database() as database, hansa.Server(database) as server:
        keys = {"HANSA_KEY_" + letter: server.tenant("tour-" + letter.lower())[1] for letter in "ABC"}
        environment = hansa.plain_environment(HANSA_URL="http://127.0.0.1:%d" % server.port, HANSA_CA_FILE="/etc/ssl/certs/ca-certificates.crt", **keys)
        bash = subprocess.Popen(["bash", "-u", "-o", "pipefail"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=environment, cwd=hansa.ROOT)
        seen = {}
        for number, (title, block) in enumerate(blocks(), 1):
            bash.stdin.write("trap 'kill $$' ALRM; { sleep %d; kill -ALRM $$; } >/dev/null 2>&1 & guard=$!\nset -e\n%s\nset +e\nkill $guard\necho '--- done'\n" % (SECONDS, block))
            bash.stdin.flush()
            said = []
            for line in bash.stdout:
                if line == "--- done\n":
                    break
                said.append(line)
            else:
                tap.ok(False, "block %d, %s" % (number, title), "".join(said))
                break
            tap.ok(True, "block %d, %s" % (number, title))
            seen[title] = seen.get(title, "") + "".join(said)
        for title, text in seen.items():
            missing = [word for word in SEEN.get(title[0], []) if word not in text]
            tap.equal(missing, [], "one sees what the tour says: " + title)
        bash.stdin.close()
        bash.wait(10)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
