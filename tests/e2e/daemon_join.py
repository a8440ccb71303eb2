#!/usr/bin/python3
"""Passing vehicles whose device knows no weather and no speed: a weather station (pymodbus) and one radar per lane lend theirs.
Valid thanks to that alone, recomputed from the record; two devices on two lanes at once; lenders that are gone lend nothing."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Feeder, Lab, Tap, ROOT, free_port, station_conf, wait_for  # noqa: E402

RADAR = """profile radar-json {
    title = "Radar"  source = "test"
    value speed { key = "v"  unit = "km/h" }   value acceleration { key = "a"  unit = "m/s2" }   value slope { key = "s"  unit = "deg" }
}
"""
tap = Tap()


def vehicle(number, plate, lane=None, opacity="12.0", **more):
    """What the device tells: no weather, no speed, no slope."""
    record = {"jlbh": "%08d" % number, "hphm": plate, "cpys": "1", "rlzl": "B", "btgdjg": opacity, "nojg": "300", **more}
    if lane:
        record["cdxh"] = lane
    return json.dumps(record, ensure_ascii=False)


def radar(speed, acceleration="0.30", slope="1.2"):
    return json.dumps({"v": speed, "a": acceleration, "s": slope})


def passes(lab):
    shown = [lab.json("passes", p["id"]) for p in lab.json("passes", "--limit", "50")["passes"]]
    return {p["plate"]: p for p in shown}


def wait_pass(lab, plate):
    wait_for(plate, lambda: plate in {p["plate"] for p in lab.json("passes", "--limit", "50")["passes"]})
    return passes(lab)[plate]["record"]


def start_weather(lab, port):
    process = lab.start("weather", os.path.join(ROOT, "tests/support/pymodbus_registers.py"), "maximet", "1", "tcp", str(port),
                        stdin=subprocess.PIPE)
    wait_for("pymodbus", lambda: "ready" in lab.log("weather"))
    return lambda line: (process.stdin.write((line + "\n").encode()), process.stdin.flush())


def wait_speed(lab, name, speed):
    wait_for("the radar's %s" % speed, lambda: lab.instrument(name)["values"].get("speed", {}).get("value") == speed)


def lent(record):
    return {(j["quantity"], j["instrument"], j["value"], j["quality"]) for j in record.get("joined", [])}


WEATHER = {("wind_speed", "weather", "1.80", "ok"), ("wind_dir", "weather", "352", "ok"), ("pressure", "weather", "94.15", "ok"),
           ("humidity", "weather", "41", "ok"), ("air_temp", "weather", "23.5", "ok")}


def play(lab, left, right, radar1, radar2, weather_port):
    radar1.tell(radar("40.0"))
    radar2.tell(radar("55.0"))
    wait_speed(lab, "radar1", "40.0")
    wait_speed(lab, "radar2", "55.0")
    wait_for("the weather", lambda: lab.instrument("weather")["values"].get("wind_speed", {}).get("value") == "1.80")
    left.tell(vehicle(1, "新A00001"))
    right.tell(vehicle(1, "新A00002"))
    record = wait_pass(lab, "新A00001")
    other = wait_pass(lab, "新A00002")
    motion = {("acceleration", "0.30"), ("slope", "1.2")}
    tap.equal(lent(record), WEATHER | {("speed", "radar1", "40.0", "ok")} | {(q, "radar1", v, "ok") for q, v in motion},
              "weather and the own lane's radar are joined, and named")
    tap.equal(lent(other), WEATHER | {("speed", "radar2", "55.0", "ok")} | {(q, "radar2", v, "ok") for q, v in motion},
              "the other lane has the other radar's speed")
    tap.equal((record["verdict"]["kind"], record["verdict"]["reasons"]), ("pass", []), "valid thanks to what is joined")
    tap.equal((record["passage"]["lane"], other["passage"]["lane"]), (1, 2), "the lane is the configured one")
    tap.equal(record["passage"]["record_id"], other["passage"]["record_id"], "one record number on two lanes is two passages")
    tap.equal([i["name"] for i in record["instruments"]], ["left", "weather", "radar1"], "the lenders are in the record")
    tap.result(all(0 <= j["age_ms"] <= 8000 for j in record["joined"]), "with the age of each reading")


def play_own(lab, left):
    left.tell(vehicle(2, "新A00003", fs="6.1", clsd="31.0"))
    record = wait_pass(lab, "新A00003")
    names = {j["quantity"] for j in record["joined"]}
    tap.result(not names & {"wind_speed", "speed"}, "what the device tells itself is not replaced", names)
    tap.equal(record["verdict"]["reasons"], ["wind_speed: 6.1 > 5.0"], "and it is what counts")
    left.tell(vehicle(3, "新A00004", lane=2))
    tap.equal({i for q, i, v, _ in lent(wait_pass(lab, "新A00004")) if q == "speed"}, {"radar2"}, "the record's own lane comes first")


def play_clock(lab, left):
    now_ms = int(time.time() * 1000)
    left.tell(vehicle(4, "新A00005", jcrq=now_ms), vehicle(5, "新A00006", jcrq=now_ms - 3600000, pdjg="7", wxyy="风速超限"))
    near, far = wait_pass(lab, "新A00005")["passage"], wait_pass(lab, "新A00006")["passage"]
    tap.equal((near["device_clock_far"], far["device_clock_far"]), (False, True), "a device's clock far from ours is flagged")
    tap.result(3500000 < far["device_clock_ms"] < 3700000, "with the difference", far["device_clock_ms"])
    tap.equal((far["device_result"], far["device_reason"]), ("7", "风速超限"), "the device's own flags are kept as sent")


def play_missing(lab, left, radar1, weather_port):
    wait_for("an old radar reading", lambda: lab.instrument("radar1")["values"]["speed"]["age_ms"] > 8000)
    left.tell(vehicle(6, "新A00007"))
    record = wait_pass(lab, "新A00007")
    tap.equal(record["verdict"]["reasons"], ["vsp: not measured"], "a radar reading that is too old is not joined")
    lab.stop("weather")
    wait_for("the loss", lambda: lab.instrument("weather")["state"] == "offline")
    radar1.tell(radar("41.0"))
    wait_speed(lab, "radar1", "41.0")
    left.tell(vehicle(7, "新A00008"))
    record = wait_pass(lab, "新A00008")
    tap.equal(record["verdict"]["reasons"], ["%s: not measured" % q for q in ("wind_speed", "air_temp", "humidity", "pressure")],
              "weather station unplugged: invalid, and says what is missing")
    start_weather(lab, weather_port)
    lab.wait_live("weather", 40)
    radar1.tell(radar("42.0"))
    wait_speed(lab, "radar1", "42.0")
    left.tell(vehicle(8, "新A00009", opacity="33.0"))
    tap.equal(wait_pass(lab, "新A00009")["verdict"]["kind"], "suspect", "plugged in again: judged again")


def play_recomputed(lab):
    bad = [p["id"] for p in passes(lab).values()
           if not (lambda r: r["verdict_same"] and r["readings_same"])(lab.json("rejudge", p["id"]))]
    tap.equal(bad, [], "all are recomputed byte for byte from what is stored")


def play_case(lab, left, radar1):
    radar1.tell(radar("43.0"))
    wait_speed(lab, "radar1", "43.0")
    left.tell(vehicle(9, "新A00009", opacity="34.0"))
    wait_for("the case", lambda: lab.json("outbox", "list")["outbox"])
    failed = [p for p in lab.json("passes", "--limit", "50")["passes"] if p["verdict"] == "fail"]
    tap.equal([p["plate"] for p in failed], ["新A00009"], "twice in six months fails, on joined readings too")
    result = lab.json("rejudge", failed[0]["id"])
    tap.equal((result["verdict_same"], result["readings_same"]), (True, True), "and its stored files give it again")


with Lab() as lab, tap.step("joined readings"):
    left, right, radar1, radar2 = Feeder(), Feeder(), Feeder(), Feeder()
    shutil.copytree(os.path.join(ROOT, "sensors/profiles"), lab.path("profiles"))
    lab.write("profiles/radar-json.conf", RADAR)
    port = free_port()
    start_weather(lab, port)
    station_conf(lab, """link a { kind = tcp  address = "%s" }   link b { kind = tcp  address = "%s" }
