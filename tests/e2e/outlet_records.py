#!/usr/bin/python3
"""smogpush to the ecology departments (every test), to a provincial platform (passages, in batches) and into a boundary folder: several
outlets at once, each with its own queue; every awkward answer; nothing doubles, nothing is lost, nothing is sent blindly a second time."""
import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from outlet_bench import OutletBench  # noqa: E402
from provincial import Ecology, Provincial  # noqa: E402
from station import Lab, ROOT, Tap  # noqa: E402

PASSWORD, TOKEN = "pa55-of-ecology", "bearer-of-the-province"
tap = Tap()


class Bench(OutletBench):
    def __init__(self, lab, name, outlets):
        super().__init__(lab, name, outlets, {"password": PASSWORD, "token": TOKEN})


def ecology(lab):
    server = Ecology("station7", PASSWORD)
    bench = Bench(lab, "ecology", """outlet eco { kind = ecology-json  url = "%s"  plain-http = true  user = "station7"  secret-file = "password"
  repeat-replaces = true  values { tsNo = "650100123"  testLineNo = "01"  testCategory = "4" } }""" % server.url)
    facts = ("hpzl=01", "vin=LFWADRJF110000001", "stage=5", "photo=1.jpg", "photo=2.jpg")
    bench.make(1, "k=0.4", *facts)
    bench.push()  # from now on
    tap.equal(bench.states("eco"), [], "a new outlet begins with what comes, not with the past")
    bench.make(1, "k=0.4", *facts)
    said = bench.push()
    while bench.states("eco") != [("sent", 1)] and bench.db("SELECT state FROM delivery")[0][0] == "waiting":
        said += bench.push()
    tap.equal(bench.states("eco"), [("sent", 1)], "a passed test goes, too")
    tap.equal(server.calls, ["ODS_B1", "ODS_B9", "ODS_A25_FREE_ACCELERATION", "ODS_A26_FREE_ACCELERATION_PROCESS", "ODS_D1_VEHICLE_TEST_PHOTO",
                             "ODS_D1_VEHICLE_TEST_PHOTO"], "result, process and photos, each a part of its own")
    record = next(r for k, r in server.had.items() if k[0] == "ODS_B9")
    tap.equal((record["smokeKLimit"], record["testNo"]), (1.2, "652301-0007-T000002"), "numbers are numbers")
    samples = [r for k, r in server.had.items() if k[0].startswith("ODS_A26")]
    tap.result(len(samples) > 90 and {r["CONDITION_TYPE"] for r in samples} == {"1", "2", "3"}, "samples of the three accelerations", len(samples))
    tap.equal(server.logins, 1, "one token for all of it")
    for order, words in (("lose", "no answer"), ("garbage", "cannot be read")):
        before = len(server.had)
        bench.make(1, "k=0.4", *facts)
        server.orders[:] = ["behave", "behave", order]  # a token for this run, a part, then this
        bench.push()
        tap.equal(bench.last("eco")[0], "unknown", order + ": unknown")
        for _ in range(9):
            bench.again()
        tap.equal((bench.last("eco")[0], len(server.had) - before), ("sent", len(samples) + 5), order + ": the part is told again, which counts once")
    bench.make(1, "k=0.4", *facts)
    server.orders[:] = ["behave", "behave", "expire"]
    logins = server.logins
    bench.push()
    tap.equal(server.logins, logins + 2, "a token that has run out is renewed")
    for _ in range(9):
        bench.again()
    bench.make(1, "k=0.4", *facts)
    server.orders[:] = ["behave", "say 400 数据有误"]
    bench.push()
    tap.equal(bench.last("eco"), ("refused", "ODS_B1 refused: 400 数据有误"), "bad data is parked with the receiver's words")
    bench.make(1, "k=11.5", *facts)
    for _ in range(4):
        bench.again()
    state, text = bench.last("eco")
    tap.result(state == "refused" and "field smokeK1: 11.5" in text and "does not fit" in text, "a number that does not fit is parked, not cut",
               (state, text))
    tap.equal(server.complaints, [], "the platform has had nothing to complain of")
    text = bench.ctl("outbox", "show", "652301-0007-T000002")
    tap.result(text.count(" sent ") >= 6 and "part 6 of 6" in text, "outbox show tells every attempt", text)
    tap.result("652301-0007-T000006" in bench.ctl("outbox", "list"), "outbox list has the parked test")
    bench.secret_nowhere(tap)
    server.close()


