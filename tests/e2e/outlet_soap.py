#!/usr/bin/python3
"""smogpush to the police's SOAP services: what arrives, and what becomes of every awkward answer. Nothing doubles, nothing is lost."""
import base64
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from outlet_bench import OutletBench  # noqa: E402
from station import Lab, ROOT, Tap, wait_for  # noqa: E402
from tmri import Service  # noqa: E402

SECRET = "7C1E0D0A0208AD8F2E0BC8D4EBA9F1C2"
tap = Tap()


class Bench(OutletBench):
    """One station whose cases go to one service."""

    def __init__(self, lab, name, kind, interface, call="old", encoding="utf-8", answers="utf-8", values="", extra=""):
        self.service = Service(SECRET, answers, encoding)
        super().__init__(lab, name, """outlet traffic { kind = %s  url = "%s"  plain-http = true  interface = %s  call = %s  encoding = %s
    secret-file = "jkxlh"  %s  values { %s } }""" % (kind, self.service.url, interface, call, encoding, extra, values), {"jkxlh": SECRET})
        self.secret = os.path.join(self.dir, "jkxlh")

    def case(self, *facts):
        self.make(1, *(facts or ("hpzl=01", "photo=1.jpg", "photo=2.jpg")))

    def state(self):
        return self.last("traffic")

    def after(self, *orders):
        """A new case, and what these answers make of it."""
        self.case()
        self.service.orders[:] = orders
        self.push()
        return self.state()


PLACE = 'xzqh = "652301"  wfdd = "12345"  lddm = "0001"  ddms = "000"  wfdz = "长丰路12号"'
SBBH = 'sbbh = "652301000000000007"'
CALLER_VALUES = {"cjsqbh": "S1", "dwjgdm": "652301000000", "dwmc": "昌吉市交警大队", "yhbz": "012345", "yhxm": "某", "zdbs": "10.0.0.7"}
CALLER = "  ".join('%s = "%s"' % pair for pair in CALLER_VALUES.items())


FACTS = ("hpzl=01", "owner=昌吉某运输公司", "use=F", "vin=LFWADRJF110000001", "cllx=H11", "make=解放", "body_colour=B", "issuer=新B", "police=012345",
         "photo=1.jpg", "photo=2.jpg", "photo=3.jpg")
OF_ALL = {"hpzl": "01", "hphm": "新B00001", "clfl": "3", "wfsj": "2026-07-01 09:30:00", "wfxw": "6063", "scz": "1.90", "bzz": "1.20", "zqmj": "012345",
          "xzqh": "652301", "wfdd": "12345", "lddm": "0001", "ddms": "000", "wfdz": "长丰路12号"}
OF_OWNER = {"jdcsyr": "昌吉某运输公司", "jtfs": "H11", "fzjg": "新B", "csys": "B", "clpp": "解放"}
EVERY_FIELD = {
    "60W01": {**OF_ALL, "sbbh": "652301000000000007", "zpsl": "3", "zpwjm": "photos/1.jpg"},
    "60W02": {**OF_ALL, **OF_OWNER, "sbbh": "652301000000000007", "zpsl": "3"},
    "04C52": {**OF_ALL, **OF_OWNER, "cjjg": "652301000000", "cjfs": "2", "sbbh": "652301000000000007", "syxz": "F", "clsbdh": "LFWADRJF110000001"},
    "04C53": {**OF_ALL, "cjjg": "652301000000", "cjfs": "2", "sbbh": "652301000000000007"},
}


def every_field(lab):
    """Each interface in each form of the call and in both encodings: what arrives, field by field."""
    for interface, wanted in EVERY_FIELD.items():
        kind = "rm60" if interface[0] == "6" else "vio04"
        for call, encoding in (("old", "gbk"), ("new1", "utf-8"), ("new1", "gbk"), ("new2", "utf-8")):
            name = "%s %s %s" % (interface, call, encoding)
            values = PLACE + "  " + SBBH + ("" if kind == "rm60" else '  cjjg = "652301000000"  cjfs = "2"')
            names = () if call == "old" else tuple(CALLER_VALUES)[call == "new1":]
            bench = Bench(lab, name.replace(" ", "-"), kind, interface, call, encoding, encoding,
                          values + "".join('  %s = "%s"' % (k, CALLER_VALUES[k]) for k in names))
            bench.case(*FACTS)
            bench.push()
            service = bench.service
            if tap.equal((bench.state(), service.complaints), (("sent", "code 1: 数据写入成功"), []), name + ": written"):
                fields = dict(service.written[0][2])
                pictures = [base64.b64decode(fields.pop("zpstr%d" % i)) for i in (1, 2, 3)]
                tap.equal(fields, wanted, name + ": every field")
                tap.equal([p[-5:] for p in pictures], [b"1.jpg", b"2.jpg", b"3.jpg"], name + ": the pictures, byte for byte")
                given = service.requests[0][2]
                tap.equal([given.get(k) for k in names], [CALLER_VALUES[k] for k in names], name + ": the caller's names")
            bench.secret_nowhere(tap)
            service.close()


