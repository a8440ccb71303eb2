#!/usr/bin/python3
"""A disk that somebody fills while a test runs: the test ends with its verdict, its case is sealed and delivered, and only then
is no new one begun; with room again the station goes on. On a small file system of its own, which needs the right to mount."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, ROOT, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
START = ["test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration", "--vehicle", "fuel=diesel",
         "class=heavy", "gearbox=manual"]


def fill(disk):
    """All that is free now."""
    with open(os.path.join(disk, "ballast"), "ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def open_station(lab, disk):
    keys = lab.path("keys")
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), keys], check=True)
    lab.start("inbox", "smoginbox", "--listen", "127.0.0.1:0", "--cert", keys + "/inbox.pem", "--key", keys + "/inbox.key",
              "--client-ca", keys + "/ca.pem", "--seal-ca", keys + "/ca.pem", "--store", lab.path("inbox"))
    wait_for("the inbox", lambda: "listening on " in lab.log("inbox"))
    address = lab.log("inbox").split("listening on ")[1].split()[0]
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    conf = station_conf(lab, """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1 }
seal { key = "%s/seal.key"  cert = "%s/seal.pem" }
""" % (lab.path("dev/smoke"), keys, keys), extra=quick_rules(lab), outlet="""outlet police { kind = package-rest  url = "https://%s/packages"
  ca = "%s/ca.pem"  cert = "%s/push.pem"  key = "%s/push.key" }""" % (address, keys, keys, keys))
    with open(conf, encoding="utf-8") as file:
        text = file.read().replace(lab.path("state"), os.path.join(disk, "state"))
    lab.write("smogd.conf", text)
    lab.start_smogd()
    lab.start("smogpush", "smogpush", "-c", lab.conf)
    lab.wait_live("smoke")


def disk_of(lab):
    return lab.json("status")["disk"]


def play(lab, disk):
    open_station(lab, disk)
    state = disk_of(lab)
    tap.equal((state["held_mb"], state["reserve_mb"], state["problem"]), (32, 32, ""), "room is held from the start")
    lab.sim("truck k=1.90 oil=88 hold-ms=700")
    test = lab.start_test("新A66T21")
    pressed = []

    def press():
        if not pressed:
            fill(disk)
        pressed.append(1)
        lab.sim("press")

    shown = lab.drive(test, press, probe=lab.probe)
    wait_for("the test to be saved", lambda: lab.json("test", "show", test)["verdict"])
    shown = lab.json("test", "show", test)
    tap.equal(shown["verdict"], "fail", "the running test ends with its verdict, though the disk was filled under it")
    tap.equal(lab.ctl("rejudge", test, check=False).returncode, 0, "and it is whole")
    for words in (("review", test, "--officer", "P1", "--police", "J1"), ("review", test, "--officer", "P2"), ("send", test, "--officer", "P1")):
        wait_for("the case to be taken: " + words[0], lambda words=words: lab.ctl("case", *words, check=False).returncode == 0)
    row = wait_for("the case to be delivered",
                   lambda: next((r for r in lab.json("outbox", "list")["outbox"] if r["state"] == "sent"), None), 90)
    tap.equal(row["subject"], test, "its case is sealed and delivered")
    state = disk_of(lab)
    tap.result(state["held_mb"] < 32 and "MiB are free" in state["problem"] and "wanted are" in state["problem"],
               "status says how much there is and how much is wanted", state)
    tap.result("TROUBLE: only" in lab.ctl("status", check=False).stdout, "in words as well")
    done = lab.ctl(*START, check=False)
    tap.result(done.returncode == 4 and "disk-reserve" in done.stderr and "make room" in done.stderr, "no new test begins", done.stderr)
    os.unlink(os.path.join(disk, "ballast"))
    wait_for("the reserve to be whole again", lambda: disk_of(lab)["held_mb"] == 32)
    tap.equal((disk_of(lab)["problem"], lab.json("status")["lockouts"]), ("", []), "with room again nothing is locked")
    test = lab.start_test("新A66T21")
    lab.ctl("test", "abort", test, "--reason", "enough")
    tap.equal(lab.json("journal", "verify")["ok"], True, "the station goes on, its journal whole")


with Lab() as lab:
    disk = lab.path("disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=56m", "smogd-test", disk], stderr=subprocess.DEVNULL, check=False).returncode:
        tap.result(True, "a disk that is filled # SKIP no right to mount")
        tap.end()
    try:
        with tap.step("a disk that is filled"):
            play(lab, disk)
        for name in list(lab.running):
            lab.stop(name)
    finally:
        subprocess.run(["umount", "-l", disk], check=False)
tap.end()
