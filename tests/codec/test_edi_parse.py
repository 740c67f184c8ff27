#!/usr/bin/env python3
"""`hansa edi parse FILE` (server/exchange/edi_parse.c): what it prints and with which status it ends. Needs no database."""
import json
import os
import subprocess
import tempfile

ISA = "ISA*00*          *00*          *02*BLUE           *ZZ*HANSADEMO      *260312*0815*U*00401*000000007*0*T*>~"
SET = "ST*214*0001~B10*BLU900100*LOAD-31*BLUE~LX*1~AT7*X3*NS***20260312*0640*ET~SE*5*0001~"
WHOLE = ISA + "GS*QM*BLUE*HANSADEMO*20260312*0815*1*X*004010~" + SET + "GE*1*1~IEA*1*000000007~"
points = []


def check(name, is_good, why=""):
    points.append(is_good)
    print("%sok %d - %s" % ("" if is_good else "not ", len(points), name))
    if not is_good:
        print("# " + str(why).replace("\n", "\n# "))


def parse(*arguments, stdin=b""):
    """(status, standard output, standard error) of `hansa edi` with these arguments."""
    command = [os.path.join(os.environ["HANSA_BUILD"], "hansa"), "edi", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a file.edi")
        with open(path, "w", encoding="ascii") as file:
            file.write(WHOLE)
        status, out, err = parse("parse", path)
        check("a file is read", status == 0 and err == "", (status, err))
        found = json.loads(out)
        check("its event is told", found["interchanges"][0]["sets"][0]["events"][0]["code"] == "APU", out)
        check("standard input gives the same", parse("parse", "-", stdin=WHOLE.encode()) == (0, out, ""))
        status, out, err = parse("parse", "-", stdin=SET.encode())
        check("a fragment is read and refused", status == 1 and json.loads(out)["reason"]["code"] == "no_isa", (status, out))
        status, out, _ = parse("parse", "-", stdin=b"")
        check("nothing is refused", status == 1 and json.loads(out)["reason"]["code"] == "empty", (status, out))
        status, out, _ = parse("parse", "-", stdin=b"\xff\x00" * 1000)
        check("garbage is refused", status == 1 and json.loads(out)["verdict"] == "refused", (status, out))
        status, out, _ = parse("parse", "-", stdin=b" " * (25 * 1024 * 1024 + 1))
        check("more than 25 MiB is refused", status == 1 and json.loads(out)["reason"]["code"] == "too_large", (status, out))
        status, out, err = parse("parse", os.path.join(folder, "missing.edi"))
        check("a missing file is trouble", status == 2 and out == "" and "missing.edi" in err, (status, err))
        status, out, err = parse("parse", folder)
        check("a folder is trouble", status == 2 and out == "" and err != "", (status, err))
    for arguments in ([], ["parse"], ["parse", "a", "b"], ["print", "a"]):
        status, out, err = parse(*arguments)
        check("wrong usage: %s" % " ".join(arguments), status == 2 and out == "" and "usage:" in err, (status, out, err))
    status, out, _ = parse("--help")
    check("help", status == 0 and "usage:" in out, (status, out))
    print("1..%d" % len(points))
    return 0 if all(points) else 1


if __name__ == "__main__":
    raise SystemExit(main())
