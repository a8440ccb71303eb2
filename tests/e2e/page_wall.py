#!/usr/bin/python3
"""The remote-sensing wall in Debian's Chromium at five vehicles a second. WALL_S=60 makes it a minute; twelve seconds show the same."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from page_lab import play, why_not  # noqa: E402
from station import Feeder, Lab, free_port, passage, station_conf, wait_for  # noqa: E402

RATE = 5
SECONDS = int(os.environ.get("WALL_S", "12"))
reason = why_not()
if reason:
    print("ok 1 # SKIP " + reason + "\n1..1")
    sys.exit(0)


def feed(lab, feeder):
    """From when the page is ready: RATE vehicles a second, on two lanes; some exceed, some have too much wind."""
    wait_for("the page to be ready", lambda: os.path.exists(lab.path("go")), 60)
    begun = time.monotonic()
    for n in range(RATE * SECONDS):
        time.sleep(max(0.0, begun + n / RATE - time.monotonic()))
        more = {"fs": "9.4"} if n % 11 == 5 else {}
        feeder.tell(passage(100 + n, "新D%05d" % (10000 + n % 400), "%.1f" % (8 + n * 7 % 30), cdxh=1 + n % 2, **more))
    lab.write("fed.part", str(RATE * SECONDS))
    os.rename(lab.path("fed.part"), lab.path("fed"))


with Lab() as lab:
    feeder, port = Feeder(), free_port()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
console { listen = "127.0.0.1:%d" }
""" % (feeder.address, port), kind="fixed-remote")
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新A90718", "38.7"), passage(3, "新B12345"), passage(4, "新C00001", "44.0", fs="9.4"))
    wait_for("the first passages", lambda: lab.json("status")["passages"]["stored"] == 4)
    threading.Thread(target=feed, args=(lab, feeder), daemon=True).start()
    status = play(lab, port, "wall.mjs")
    if status:
        sys.stderr.write(lab.log("smogd")[-2000:])
sys.exit(status)