def awkward(bench):
    """Every answer of the vio04 kind, where a query tells whether it has arrived."""
    service = bench.service
    tap.equal(bench.after(), ("sent", "code 1: 数据写入成功"), "a case is written")
    tap.equal([r[0:2] for r in service.requests], [("writeObjectOut", "04C53")], "by one call")
    fields = service.written[0][2]
    tap.equal((fields["hphm"], fields["wfsj"], fields["wfxw"], fields["scz"], fields["bzz"], fields["wfdz"]),
              ("新B00001", "2026-07-01 09:30:00", "6063", "1.90", "1.20", "长丰路12号"), "what arrives is what was recorded")
    written = 1
    for order, words in (("lose", "no answer"), ("fault", "NullPointerException"), ("garbage", "no SOAP answer"), ("500", "no SOAP answer"),
                         ("$E05", "网络故障")):
        state, text = bench.after(order)
        tap.result(state == "unknown" and words in text, "%s: unknown" % order, (state, text))
        bench.again()
        written += 1
        tap.equal((bench.state()[0], len(service.written)), ("sent", written), "%s: asked about, then %s: there once" % (
            order, "nothing is sent" if order == "lose" else "sent"))
    state, text = bench.after("busy")
    tap.result(state == "retry" and "busy" in text, "busy: tried again", (state, text))
    bench.again()
    state, text = bench.after("no sbbh字段不是18位!")
    tap.equal((state, text), ("refused", "04C53 refused: sbbh字段不是18位!"), "a validation message parks it, word for word")
    state, text = bench.after("lose", "500")
    bench.service.orders[:] = ["500"]
    bench.again()
    tap.equal(bench.state()[0], "unknown", "while the question fails it stays unknown")
    bench.again()
    tap.equal(bench.state()[0], "sent", "and is found in the end")
    tap.equal(service.complaints, [], "the service has had nothing to complain of")
    keys = [tuple(f[k] for k in ("hphm", "hpzl", "wfsj")) + (j,) for j, _, f in service.written]
    tap.equal(len(keys), bench.db("SELECT count(*) FROM delivery WHERE state = 'sent'")[0][0], "as many as were sent")


FILED = {"driver.ryfl": "4", "driver.jszh": "652301198001011234", "driver.dabh": "652300123456", "driver.fzjg": "新B", "driver.zjcx": "A2",
         "driver.name": "某", "decision.jsjqbj": "0", "decision.sgdj": "0", "decision.cfzl": "2", "decision.fine": "200", "decision.jkfs": "1", "decision.jkbj": "0"}
NUMBER = 652301202600018


