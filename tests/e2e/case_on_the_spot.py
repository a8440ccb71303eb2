#!/usr/bin/python3
"""A decision made on the spot, by the real programs: from a truck that smokes to the decision's document at the police (04C54).

Beside the outlet for decisions there are those for cases, the inbox among them: whoever was penalised on the spot is not penalised again.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, wait_for  # noqa: E402
from tmri import Service  # noqa: E402
from whole_case import PLATE, WholeCase  # noqa: E402

SECRET = "7C1E0D0A0208AD8F2E0BC8D4EBA9F1C2"
NUMBER, LATE, AFTER = "652301202600018", "652301202600019", "652301202600020"
FACTS = ("hpzl=01", "cllx=H11", "use=F", "owner=昌吉某运输公司", "vin=LFWADRJF110000001")
FILED = {"driver.ryfl": "4", "driver.jszh": "652301198001011234", "driver.dabh": "652300123456", "driver.fzjg": "新B", "driver.zjcx": "A2",
         "driver.name": "某", "decision.jsjqbj": "0", "decision.sgdj": "0", "decision.cfzl": "2", "decision.fine": "150", "decision.jkfs": "1", "decision.jkbj": "0"}
PLACE = 'xzqh = "652301"  wfdd = "12345"  lddm = "0001"  ddms = "000"  wfdz = "长丰路12号"'
SBBH = 'sbbh = "652301000000000007"'
OUTLET = """outlet %s { kind = %s  url = "%s"  plain-http = true  interface = %s  call = old  secret-file = "%s"  values { %s } }
"""
# Which outlets there are for cases: the police's records of what was seen, and the two that put a case up for screening and for review.
FOR_CASES = (("monitoring", "vio04", "04C52", 'cjjg = "652301000000"  cjfs = "2"'), ("screening", "rm60", "60W01", SBBH),
             ("reviewing", "rm60", "60W02", SBBH))
tap = Tap()


def minute(time):
    """How the police writes a time, of RFC 3339 in the station's zone."""
    return time[:16].replace("T", " ")


class OnTheSpot:
    def __init__(self, lab):
        self.lab = lab
        self.decisions, self.cases = Service(SECRET), Service(SECRET)
        secret = lab.write("jkxlh", SECRET + "\n")
        os.chmod(secret, 0o600)
        outlets = OUTLET % ("spot", "vio04", self.decisions.url, "04C54", secret, PLACE + '  fxjg = "652301000000"')
        for name, kind, interface, values in FOR_CASES:
            outlets += OUTLET % (name, kind, self.cases.url, interface, secret, PLACE + "  " + values)
        subprocess.run(["sh", os.path.join(os.path.dirname(__file__), "../shift/keys.sh"), lab.path("keys")], check=True)
        lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
        self.station = WholeCase(lab.path("station"), lab.path("keys"), lab.path("dev/smoke"), outlets, FACTS)

    def measured(self):
        """A truck that smokes, up to the second review; gives the case."""
        station = self.station
        self.lab.sim("truck idle-k=0.00 k=1.90 oil=88 hold-ms=700 noise=0.02 scatter=0.04 seed=2")
        test = station.measure(self.lab.sim)
        station.photos(test)
        case = station.case_of(test)["case"]
        for _ in ("review1", "review2"):
            station.step(case)
        return case

    def show(self, case):
        return self.station.json("case", "show", case)

    def handle(self, case, number):
        self.station.ctl("case", "handle", case, "--police", "650012", "--number", number)

    def file(self, case, **facts):
        self.station.ctl("case", "file", case, "--police", "650012", "--facts", *("%s=%s" % pair for pair in {**FILED, **facts}.items()))

    def push(self, case):
        """Until the case is sealed, and once more: the station takes the seal into its journal in between. Gives the last exit status."""
        self.station.run("smogpush", "-c", self.station.conf, "--once")
        wait_for("the seal", lambda: self.show(case)["sealed"])
        return self.station.run("smogpush", "-c", self.station.conf, "--once").returncode

    def deliveries(self, case):
        """Without the row of the sealed package, which is nobody's."""
        return {d["outlet"]: d["state"] for d in self.show(case)["deliveries"] if d["outlet"]}

    def asked(self):
        """Which interfaces were called, in order; forgets them."""
        asked = [(r[0], r[1]) for r in self.decisions.requests]
        self.decisions.requests.clear()
        return asked

    def nothing_else(self, what):
        """No case came to those who would penalise it once more."""
        packages = self.station.path("inbox/packages")
        tap.equal((self.cases.requests, os.listdir(packages) if os.path.isdir(packages) else []), ([], []), what)


