#!/usr/bin/python3
"""Several outlets at once, each with its own queue, schedule, bandwidth and priority; one that is entered later; cases that are withdrawn."""
import datetime
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from outlet_bench import OutletBench  # noqa: E402
from provincial import Ecology  # noqa: E402
from station import Lab, ROOT, Tap, free_port  # noqa: E402
from tmri import Service  # noqa: E402

SECRETS = {"jkxlh": "7C1E0D0A0208AD8F2E0BC8D4EBA9F1C2", "password": "pa55-of-ecology"}
FACTS = ("hpzl=01", "photo=1.jpg")
tap = Tap()


def police(url, more=""):
    return """outlet traffic { kind = vio04  url = "%s"  plain-http = true  interface = 04C53  call = old  secret-file = "jkxlh"  %s
    values { cjjg = "652301000000"  xzqh = "652301"  wfdd = "12345"  lddm = "0001"  wfdz = "长丰路12号" } }
""" % (url, more)


def ecology(url, more=""):
    return """outlet eco { kind = ecology-json  url = "%s"  plain-http = true  user = "station7"  secret-file = "password"  repeat-replaces = true  %s
    values { tsNo = "650100123"  testLineNo = "01"  testCategory = "4" } }
""" % (url, more)


def folder(lab, name, more=""):
    for part in ("out", "back"):
        os.makedirs(lab.path(name, part), exist_ok=True)
    return 'outlet %s { kind = file-drop  folder = "%s"  acknowledgements = "%s"  receipt-key = "%s/inbox.pem"  %s }\n' % (
        name, lab.path(name, "out"), lab.path(name, "back"), lab.path("keys"), more)


class Service1(Service):
    """Notes in `order` when something arrives, for the order between receivers; how many come side by side, and how long the longest took."""

    def __init__(self, order):
        super().__init__(SECRETS["jkxlh"])
        self.order, self.now, self.most, self.longest = order, 0, 0, 0.0
        self.count = threading.Lock()

    def serve(self, handler):
        with self.count:
            self.now += 1
            self.most = max(self.most, self.now)
        handler.begun = time.monotonic()
        time.sleep(0.1)  # those beside it show
        super().serve(handler)

    def send(self, handler, *answer):
        """After it the sender may begin the next, so it is counted as over before."""
        with self.count:
            self.now -= 1
            self.longest = max(self.longest, time.monotonic() - handler.begun)
        super().send(handler, *answer)

    def write(self, given, root, fields):
        self.order.append("police")
        return super().write(given, root, fields)


class Ecology1(Ecology):
    def __init__(self, order):
        super().__init__("station7", SECRETS["password"])
        self.order = order

    def serve(self, path, body, headers, order):
        if "serviceCode" in (body or {}):
            self.order.append(body["serviceCode"])
        return super().serve(path, body, headers, order)


def one_is_down(lab):
    """The police is away: the folder and the ecology department get theirs, and the police's wait until it is back."""
    server = Ecology1([])
    away = "http://127.0.0.1:%d/trffweb/services/TmriOutAccess" % free_port()
    others = ecology(server.url, "from = 2026-01-01") + folder(lab, "boundary")
    bench = OutletBench(lab, "down", police(away) + others, SECRETS)
    bench.make(2, *FACTS)
    for _ in range(14):
        bench.again()
    tap.equal((bench.states("traffic"), bench.states("eco")), ([("retry", 2)], [("sent", 2)]), "a receiver that is away holds up its own queue alone")
    tap.equal((bench.states("boundary"), len(os.listdir(lab.path("boundary", "out")))), ([("unknown", 2)], 2), "and not the folder's either")
    tap.result("no connection" in bench.last("traffic")[1], "it says why", bench.last("traffic"))
    text = bench.ctl("outbox", "show", "652301-0007-C000001")
    tap.result(text.count(" traffic ") >= 3 and text.count("no connection") >= 3 and " boundary " in text, "the history has every attempt, by outlet", text)
    service = Service(SECRETS["jkxlh"])
    bench.configure(police(service.url) + others)
    bench.again()
    tap.equal((bench.states("traffic"), len(service.written)), ([("sent", 2)], 2), "when it is back, each is written once")
    service.close()
    server.close()


def small_evidence_first(lab):
    """The police's record goes before any of the ecology department's, whose bulk waits while one is under way."""
    order = []
    service, server = Service1(order), Ecology1(order)
    bench = OutletBench(lab, "first", ecology(server.url, "from = 2026-01-01") + police(service.url), SECRETS)
    bench.make(6, *FACTS)
    bench.push()
    tap.equal(order[:6], ["police"] * 6, "the cases first, whatever the order in the configuration")
    parts = [o for o in order if o != "police"]
    tap.result(parts[:1] == ["ODS_B1"] and "ODS_D1_VEHICLE_TEST_PHOTO" not in parts[:6], "then the results; photos are last of each", order)
    order.clear()
    bench.configure(ecology(server.url, "from = 2026-01-01  priority = 1") + police(service.url, "priority = 9"))
    for _ in range(9):
        bench.again()
    bench.make(2, *FACTS)
    bench.push()
    tap.equal((order.index("police"), order.count("police")), (len(order) - 2, 2), "priority turns it round: the police's two come last")
    service.close()
    server.close()


