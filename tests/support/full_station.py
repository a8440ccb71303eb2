"""A station with a day behind it: one of everything that the console shows, made by the real programs in about twenty seconds.

Beside the pass, the fail and the aborted test there are passages of every verdict, cases at six places of their lives, a depot visit,
checklists, alerts, checks, officers with PINs, a delivery that failed and one with its receipt.
"""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from console import set_pin  # noqa: E402
from jpeg import jpeg  # noqa: E402
from station import BIN, Feeder, ROOT, Failure, metrology_rules, passage, station_conf, wait_for  # noqa: E402

OFFICERS = (("P0042", "执法员甲", "ecology"), ("P0043", "执法员乙", "ecology"), ("P0044", "执法员丙", "ecology"), ("650012", "民警丁", "police"),
            ("M0007", "检修员戊", "technician"), ("S0001", "主管己", "supervisor"), ("A0001", "审计员庚", "auditor"))
PIN = "471108"
ROSTER = """号牌号码,号牌颜色,所属单位,燃料种类,额定功率(kW),初次登记日期
新A10001,黄,"长丰物流, 一队",柴油,276,2019/5/1
新A10002,黄,"长丰物流, 一队",柴油,276,2019/5/1
新B12345,黄,"长丰物流, 一队",柴油,276,2019/5/1
新A10003,黄,昌吉运输,柴油,199,2016/12/31
新A66T21,黄,昌吉运输,柴油,199,2016/12/31
新A10004,黄,昌吉运输,柴油,199,2016/12/31
"""
BODY = """link com1 { kind = serial  device = "%(smoke)s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
reference f1 { value = "k=1.71"  certificate = "F-2026-01"  valid-until = 2036-12-31 }
link rsd { kind = tcp  address = "%(rsd)s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7"  certificate = "JJF1835-2026-07"  valid-until = 2036-12-31
                  calibrated = 2026-03-01 }
link gone { kind = tcp  address = "127.0.0.1:1" }
instrument gas { driver = jsonl  profile = "rsd-pinyin"  link = gone  serial = "G3"  certificate = "JJG688-2025-11"  valid-until = 2026-01-31 }
seal { key = "%(keys)s/seal.key"  cert = "%(keys)s/seal.pem" }
outlet police { kind = package-rest  url = "https://%(inbox)s/packages"  ca = "%(keys)s/ca.pem"  cert = "%(keys)s/push.pem"  key = "%(keys)s/push.key" }
outlet far { kind = package-rest  url = "https://127.0.0.1:1/packages"  ca = "%(keys)s/ca.pem"  cert = "%(keys)s/push.pem"  key = "%(keys)s/push.key" }
"""