def methods(lab):
    """Lug-down and Ringelmann: every field of B8, B10 and A27."""
    server = Ecology("station7", PASSWORD)
    bench = Bench(lab, "methods", """outlet eco { kind = ecology-json  url = "%s"  plain-http = true  user = "station7"  secret-file = "password"
  from = 2026-01-01  values { tsNo = "650100123"  testLineNo = "01"  testCategory = "4" } }""" % server.url)
    bench.make(1, "method=lug-down", "hpzl=01", "vin=LFWADRJF110000001", "photo=1.jpg")
    bench.make(1, "method=ringelmann", "hpzl=01", "photo=1.jpg")
    for _ in range(8):
        bench.again()
    tap.equal(bench.states("eco"), [("sent", 2)], "a lug-down and a Ringelmann test go")
    had = {k[0:2]: r for k, r in server.had.items()}
    lug, smoke = "652301-0007-T000001", "652301-0007-T000002"
    tap.equal(had["ODS_B8", lug], {"testNo": lug, "smokeKLimit": 1.2, "noxLimit": 1500, "nox": 811, "k100": 1.61, "k80": 1.61, "maxPower": 138.5,
                                   "maxPowerLimit": 84.0, "velMaxHP": 70.0}, "B8, every field that the station knows")
    tap.equal(had["ODS_B10", smoke], {"testNo": smoke, "vSmoke": "Y", "blackness": "2", "result": "0"}, "B10, every field")
    tap.equal(had["ODS_A27_RG_BLACKNESS_DATA", smoke], {"INSPECTION_NO": smoke, "PLATE_NUMBER": "新B00002", "VISIBLE_SMOKE": "Y",
                                                        "RG_BLACKNESS_LEVEL": "2", "EMISSION_IF": "0"}, "A27, every field")
    base = [(had["ODS_B1", t]["testType"], had["ODS_B1", t]["result"]) for t in (lug, smoke)]
    tap.equal((base, had["ODS_B1", lug]["vin"]), ([("4", "0"), ("7", "0")], "LFWADRJF110000001"), "each with its base record")
    tap.equal(server.complaints, [], "the platform has had nothing to complain of")
    server.close()


def not_repeated(lab):
    server = Ecology("station7", PASSWORD)
    bench = Bench(lab, "careful", """outlet eco { kind = ecology-json  url = "%s"  plain-http = true  user = "station7"  secret-file = "password"  from = 2026-01-01
  values { tsNo = "650100123"  testLineNo = "01"  testCategory = "4" } }""" % server.url)
    bench.make(1, "k=0.4", "hpzl=01")
    server.orders[:] = ["behave", "lose"]
    bench.push()
    bench.again()
    state, text = bench.last("eco")
    tap.result(state == "unknown" and "cannot be asked" in text and len(server.calls) == 1, "without repeat-replaces nothing is told twice", (state, text))
    server.close()