def hours(lab):
    """Outside its hours an outlet begins nothing; the others go on."""
    service = Service(SECRETS["jkxlh"])
    here = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))

    def window(begin, end):
        return 'hours = "%s-%s"' % tuple((here + datetime.timedelta(hours=h)).strftime("%H:%M") for h in (begin, end))

    bench = OutletBench(lab, "hours", police(service.url, window(2, 4)) + folder(lab, "night"), SECRETS)
    bench.make(1, *FACTS)
    bench.push()
    tap.equal((bench.db("SELECT state, attempts FROM delivery WHERE outlet = 'traffic'"), bench.states("night")), ([("waiting", 0)], [("unknown", 1)]),
              "outside its hours nothing begins; another outlet's does")
    bench.configure(police(service.url, window(-2, 2)) + folder(lab, "night"))
    bench.push()
    tap.equal((bench.states("traffic"), len(service.written)), ([("sent", 1)], 1), "within them it goes")
    service.close()


def bandwidth(lab):
    """bytes-per-s: one request at a time, no faster than that; the bound is from below, so that a slow machine passes."""
    service = Service1([])
    bench = OutletBench(lab, "bandwidth", police(service.url), SECRETS)
    bench.make(4, "hpzl=01", "photo=1.jpg,300000")
    bench.push()
    tap.equal((bench.states("traffic"), service.most > 1), ([("sent", 4)], True), "without a limit several go side by side")
    service.most, service.longest = 0, 0.0
    bench.configure(police(service.url, "bytes-per-s = 200000"))
    bench.make(2, "hpzl=01", "photo=1.jpg,300000")
    bench.push()
    tap.equal((bench.states("traffic"), service.most), ([("sent", 6)], 1), "with one they go one by one")
    tap.result(service.longest > 1.0, "and take the time that 400 KB take at 200 KB/s, or nearly", service.longest)
    service.close()


def withdrawn(lab):
    """A case that was handled on the spot, voided or rejected after it was sealed is not sent; what was sent already is not asked about again."""
    service = Service(SECRETS["jkxlh"])
    bench = OutletBench(lab, "withdrawn", police("http://127.0.0.1:%d/x" % free_port()), SECRETS)
    bench.make(4, *FACTS)
    bench.push()
    for number, state in ((1, "handled"), (2, "void"), (3, "rejected")):
        bench.db("UPDATE case_file SET state = '%s' WHERE id = '652301-0007-C%06d'" % (state, number))
    bench.configure(police(service.url))
    bench.again()
    tap.equal(bench.db("SELECT state, last_status LIKE '%withdrawn%' FROM delivery ORDER BY case_id"),
              [("refused", 1), ("refused", 1), ("refused", 1), ("sent", 0)], "withdrawn cases are parked, and say why; the other goes")
    tap.equal([f["hphm"] for _, _, f in service.written], ["新B00004"], "only that one arrived")
    service.close()


def later(lab):
    """An outlet that comes later gets what is new, or the older ones since a day, and never what no longer stands."""
    service = Service(SECRETS["jkxlh"])
    bench = OutletBench(lab, "later", folder(lab, "early"), SECRETS)
    bench.make(4, *FACTS)
    bench.push()
    bench.db("UPDATE case_file SET state = 'handled' WHERE id = '652301-0007-C000003'")
    bench.configure(folder(lab, "early") + police(service.url))
    bench.push()
    bench.make(1, *FACTS)
    bench.push()
    tap.equal([f["hphm"] for _, _, f in service.written], ["新B00005"], "by itself it gets what comes from then on")
    for words in (("status",), ("outbox", "list")):
        text = bench.ctl(*words)
        tap.result("outlet traffic" in text and "3 cases were sent before it was entered" in text and "from = DATE" in text and "2026-07-01" in text,
                   " ".join(words) + " says how many it does not get, and what to do", text)
    bench.configure(folder(lab, "early") + police(service.url, "from = 2026-07-02"))
    bench.push()
    tap.equal((len(service.written), "were sent before" in bench.ctl("status")), (1, False), "a later day leaves them out knowingly")
    bench.configure(folder(lab, "early") + police(service.url, "from = 2026-07-01"))
    for _ in range(2):
        bench.push()
    tap.equal(sorted(f["hphm"] for _, _, f in service.written), ["新B00001", "新B00002", "新B00004", "新B00005"],
              "from = DATE: the older ones, once each; not the one that was handled on the spot")
    tap.equal(bench.states("early"), [("unknown", 5)], "the other outlet's queue is as it was")
    service.close()


with Lab() as lab, tap.step("queues of outlets"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True, stdout=subprocess.DEVNULL)
    one_is_down(lab)
    small_evidence_first(lab)
    hours(lab)
    bandwidth(lab)
    withdrawn(lab)
    later(lab)
tap.end()