def filed(number, facts):
    """Words of make_cases: handled by a decision of that number, and filed with these facts (tests/e2e/daemon_life.py has smogd's side)."""
    return "handled=%d" % number, "filed=" + json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def on_the_spot(lab):
    """04C54: decisions that were filed and nothing else; looked up first, read back, never doubled."""
    for call, encoding in (("old", "utf-8"), ("new1", "gbk"), ("new2", "utf-8")):
        name = "04C54 %s %s" % (call, encoding)
        names = () if call == "old" else tuple(CALLER_VALUES)[call == "new1":]
        bench = Bench(lab, name.replace(" ", "-"), "vio04", "04C54", call, encoding, encoding, PLACE + '  fxjg = "652301000000"'
                      + "".join('  %s = "%s"' % (k, CALLER_VALUES[k]) for k in names))
        service = bench.service
        bench.case(*FACTS)
        bench.push()
        tap.equal((bench.db("SELECT count(*) FROM delivery")[0][0], service.requests), (0, []), name + ": a case that is no decision is not for it")
        bench.case(*FACTS, *filed(NUMBER, FILED))
        bench.push()
        if not tap.equal((bench.state()[0], service.complaints), ("sent", []), name + ": a decision that was filed is written"):
            tap.result(False, name, bench.state())
            continue
        tap.equal([r[1] for r in service.requests], ["04C01", "04C54", "04C01"], name + ": looked up, written, its check digit read back")
        tap.equal(service.written[0][2],
                  {**{k: v for k, v in OF_ALL.items() if k not in ("wfsj", "hphm")}, "wfsj": "2026-07-01 09:30", "hphm": "新B00002", "jdsbh": str(NUMBER), "ryfl": "4",
                   "jszh": "652301198001011234", "dabh": "652300123456", "fzjg": "新B", "zjcx": "A2", "dsr": "某", "jdcsyr": "昌吉某运输公司", "syxz": "F",
                   "jtfs": "H11", "fxjg": "652301000000", "jsjqbj": "0", "sgdj": "0", "cfzl": "2", "fkje": "200", "jkfs": "1", "jkbj": "0",
                   "clsj": "2026-07-01 09:32"}, name + ": every field")
        tap.equal(bench.db("SELECT receipt_id FROM delivery")[0][0], "7", name + ": the check digit is the receipt")
        service.close()
    bench = Bench(lab, "filed", "vio04", "04C54", values=PLACE + '  fxjg = "652301000000"')
    for i, (order, words) in enumerate((("lose", "the answer to the question is lost"), ("behave,lose", "the answer to the writing is lost"),
                         ("behave,behave,lose", "the check digit cannot be read"), ("behave,no wsbh重复", "refused"))):
        bench.case(*FACTS, *filed(NUMBER + i, FILED))
        bench.service.orders[:] = order.split(",")
        bench.push()
        first = bench.state()
        bench.again()
        bench.again()
        written = [f["jdsbh"] for _, _, f in bench.service.written].count(str(NUMBER + i))
        wanted = ("refused", 0) if words == "refused" else ("sent", 1)
        tap.equal((bench.state()[0], written), wanted, "04C54: %s (%s): there once in the end" % (words, first[0]))
    bench.case(*FACTS, *filed(NUMBER + 9, {"driver.name": "某"}))
    bench.push()
    state, text = bench.state()
    tap.result(state == "refused" and "field ryfl" in text and "driver.ryfl" in text, "04C54: what was not filed parks it, by name", (state, text))
    bench.service.close()


def read_back_that_asks_too_much(lab):
    """An agency's map whose second question wants what is not known: what was written before it is not written again."""
    bench = Bench(lab, "too-much", "vio04", "04C54", values=PLACE + '  fxjg = "652301000000"')
    outlets = os.path.join(bench.dir, "outlets")
    shutil.copytree(os.path.join(ROOT, "reports/outlets"), outlets)
    with open(os.path.join(outlets, "vio04.conf"), "r+", encoding="utf-8") as file:
        text = file.read().replace("read-back = 04C01", "read-back = 04C09")
        file.seek(0)
        file.write(text + '\nmessage 04C09 { group = 04   root = QueryCondition   match = {jdsbh}   proof = wsjyw\n'
                          '    field jdsbh { from = driver.nickname   must = true } }\n')
    with open(bench.conf, "r+", encoding="utf-8") as file:
        text = file.read().replace('state = "state"', 'state = "state"  outlets-dir = "outlets"')
        file.seek(0)
        file.write(text)
    bench.case(*FACTS, *filed(NUMBER, FILED))
    said = bench.push()
    tap.equal((bench.state()[0], len(bench.service.written)), ("unknown", 1), "a question that cannot be put leaves the writing unknown" if bench.service.written else said)
    bench.again()
    tap.equal(len(bench.service.written), 1, "and it is not written again")
    bench.service.close()


def platform(lab):
    """The command platform, the long form of the call, answers in GBK; what it cannot be told, and what cannot be asked there."""
    bench = Bench(lab, "rm60", "rm60", "60W01", call="new2", encoding="gbk", answers="gbk", values=PLACE + "  " + SBBH + "  " + CALLER)
    service = bench.service
    tap.equal(bench.after(), ("sent", "code 1: 数据写入成功"), "an answer in GBK is read")
    method, _, given = service.requests[0]
    tap.equal((method, given["xtlb"], given["dwmc"], given["cjsqbh"]), ("writeObjectOutNew", "60", "昌吉市交警大队", "S1"), "the caller is named")
    tap.result('encoding="GBK"' in given["UTF8XmlDoc"] and "%E9%95%BF" in given["UTF8XmlDoc"], "the document declares GBK; its values are URL-encoded")
    fields = service.written[0][2]
    tap.equal((fields["zpsl"], fields["zpwjm"], fields["clfl"]), ("2", "photos/1.jpg", "3"), "two pictures, named")
    bench.case("photo=1.jpg")
    bench.push()
    tap.equal(bench.state(), ("refused", "60W01, field hpzl: the receiver must have it, and 'vehicle.hpzl' is not known of this record"),
              "what is not known is not guessed: parked")
    state, text = bench.after("lose")
    bench.again()
    state, text = bench.state()
    tap.result(state == "sent", "an answer is lost: the record is found", (state, text))
    state, text = bench.after("500")
    bench.again()
    state, text = bench.state()
    tap.result(state == "unknown" and "proves nothing" in text, "not found proves nothing there: a person decides", (state, text))
    tap.equal(service.complaints, [], "the platform has had nothing to complain of")
    service.close()


