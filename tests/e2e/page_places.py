#!/usr/bin/python3
"""The console's pages beside Now and Test in Debian's Chromium, at a station with a day behind it. Screenshots are left in build/page."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from full_station import PIN, FullStation  # noqa: E402
from page_lab import play, why_not  # noqa: E402
from station import Lab, free_port  # noqa: E402

reason = why_not()
if reason:
    print("ok 1 # SKIP " + reason + "\n1..1")
    sys.exit(0)
with Lab() as lab:
    port = free_port()
    station = FullStation(lab, 'console { listen = "127.0.0.1:%d" }\n' % port)
    station.day()
    facts = {name: getattr(station, name) for name in ("to_review", "reviewed", "sent", "handled", "checklist")}
    status = play(lab, port, "places.mjs", PIN=PIN, FACTS=json.dumps(facts))
    if status:
        sys.stderr.write(lab.log("smogd")[-2000:])
sys.exit(status)
