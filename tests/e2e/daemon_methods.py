#!/usr/bin/python3
"""Every method through the real programs, once to a pass and once to a fail: prompts that an officer can follow, slip, recomputation, and
the case that a fail becomes. The times in the rules are shortened, nothing else."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
WORLD = "world { air_temp = 21.5  humidity = 38  pressure = 95.2  mil = 0  coolant_temp = 84  speed = 0  power = 0 }\n"
VIN = "LZZ5ELNB1KA000001"
# name: protocol, settings of the simulator, driver and its settings
STAND = {
    "rollers": ("modbus-rtu", 'unit = 1  set = {"map=dynamometer"}', 'driver = modbus  profile = "dynamometer-generic"  unit = 1'),
    "smoke": ("nht6", "", "driver = nht6"),
    "nox": ("modbus-rtu", 'unit = 2  set = {"map=nox"}', 'driver = modbus  profile = "nox-generic"  unit = 2'),
    "gas": ("nha506", "", "driver = nha506"),
    "weather": ("wxt", "", "driver = vaisala"),
    "obd": ("elm327", 'set = {"vin=%s"}' % VIN, 'driver = elm327  option = "obd"'),
}


def open_station(lab, packs, names, quick):
    """A station under these packs with these instruments, all live."""
    scenario, body = WORLD, ""
    for name in names:
        protocol, settings, driver = STAND[name]
        path = lab.path("dev", name)
        link = 'kind = modbus-rtu  line = "9600/8n1"' if protocol == "modbus-rtu" else "kind = serial"
        scenario += 'instrument %s { protocol = %s  pty = "%s"  reply-ms = 3  %s }\n' % (name, protocol, path, settings)
        body += 'link l-%s { %s  device = "%s" }\ninstrument %s { link = l-%s  %s }\n' % (name, link, path, name, name, driver)
    lab.start_sim(scenario)
    station_conf(lab, body, rules=", ".join('"%s"' % pack for pack in packs), extra=quick_rules(lab, packs, **quick))
    lab.start_smogd()
    for name in names:
        lab.wait_live(name, 40)


def run(lab, test, on_prompt=None):
    """Drives the test while an officer watches beside; gives the record and what the officer saw."""
    seen = lab.path("seen.txt")
    with open(seen, "w", encoding="utf-8") as out:
        officer = subprocess.Popen([os.path.join(BIN, "smogctl"), "-c", lab.conf, "test", "watch", test], stdout=out,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        wait_for("the officer to see the first prompt", lambda: os.path.getsize(seen) > 0)
        shown = lab.drive(test, lambda: lab.sim("press"), on_prompt, lab.probe)
        officer.wait(10)
    finally:
        officer.kill()
        officer.wait()
    with open(seen, encoding="utf-8") as text:
        return shown, text.read()


def check(lab, what, shown, seen, verdict, prompts, slip):
    """What holds for each method: verdict, prompts in words, slip, recomputation, and the case of a fail."""
    test = shown["id"]
    if not tap.equal(shown["verdict"], verdict, "%s: %s" % (what, verdict)):
        print("# %s\n# %s" % (shown["record"], seen.replace("\n", "\n# ")), flush=True)
    missing = [word for word in prompts if word not in seen]
    tap.result(not missing, what + ": the officer is told what to do", "no %s in\n%s" % (missing, seen))
    lab.ctl("slip", test, "-o", lab.path("slip.txt"))
    with open(lab.path("slip.txt"), encoding="utf-8") as file:
        text = " ".join(file.read().split())
    missing = [word for word in (shown["plate"], "依据 rules", "条款 clause", *slip) if word not in text]
    tap.result(not missing and "DIESEL" not in text, what + ": the slip tells values, limits and clauses", "no %s in\n%s" % (missing, text))
    again = lab.json("rejudge", test)
    tap.equal((again["verdict_same"], again["readings_same"]), (True, True), what + ": recomputed, it is the same")
    cases = [row["subject"] for row in lab.json("outbox", "list")["outbox"]]
    tap.equal(test in cases, verdict == "fail", what + ": a fail is a case in the outbox, nothing else is")


# ---- lug-down ----


def dynamometer(lab, part_load):
    """The rollers: from 80 km/h the load rises; most power, 120 kW, at 70 km/h; then the speeds that are asked for."""

    def on_prompt(event):
        prompt, value, limit = event.get("prompt"), event.get("value"), event.get("limit")
        if prompt == "full-pedal":
            heard = lab.instrument("weather")["samples"]
            wait_for("the weather of this test", lambda: lab.instrument("weather")["samples"] > heard)
            lab.sim("world speed=80 power=100")
            lab.sim("drive rpm=1800 load=1")
            lab.ctl("test", "confirm", event["test"])
        elif prompt == "scan" and limit == 56:
            lab.sim("world speed=55 power=80")
        elif prompt == "scan":
            lab.sim("world speed=70 power=120")
        elif prompt == "speed":
            lab.sim("world speed=%d" % value)
            if value == 56:
                lab.sim(part_load)
        return prompt in ("full-pedal", "scan", "speed")

    return on_prompt


def play_lug_down(lab):
    prompts = ["油门踩到底", "pedal to the floor", "power scan: keep the pedal down · 70 km/h, down to 56", "hold the speed with the pedal down 70 km/h",
               "hold the speed with the pedal down 56 km/h", "saved"]
    lab.sim("truck fuel=diesel load-k=0.6")
    facts = {"power_kw": "200", "aspiration": "turbo"}
    shown, seen = run(lab, lab.start_test("新B10001", method="lug-down", **facts), dynamometer(lab, "drive rpm=1500 load=1"))
    check(lab, "lug-down", shown, seen, "pass", prompts,
          ["velmaxhp", "speed 70.0 km/h", "k (100 %)", "k (80 %)", "nox (80 %)", "limit ≤ 1500 1e-6", "limit ≥ 80", "alpha"])
    lab.sim("truck load-k=1.9")
    shown, seen = run(lab, lab.start_test("新B10002", method="lug-down", **facts), dynamometer(lab, "drive rpm=1500 load=0.5"))
    check(lab, "lug-down, smoky", shown, seen, "fail", prompts, ["k (100 %)", "1.90 1/m, 限值 limit ≤ 1.20 1/m 超标 EXCEEDS", "不合格 FAIL"])


# ---- two-speed idle ----


def petrol_pedal(lab):
    def on_prompt(event):
        if event.get("prompt") == "rev":
            lab.sim("drive rpm=%d" % event["value"])
        elif event.get("prompt") == "idle":
            lab.sim("drive")
        return event.get("prompt") in ("rev", "idle")

    return on_prompt


def play_two_speed_idle(lab):
    prompts = ["保持发动机转速", "hold the engine speed 3500 r/min", "insert the probe", "hold the engine speed 2500 r/min", "release the pedal"]
    facts = {"fuel": "petrol", "class": "light"}
    lab.sim("truck fuel=petrol")
    shown, seen = run(lab, lab.start_test("新A20001", "blue", "two-speed-idle", **facts), petrol_pedal(lab))
    check(lab, "two-speed idle", shown, seen, "pass", prompts,
          ["co (怠速 idle)", "co (高怠速 raised idle)", "lambda (高怠速 raised idle)", "limit ≤ 0.6 %", "limit ≥ 0.95 符合", "hc (怠速 idle)"])
    lab.sim("truck fuel=petrol idle-co=0.9 idle-hc=140")
    shown, seen = run(lab, lab.start_test("新A20002", "blue", "two-speed-idle", **facts), petrol_pedal(lab))
    check(lab, "two-speed idle, rich", shown, seen, "fail", prompts, ["limit ≤ 0.6 % 超标 EXCEEDS", "limit ≤ 80 1e-6 超标 EXCEEDS", "不合格 FAIL"])


# ---- on-board diagnosis, the observer ----


def play_obd(lab):
    prompts = ["插入诊断接头", "plug in the OBD adapter", "reading the control units (11.0 s)"]

    def confirm(event):
        if event.get("prompt") == "connect":
            lab.ctl("test", "confirm", event["test"])
        return event.get("prompt") == "connect"

    shown, seen = run(lab, lab.start_test("新B30001", method="obd-check"), confirm)
    check(lab, "OBD check", shown, seen, "pass", prompts, [VIN, "mil 0, 限值 limit ≤ 0 符合"])
    lab.sim("world mil=1")
    lab.sim("set obd dtcs=P0420,P2002")
    wait_for("the lamp", lambda: lab.instrument("obd")["values"]["mil"]["value"] == "1")
    wait_for("the codes", lambda: "P0420" in lab.instrument("obd")["texts"]["dtc"]["value"])
    shown, seen = run(lab, lab.start_test("新B30002", method="obd-check"), confirm)
    check(lab, "OBD check, lamp on", shown, seen, "fail", prompts, ["mil 1, 限值 limit ≤ 0 超标 EXCEEDS", "P0420", "P2002"])


def observer(lab, grades):
    def on_prompt(event):
        if event.get("prompt") == "observe":
            lab.ctl("test", "observe", event["test"], "ringelmann=%s photo=smoke-%d.jpg" % (grades[event["value"] - 1], event["value"]))
        return event.get("prompt") == "observe"

    return on_prompt


def play_ringelmann(lab):
    prompts = ["观察烟度", "observe the smoke (Ringelmann) and enter it (1/3)", "(3/3)"]
    test = lab.start_test("新B40001", method="ringelmann")
    for words, why in (("ringelmann=1", "photo"), ("ringelmann=7 photo=a.jpg", "0 to 5"), ("black", "ringelmann=")):
        done = lab.ctl("test", "observe", test, words, check=False)
        tap.result(done.returncode == 2 and why in done.stderr and done.stderr.count("\n") == 1, "an observation '%s' is refused" % words, done.stderr)
    shown, seen = run(lab, test, observer(lab, ["0.5", "1", "0"]))
    check(lab, "Ringelmann", shown, seen, "pass", prompts, ["photo=smoke-2.jpg", "ringelmann 1 grade, 限值 limit ≤ 1 grade 符合"])
    shown, seen = run(lab, lab.start_test("新B40002", method="ringelmann"), observer(lab, ["1", "2.5", "1"]))
    check(lab, "Ringelmann, black", shown, seen, "fail", prompts, ["photo=smoke-2.jpg", "超标 EXCEEDS"])


# ---- free acceleration under other standards ----


def play_free_acceleration(lab, what, plates, sound, smoky, facts, slip):
    prompts = ["hold the probe in clean air, then confirm", "press the pedal down now", "insert the probe"]
    for plate, truck, verdict in ((plates[0], sound, "pass"), (plates[1], smoky, "fail")):
        lab.sim("truck %s oil=88 hold-ms=700" % truck)
        shown, seen = run(lab, lab.start_test(plate, **facts))
        check(lab, "%s, %s" % (what, truck), shown, seen, verdict, prompts, slip)


def play_machinery(lab):
    play_free_acceleration(lab, "machinery", ("新B50001", "新B50002"), "k=0.50", "k=1.40",
                           {"class": "non-road", "smoke_class": "II", "power_kw": "50"}, ["gb36886-2018", "class-ii-from-37-kw", "limit ≤ 0.80 1/m"])


def play_eu(lab):
    play_free_acceleration(lab, "2014/45/EU", ("新B60001", "新B60002"), "k=0.40", "k=1.90", {"stage": "6"}, ["stage-6", "limit ≤ 0.70 1/m"])


def play_j1667(lab):
    play_free_acceleration(lab, "J1667", ("新B70001", "新B70002"), "k=0.40", "k=3.50", {"model_year": "2004", "power_kw": "180"},
                           ["1997-to-2006-150-to-224-kw", "limit ≤ 20 %", "to 0.102 m, air 1.1"])


# what is played, under which packs, with which instruments; the filter of J1667 takes its time until it reads zero
PLAYS = (
    (play_lug_down, ("gb3847-2018",), ("rollers", "smoke", "nox", "weather"), {}),
    (play_two_speed_idle, ("gb18285-2018",), ("gas",), {}),
    (play_obd, ("roadside-cn",), ("obd",), {"measure": "11.0"}),
    (play_ringelmann, ("roadside-cn",), (), {}),
    (play_machinery, ("gb36886-2018",), ("smoke",), {}),
    (play_eu, ("eu-2014-45",), ("smoke",), {}),
    (play_j1667, ("j1667",), ("smoke", "weather"), {"zero-settle": "1.5"}),
)


def play_one(play, packs, names, quick):
    with Lab(os.path.join(os.environ["TMPDIR"], play.__name__)) as lab, tap.step(play.__name__[5:]):
        open_station(lab, packs, names, quick)
        play(lab)


# side by side: the engines take their time, the programs do not
threads = [threading.Thread(target=play_one, args=row) for row in PLAYS]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tap.end()