class FullStation:
    """The day, in a Lab. `more` is further configuration (the console)."""

    def __init__(self, lab, more=""):
        self.lab = lab
        self.feeder = Feeder()
        self.number = 0
        self.open(more)

    def open(self, more):
        lab = self.lab
        subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
        lab.start("inbox", "smoginbox", "--listen", "127.0.0.1:0", "--cert", lab.path("keys/inbox.pem"), "--key", lab.path("keys/inbox.key"),
                  "--client-ca", lab.path("keys/ca.pem"), "--seal-ca", lab.path("keys/ca.pem"), "--store", lab.path("inbox"))
        wait_for("the inbox", lambda: "listening on " in lab.log("inbox"))
        inbox = lab.log("inbox").split("listening on ")[1].split()[0]
        lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
        extra = metrology_rules(lab, measure="0.3", settle="0.2", count="3")
        with open(lab.path("rules/gb3847-2018.conf"), encoding="utf-8") as file:
            law = file.read()
        lab.write("rules/gb3847-2018.conf", law.replace("param count { value = 3 ", "param count { value = 2 "))  # two accelerations show a curve, too
        for pack in ("alerts-cn", "roadside-cn"):
            shutil.copy(os.path.join(ROOT, "station/rules", pack + ".conf"), lab.path("rules"))
        station_conf(lab, BODY % {"smoke": lab.path("dev/smoke"), "rsd": self.feeder.address, "keys": lab.path("keys"), "inbox": inbox} + more,
                     rules='"gb3847-2018", "hj845-2017", "metrology-cn", "alerts-cn", "roadside-cn"', extra=extra)
        lab.start_smogd()
        lab.wait_live("smoke")
        wait_for("the remote-sensing line", lambda: self.feeder.clients)
        for number, name, role in OFFICERS:
            lab.ctl("officer", "add", number, "--name", name, "--role", role, *(["--certificate", "C-" + number] if role == "ecology" else []))
            set_pin(lab, number, PIN)

    # ---- what happens on the road ----

    def truck(self, k, seed, idle="0.00"):
        self.lab.sim("truck idle-k=%s k=%s oil=88 hold-ms=700 noise=0.02 scatter=0.04 seed=%d" % (idle, k, seed))

    def check(self, k, *words, officer="P0042", wanted="pass"):
        """A metrology check; made again where the simulated noise, or the moment, has given it another end."""
        self.truck("0.40", 1, k)
        for _ in range(3):
            wait_for("k = " + k, lambda: abs(float(self.lab.instrument("smoke")["values"]["k"]["value"]) - float(k)) < 0.03)
            done = self.lab.json(*words, "--officer", officer)
            if done["verdict"] == wanted:
                return
        raise Failure(str(done))

    def test(self, plate, k, seed, on_prompt=None, **facts):
        """A test by free acceleration; gives its id."""
        lab = self.lab
        self.truck(k, seed)
        lab.wait_live("smoke")
        words = ["test", "start", "--plate", plate, "--colour", "yellow", "--method", "free-acceleration", "--officer", "P0042", "--officer", "P0043",
                 "--police", "650012", "--confirm", "power_kw"]
        for key, value in {"fuel": "diesel", "class": "heavy", "gearbox": "manual", **facts}.items():
            words += ["--vehicle", "%s=%s" % (key, value)]
        return lab.drive(lab.json(*words)["test"], lambda: lab.sim("press"), on_prompt, lab.probe)["id"]

    def observe(self, plate, grade, colour="yellow"):
        """A test by eye, which takes a moment."""
        lab = self.lab
        test = lab.json("test", "start", "--plate", plate, "--colour", colour, "--method", "ringelmann", "--vehicle", "fuel=diesel", "--vehicle",
                        "class=heavy", "--officer", "P0042", "--officer", "P0043", "--police", "650012")["test"]
        for _ in range(3):
            lab.ctl("test", "observe", test, "ringelmann=%s photo=a.jpg" % grade)
        wait_for("the test to be saved", lambda: lab.json("test", "show", test)["verdict"])
        return test

    def pass_by(self, plate, opacity="12.0", **more):
        self.number += 1
        self.feeder.tell(passage(self.number, plate, opacity, **more))

    def photo(self, test, kind, *words, **more):
        name = "%s-%s.jpg" % (test, kind)
        with open(self.lab.path(name), "wb") as file:
            file.write(jpeg(content=name.encode(), **more))
        self.lab.ctl("photo", "add", test, self.lab.path(name), "--kind", kind, "--officer", "P0042", *words)

    def case_of(self, subject):
        return wait_for("the case of " + subject, lambda: [c["case"] for c in self.lab.json("case", "list")["cases"] if c["subject"] == subject])[0]

    def push(self):
        subprocess.run([os.path.join(BIN, "smogpush"), "-c", self.lab.conf, "--once"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=60, check=False)

    def day(self):
        self.checks()
        self.road()
        self.tests()
        self.cases()
        self.depot()
        self.checklists()
        self.truck("0.40", 1)

    def checks(self):
        for k in ("1.72", "1.70", "1.73"):
            self.check(k, "span", "smoke", "--filter", "f1")
        self.check("1.90", "span", "smoke", "--filter", "f1", officer="M0007", wanted="fail")
        self.check("1.72", "span", "smoke", "--filter", "f1")
        self.check("0.00", "zero", "smoke")

    def road(self):
        self.pass_by("新A90718", "41.3")
        self.pass_by("新A90718", "38.7")
        self.pass_by("新B12345")
        self.pass_by("新A66T21", "33.0", cdxh=2)
        self.pass_by("新C00001", "44.0", fs="9.4", sd="91.0", cdxh=2)
        self.pass_by("", "21.0")
        self.pass_by("新D80001", "8.5", cdxh=2)
        wait_for("the passages", lambda: self.lab.json("status")["passages"]["stored"] == self.number)

    def tests(self):
        self.passed = self.observe("新B12345", "0")
        self.observe("新AD12345", "0", "green")
        self.failed = self.test("新A66T21", "1.90", 2, power_kw="199")
        self.photo(self.failed, "front")
        self.photo(self.failed, "exhaust")
        self.truck("1.90", 3)
        self.lab.wait_live("smoke")
        aborted = self.lab.json("test", "start", "--plate", "新C77018", "--colour", "yellow", "--method", "free-acceleration", "--vehicle", "fuel=diesel",
                                "--vehicle", "class=heavy", "--vehicle", "gearbox=manual", "--officer", "P0043")["test"]
        self.lab.ctl("test", "bypass-warm", aborted, "--reason", "no temperature probe fits", check=False)
        self.lab.ctl("test", "abort", aborted, "--reason", "发动机熄火 engine stalled")
        self.voided = self.observe("新C77019", "3")
        self.lab.ctl("test", "void", self.voided, "--reason", "号牌录入错误 wrong plate", "--officer", "S0001")
        self.by_eye = [self.observe("新B4000%d" % n, "3") for n in range(5)]

    def cases(self):
        lab = self.lab
        self.reviewed = self.case_of(self.by_eye[0])
        lab.ctl("case", "review", self.reviewed, "--officer", "P0042")
        self.to_send = self.case_of(self.by_eye[1])
        lab.ctl("case", "review", self.to_send, "--officer", "P0042")
        lab.ctl("case", "review", self.to_send, "--officer", "P0044", "--police", "650012")
        self.sent = self.case_of(self.by_eye[2])
        lab.approve(self.sent, ("P0042", "P0044"), "650012")
        lab.ctl("case", "repair-notice", self.sent, "--officer", "P0042", "--until", "2026-12-31")
        lab.ctl("case", "return", self.case_of(self.by_eye[3]), "--officer", "P0043", "--reason", "照片看不清 plate unreadable")
        self.handled = self.case_of(self.by_eye[4])
        lab.ctl("case", "handle", self.handled, "--police", "650012", "--number", "652301202600018")
        self.push()
        self.push()
        self.to_review = self.case_of(self.failed)

    def depot(self):
        lab = self.lab
        lab.ctl("roster", "import", lab.write("fleet.csv", ROSTER), "--officer", "P0042")
        lab.ctl("roster", "absent", "新A10004", "--reason", "在修 in the workshop", "--officer", "P0042")
        self.observe("新A10001", "0")
        self.retest = self.test("新A66T21", "0.60", 6, power_kw="276")

    def checklists(self):
        lab = self.lab
        with open(lab.path("mud.jpg"), "wb") as file:
            file.write(jpeg(content=b"mud"))
        ended = lab.json("checklist", "start", self.failed, "--officer", "P0042")["checklist"]
        lab.ctl("checklist", "answer", ended, "dpf", "passed", "--officer", "P0042")
        lab.ctl("checklist", "answer", ended, "mud", "failed", "--photo", lab.path("mud.jpg"), "--remark", "带泥 muddy", "--officer", "P0042")
        lab.ctl("checklist", "end", ended, "--officer", "P0042")
        self.checklist = lab.json("checklist", "start", "--plate", "新B12345", "--colour", "yellow", "--officer", "P0042")["checklist"]
        lab.ctl("checklist", "answer", self.checklist, "urea-concentration", "passed", "--value", "32.4", "--officer", "P0042")
