"""A station with a console for the page tests: smoke meter, printer, camera, officers with PINs, police inbox; then a test in the browser."""
import os
import shutil
import subprocess
import sys

from console import set_pin
from station import BIN, ROOT, free_port, quick_rules, station_conf, wait_for

OFFICERS = (("P0042", "甲", "ecology", "471108"), ("P0043", "乙", "ecology", "580219"), ("P0099", "戊", "ecology", "903362"),
            ("650012", "丙", "police", "725514"), ("M0007", "丁", "technician", "361947"))
BODY = """link com1 { kind = serial  device = "%(smoke)s" }
link com2 { kind = serial  device = "%(printer)s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
instrument printer { driver = escpos  link = com2 }
camera gate { }
console { listen = "127.0.0.1:%(port)d"  %(console)s }
seal { key = "%(keys)s/seal.key"  cert = "%(keys)s/seal.pem" }
"""
OUTLET = """outlet police { kind = package-rest  url = "https://%(inbox)s/packages"
                ca = "%(keys)s/ca.pem"  cert = "%(keys)s/push.pem"  key = "%(keys)s/push.key" }"""


def why_not():
    """Why no page can be tested here; "": it can."""
    for what, there in (("node", shutil.which("node")), ("/usr/bin/chromium", os.path.exists("/usr/bin/chromium")),
                        ("tests/page/node_modules (make page-tests)", os.path.isdir(os.path.join(ROOT, "tests/page/node_modules"))),
                        ("build/web (make web)", os.path.exists(os.path.join(ROOT, "build/web/index.html")))):
        if not there:
            return "there is no " + what
    return ""


def open_page_station(lab, console="", rules=None):
    """Starts everything; gives the console's port."""
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    lab.start("inbox", "smoginbox", "--listen", "127.0.0.1:0", "--cert", lab.path("keys/inbox.pem"), "--key", lab.path("keys/inbox.key"),
              "--client-ca", lab.path("keys/ca.pem"), "--seal-ca", lab.path("keys/ca.pem"), "--store", lab.path("inbox"))
    wait_for("the inbox", lambda: "listening on " in lab.log("inbox"))
    names = {"smoke": lab.path("dev/smoke"), "printer": lab.path("dev/printer"), "port": free_port(), "console": console,
             "keys": lab.path("keys"), "inbox": lab.log("inbox").split("listening on ")[1].split()[0]}
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%(smoke)s"  reply-ms = 3 }\ninstrument printer { protocol = escpos  pty = "%(printer)s" }'
                  % names)
    station_conf(lab, BODY % names, OUTLET % names, rules='"gb3847-2018"', extra=quick_rules(lab, **(rules or {})))
    lab.start_smogd()
    lab.start("smogpush", "smogpush", "-c", lab.conf)
    lab.wait_live("smoke")
    for number, name, role, pin in OFFICERS:
        lab.ctl("officer", "add", number, "--name", name, "--role", role, "--certificate", "C-" + number)
        set_pin(lab, number, pin)
    return names["port"]


def play(lab, port, script, **more):
    """Runs tests/page/SCRIPT against the station; it prints TAP. Ends with its exit status."""
    environment = dict(os.environ, BIN=BIN, CONF=lab.conf, CONSOLE="http://127.0.0.1:%d/" % port, SIM=lab.path("sim.sock"), DIR=lab.dir,
                       SHOTS=os.path.join(ROOT, "build/page"), **more)
    done = subprocess.run(["node", os.path.join(ROOT, "tests/page", script)], env=environment, stdin=subprocess.DEVNULL, check=False, timeout=600)
    return done.returncode


def main(lab_class, script, **more):
    """A whole page test: skipped where it cannot run."""
    reason = why_not()
    if reason:
        print("ok 1 # SKIP " + reason + "\n1..1")
        return
    with lab_class() as lab:
        status = play(lab, open_page_station(lab, **more), script)
        if status:
            sys.stderr.write(lab.log("smogd")[-3000:])
    sys.exit(status)
