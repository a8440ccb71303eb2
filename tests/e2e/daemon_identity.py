#!/usr/bin/python3
"""Who the vehicle is: facts that differ from earlier records, plates that cannot be on a smoke test, codes of lists."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, quick_rules, station_conf  # noqa: E402

tap = Tap()
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
"""


def start(lab, plate, *facts, colour="yellow", more=()):
    lab.wait_live("smoke")
    words = ["test", "start", "--plate", plate, "--colour", colour, "--method", "free-acceleration", "--officer", "P0042", *more,
             "--vehicle", "fuel=diesel", "class=heavy", "gearbox=manual", *facts]
    return lab.ctl("--json", *words, check=False)


def abort(lab, done):
    import json
    test = json.loads(done.stdout)["test"]
    lab.ctl("test", "abort", test, "--reason", "only its start matters here")
    return test


def typed_inputs(lab):
    first = abort(lab, start(lab, "新B12345", "power_kw=339", "mass_kg=25000"))
    same = abort(lab, start(lab, "新B12345", "power_kw=339.0"))
    tap.equal(lab.json("alerts")["alerts"], [], "the same power in another spelling is no change")
    done = start(lab, "新B12345", "power_kw=120", "mass_kg=12000")
    tap.equal((done.returncode, "power_kw is 120 now and was 339.0 in " + same in done.stderr or
               "mass_kg is 12000 now and was 25000 in " + first in done.stderr,
               "--confirm mass_kg,power_kw" in done.stderr), (4, True, True), "other power and mass than before are asked about")
    tap.equal((lab.json("status")["test"], len(lab.json("plate", "新B12345")["tests"])), (None, 2), "and no test has begun")
    done = start(lab, "新B12345", "power_kw=120", "mass_kg=12000", more=("--confirm", "power_kw"))
    tap.equal((done.returncode, "--confirm mass_kg" in done.stderr), (4, True), "each is confirmed by its own name")
    test = abort(lab, start(lab, "新B12345", "power_kw=120", "mass_kg=12000", more=("--confirm", "power_kw,mass_kg")))
    alerts = lab.json("alerts", test)["alerts"]
    tap.equal(sorted((a["alert"], a["evidence"]["fact"], a["evidence"]["previous"], a["evidence"]["value"], a["evidence"]["by"])
                     for a in alerts),
              [("input-changed", "mass_kg", "25000", "12000", "P0042"), ("input-changed", "power_kw", "339.0", "120", "P0042")],
              "a supervisor sees both")
    facts = {f["key"]: f for f in lab.json("test", "show", test)["record"]["vehicle"]["facts"]}
    tap.equal((facts["power_kw"]["previous"], facts["power_kw"]["previous_in"]), ("339.0", same), "the record says what it was")
    tap.equal(start(lab, "新B12345", "power_kw=339", colour="blue").returncode, 0, "another colour is another vehicle")
    lab.ctl("test", "abort", lab.json("status")["test"]["id"], "--reason", "only its start matters here")


def plates_and_codes(lab):
    test = abort(lab, start(lab, "新A12345D", colour="yellow-green"))
    tap.equal([a["alert"] for a in lab.json("alerts", test)["alerts"]], ["electric-plate"], "an electric plate on a smoke test is an alarm")
    test = abort(lab, start(lab, "新A12345F", colour="yellow-green"))
    tap.equal(lab.json("alerts", test)["alerts"], [], "one that may have an engine is none")
    done = start(lab, "新C12345", "hpzl=77")
    tap.equal((done.returncode, "smogctl codes hpzl" in done.stderr), (2, True), "a code that its list lacks is refused")
    abort(lab, start(lab, "新C12345", "hpzl=01", "cllx=H11", "use=F"))
    tap.result("纯电动号牌" in lab.ctl("alerts").stdout, "alerts in words")


with Lab() as lab:
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    station_conf(lab, BODY % lab.path("dev/smoke"), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")
    with tap.step("typed inputs"):
        typed_inputs(lab)
    with tap.step("plates and codes"):
        plates_and_codes(lab)
    with tap.step("the journal is whole"):
        lab.ctl("journal", "verify")
tap.end()