def expected(spot, case):
    """What the document holds, of what the station has recorded and nothing else."""
    shown = spot.show(case)
    test = spot.station.json("test", "show", shown["subject"])
    record = test["record"]
    value = record["verdict"]["values"][0]
    handled = [s for s in shown["steps"] if s["act"] == "handle"][0]
    return {"jdsbh": shown["number"], "ryfl": "4", "jszh": "652301198001011234", "dabh": "652300123456", "fzjg": "新B", "zjcx": "A2", "dsr": "某", "clfl": "3",
            "hpzl": "01", "hphm": PLATE, "jdcsyr": "昌吉某运输公司", "syxz": "F", "jtfs": "H11", "fxjg": "652301000000", "jsjqbj": "0", "sgdj": "0",
            "wfsj": minute(record["started_at"]), "xzqh": "652301", "wfdd": "12345", "lddm": "0001", "ddms": "000", "wfdz": "长丰路12号", "wfxw": "6063",
            "scz": value["value"], "bzz": value["limit"], "cfzl": "2", "fkje": "150", "zqmj": "650012", "jkfs": "1", "jkbj": "0",
            "clsj": minute(handled["at"]), "jd": "87.30", "wd": "44.01"}


def filed(spot):
    """As it should be: handled, sealed, filed, written once; and the police knows the decision by its number."""
    case = spot.measured()
    spot.handle(case, NUMBER)
    spot.push(case)
    tap.equal((spot.show(case)["state"], spot.asked(), spot.deliveries(case)), ("handled", [], {}), "handled and sealed; what is not filed is not sent")
    spot.file(case)
    tap.equal(spot.push(case), 0, "smogpush drains what is due")
    tap.equal(spot.asked(), [("queryObjectOut", "04C01"), ("writeObjectOut", "04C54"), ("queryObjectOut", "04C01")],
              "filed: looked up, written, read back")
    tap.equal(([j for j, _, _ in spot.decisions.written], spot.decisions.complaints), (["04C54"], []), "the police takes it")
    tap.equal(spot.decisions.written[0][2], expected(spot, case), "every field is what was recorded")
    tap.equal((spot.show(case)["state"], spot.deliveries(case)), ("handled", {"spot": "sent"}), "it is sent to them alone, and the case stays as it is")
    refused = spot.station.ctl("case", "send", case, "--officer", "P0043", check=False)
    tap.equal(refused.returncode, 4, "nor can it be sent now")
    spot.push(case)
    tap.equal(spot.asked(), [], "what is written is not written again")
    spot.nothing_else("nothing came to those who take cases")


def corrected(spot):
    """Ordered to be sent, then handled before it went out; and what was filed lacks something."""
    case = spot.measured()
    spot.station.ctl("case", "send", case, "--officer", "P0043")
    spot.handle(case, LATE)
    lacking = {k: v for k, v in FILED.items() if k != "driver.jszh"}
    spot.station.ctl("case", "file", case, "--police", "650012", "--facts", *("%s=%s" % pair for pair in lacking.items()))
    spot.push(case)
    delivery = [d for d in spot.show(case)["deliveries"] if d["outlet"] == "spot"][0]
    tap.result(delivery["state"] == "refused" and "driver.jszh" in delivery["last_status"], "what was not filed is named", delivery)
    tap.equal(spot.asked(), [("queryObjectOut", "04C01")], "the number was looked up, and nothing written")
    spot.file(case)
    spot.station.ctl("outbox", "retry", delivery["case"], "--officer", "P0043")
    spot.push(case)
    tap.equal([f["jdsbh"] for _, _, f in spot.decisions.written], [NUMBER, LATE], "filed once more and tried again it is written, once")
    tap.equal(spot.decisions.written[1][2], expected(spot, case), "with every field")
    spot.nothing_else("the order to send it came to nothing")


def already_sent(spot):
    """The police has it when the officer decides: the decision has to be filed all the same, and somebody is told to have the first one removed."""
    case = spot.measured()
    spot.station.ctl("case", "send", case, "--officer", "P0043")
    spot.push(case)
    wait_for("the receipts", lambda: spot.show(case)["state"] == "received")
    told = [j for j, _, _ in spot.cases.written]
    tap.equal((sorted(told), spot.cases.complaints), (sorted(i for _, _, i, _ in FOR_CASES), []), "a case that is sent comes to all who take cases")
    alerts = lambda: [a["alert"] for a in spot.station.json("alerts", spot.show(case)["subject"])["alerts"]]  # noqa: E731
    tap.equal("handled-after-sent" in alerts(), False, "there is nothing to warn of")
    spot.handle(case, AFTER)
    tap.equal("handled-after-sent" in alerts(), True, "decided on the spot after that, a supervisor is told that it is there twice")
    spot.file(case)
    spot.push(case)
    tap.equal(([f["jdsbh"] for _, _, f in spot.decisions.written], [j for j, _, _ in spot.cases.written]), ([NUMBER, LATE, AFTER], told),
              "the decision is written, and the case not once more")


with Lab() as lab, tap.step("a decision on the spot"):
    spot = OnTheSpot(lab)
    with spot.station:
        spot.station.start_inbox()
        spot.station.start_smogd()
        spot.station.officers()
        filed(spot)
        corrected(spot)
        already_sent(spot)
tap.end()