link ra { kind = tcp  address = "%s" }   link rb { kind = tcp  address = "%s" }
link met { kind = modbus-tcp  address = "127.0.0.1:%d" }
instrument left    { driver = jsonl  profile = "rsd-pinyin"  link = a  lane = 1 }
instrument right   { driver = jsonl  profile = "rsd-pinyin"  link = b  lane = 2 }
instrument weather { driver = modbus  profile = "gill-maximet"  link = met  unit = 1  join-ms = 60000 }
instrument radar1  { driver = jsonl  profile = "radar-json"  link = ra  lane = 1  join-ms = 8000 }
instrument radar2  { driver = jsonl  profile = "radar-json"  link = rb  lane = 2  join-ms = 600000 }
""" % (left.address, right.address, radar1.address, radar2.address, port), kind="fixed-remote",
                 extra='profiles-dir = "%s"' % lab.path("profiles"))
    lab.start_smogd()
    wait_for("all lines", lambda: left.clients and right.clients and radar1.clients and radar2.clients)
    lab.wait_live("weather", 40)
    play(lab, left, right, radar1, radar2, port)
    play_own(lab, left)
    play_clock(lab, left)
    play_missing(lab, left, radar1, port)
    play_recomputed(lab)
    play_case(lab, left, radar1)
tap.end()