def provincial(lab):
    server = Provincial(TOKEN)
    bench = Bench(lab, "province", """outlet province { kind = remote-json  url = "%s"  plain-http = true  secret-file = "token"  batch = 20  batch-s = 0
  from = 2026-01-01 }""" % server.url)
    bench.make(50)
    while bench.states("province") != [("sent", 3)]:
        before = len(server.batches)
        bench.push()
        if len(server.batches) == before:
            break
    tap.equal((bench.states("province"), len(server.had), sorted(map(len, server.batches.values()))), ([("sent", 3)], 50, [10, 20, 20]),
              "50 passages in three batches")
    record = server.had["652301-0007-P00000007"]
    tap.equal((record["hphm"], record["btgdjg"], record["pdjg"], record["fs"]), ("新B12345", "41.3", "0", "1.2"), "with the readings of each")
    bench.make(5)
    server.orders[:] = ["lose"]
    bench.push()
    tap.equal(bench.last("province")[0], "unknown", "the answer is lost: unknown")
    writes = server.calls.count("write")
    bench.again()
    tap.equal((bench.last("province")[0], server.calls.count("write"), len(server.had)), ("sent", writes, 55), "asked for, and not sent again")
    bench.make(5)
    server.orders[:] = ["cut"]
    bench.push()
    bench.again()
    tap.equal((bench.last("province")[0], len(server.had)), ("sent", 60), "cut: asked for, not there, sent")
    bench.make(5)
    server.refuse = {"652301-0007-P00000063"}
    bench.push()
    tap.equal(len(server.had), 64, "a record that is refused does not hold up its batch")
    tap.equal(bench.db("SELECT case_id, state, last_status FROM delivery WHERE state = 'refused'"),
              [("652301-0007-P00000063", "refused", "refused: 重复的点位")], "and is parked by itself")
    tap.equal(server.complaints, [], "the platform has had nothing to complain of")
    bench.secret_nowhere(tap)
    server.close()


def sign(lab, text):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", lab.path("keys/inbox.key")], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return base64.b64encode(done.stdout).decode()


def folder(lab):
    out, back = lab.path("boundary-out"), lab.path("boundary-back")
    os.mkdir(out)
    os.mkdir(back)
    bench = Bench(lab, "folder", """outlet boundary { kind = file-drop  folder = "%s"  acknowledgements = "%s"  receipt-key = "%s/inbox.pem" }"""
                  % (out, back, lab.path("keys")))
    bench.make(1)
    bench.push()
    names = os.listdir(out)
    sha256, path = bench.db("SELECT sha256, path FROM package")[0]
    tap.equal(names, ["652301-0007-C000001-%s.asice" % sha256[:16]], "the package lies in the folder, and nothing else")
    with open(os.path.join(out, names[0]), "rb") as got, open(os.path.join(bench.dir, "state", path), "rb") as kept:
        tap.result(got.read() == kept.read(), "byte for byte")
    tap.equal(bench.last("boundary"), ("unknown", "it lies in the folder; no acknowledgement yet"), "it waits for its acknowledgement")
    os.unlink(os.path.join(out, names[0]))  # carried away
    bench.again()
    tap.equal((bench.last("boundary")[0], os.listdir(out)), ("unknown", []), "without one it is never put there again")
    receipt = json.dumps({"package_sha256": sha256, "receipt_id": "B-17", "received_at": "2026-07-01T12:00:00+08:00"})
    ack = os.path.join(back, names[0].replace(".asice", ".ack"))
    for what, text in (("without a signature", receipt + "\n"), ("of another key", receipt + "\n" + base64.b64encode(b"0" * 70).decode() + "\n"),
                       ("that was altered", receipt.replace("B-17", "B-18") + "\n" + sign(lab, receipt) + "\n")):
        with open(ack, "w", encoding="utf-8") as file:
            file.write(text)
        bench.again()
        tap.result(bench.last("boundary")[0] == "unknown", "an acknowledgement " + what + " does not count", bench.last("boundary"))
    with open(ack, "w", encoding="utf-8") as file:
        file.write(receipt + "\n" + sign(lab, receipt) + "\n")
    bench.again()
    tap.equal(bench.last("boundary"), ("sent", "acknowledged, receipt B-17"), "the signed one does")
    tap.equal(bench.db("SELECT receipt FROM delivery")[0][0], receipt, "and is kept as it came")
    os.rmdir(out)
    bench.make(1)
    bench.push()
    tap.result(bench.last("boundary")[0] == "retry" and not os.path.exists(out), "a folder that is away is waited for", bench.last("boundary"))


with Lab() as lab, tap.step("outlets of records and folders"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True, stdout=subprocess.DEVNULL)
    ecology(lab)
    methods(lab)
    not_repeated(lab)
    provincial(lab)
    folder(lab)
tap.end()