def configuration(lab):
    """What is wrong with an outlet is said before anything is sent."""
    for name, values, extra, words in (
            ("more", PLACE + "  " + SBBH + "  " + CALLER + '  nonsense = "1"', "", "nothing in the map 'rm60' asks for the value 'nonsense'"),
            ("less", PLACE + "  " + SBBH, "", "the call 'new1' needs yhbz"),
            ("other", PLACE, "map = \"vio04\"", "the map 'vio04' has no message '60W01'"),
            ("hours", PLACE, 'hours = "8-20"', "'8-20' are no hours")):
        bench = Bench(lab, name, "rm60", "60W01", call="new1", values=values, extra=extra)
        bench.case()
        done = bench.run_push()
        tap.result(done.returncode == 2 and words in done.stdout, "refused: " + words, done.stdout)
        if name == "more":
            os.chmod(bench.secret, 0o644)
            done = bench.run_push()
            tap.result(done.returncode == 2 and "chmod 600" in done.stdout and SECRET not in done.stdout, "a secret that others can read", done.stdout)
        bench.service.close()


def stack(lab):
    """npm's soap, a SOAP stack that is not ours, parses the envelopes and writes the answers."""
    modules = os.path.join(ROOT, "build/npm/soap")
    if not os.path.exists(os.path.join(modules, "installed")):
        tap.result(True, "a real SOAP stack # SKIP npm's soap could not be installed")
        return
    os.environ["NODE_PATH"] = os.path.join(modules, "node_modules")
    lab.start("stack", os.path.join(ROOT, "tests/support/soap_service.js"), lab.dir)
    port = wait_for("the stack", lambda: [line.split()[1] for line in lab.log("stack").splitlines() if line.startswith("ready ")])[0]
    for call in ("old", "new2"):
        bench = Bench(lab, "parsed-" + call, "vio04", "04C53", call=call, values=PLACE + '  cjjg = "652301000000"  ' + (CALLER if call == "new2" else ""))
        bench.service.close()
        with open(bench.conf, encoding="utf-8") as file:
            text = file.read()
        lab.write("parsed-%s/smogd.conf" % call, text.replace(bench.service.url, "http://127.0.0.1:%s/trffweb/services/TmriOutAccess" % port))
        bench.case()
        before = lab.log("stack").count("{")
        bench.push()
        tap.equal(bench.state(), ("sent", "code 1: 数据写入成功"), call + ": the stack has understood us, and we it")
        last = [json.loads(line) for line in lab.log("stack").splitlines() if line.startswith("{")][-1]
        document = ET.fromstring(last["args"]["UTF8XmlDoc"])
        tap.equal((last["method"].startswith("write"), last["args"]["jkid"], last["args"]["jkxlh"], document[0].find("hphm").text),
                  (True, "04C53", SECRET, "%E6%96%B0B00001"), call + ": what its parser gives is what was meant")
        bench.db("UPDATE delivery SET state = 'unknown', next_ms = 0")
        bench.push()
        last = [json.loads(line) for line in lab.log("stack").splitlines() if line.startswith("{")][-1]
        tap.equal((bench.state()[0], last["method"].startswith("query"), before < lab.log("stack").count("{")), ("sent", True, True),
                  call + ": and the question, too")


with Lab() as lab, tap.step("the police's services"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True, stdout=subprocess.DEVNULL)
    bench = Bench(lab, "vio04", "vio04", "04C53", values=PLACE + '  cjjg = "652301000000"')
    awkward(bench)
    tap.result(SECRET not in bench.push(), "nor in what it says")
    bench.secret_nowhere(tap)
    bench.service.close()
    every_field(lab)
    on_the_spot(lab)
    read_back_that_asks_too_much(lab)
    platform(lab)
    configuration(lab)
    stack(lab)
tap.end()
