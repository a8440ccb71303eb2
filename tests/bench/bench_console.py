#!/usr/bin/python3
"""What the console's listeners cost a running test: jitter of the samples and delay of commits with no page, and with 200 open pages, 20
readers that do not read and 30 slow-loris connections; the way of a sample from its byte to a listener; memory with 20 pages.

The listeners run in a process of their own, on the same machine, where they would be on tablets: so the station, its simulator and the
bench itself go before them and whatever else the machine does (priority -15; without the right to it, the figures hold that, too)."""
import os
import selectors
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from live import Listener  # noqa: E402
from station import Feeder, Lab, free_port, passage, quick_rules, station_conf, wait_for  # noqa: E402

PAGES, DEAF, LORIS = 200, 20, 30
ROUNDS, TEST_S, PACE_MS = 7, 6, 100
RSS_MOST_MB, JITTER_MORE_MS, COMMIT_MORE_MS, SAMPLE_MOST_MS = 24, 5, 10, 50


# ---- the crowd, a process of its own: bench_console.py --crowd PORT ----

def listen(port, room=None):
    client = socket.socket()
    if room:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n")
    return client


def dribble(port, clients):
    """Heads that never end, a byte each; who is cut off comes again."""
    for n, client in enumerate(clients):
        try:
            client.sendall(b"x")
        except OSError:
            client.close()
            clients[n] = socket.create_connection(("127.0.0.1", port))


def crowd(port):
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    pages = selectors.DefaultSelector()
    clients = [listen(port) for _ in range(PAGES)]
    deaf = [listen(port, 2048) for _ in range(DEAF)]
    loris = [socket.create_connection(("127.0.0.1", port)) for _ in range(LORIS)]
    for client in clients:
        client.setblocking(False)
        pages.register(client, selectors.EVENT_READ)
    print("here", flush=True)
    got, next_byte = 0, 0
    while True:
        for key, _ in pages.select(0.2):
            data = key.fileobj.recv(1 << 16)
            if not data:
                raise SystemExit("a page was closed")
            got += len(data)
        if time.monotonic() >= next_byte:
            dribble(port, loris)
            next_byte = time.monotonic() + 0.5
        assert len(deaf) == DEAF


# ---- a wire on which the bytes' times are known ----

class Wire:
    """TCP from the daemon to the simulator; notes when bytes went to the daemon."""

    def __init__(self, to):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.to, self.times = to, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.server.accept()
            host, port = self.to.rsplit(":", 1)
            device = socket.create_connection((host, int(port)))
            threading.Thread(target=self._pump, args=(client, device, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(device, client, self.times), daemon=True).start()

    @staticmethod
    def _pump(source, target, times):
        try:
            while data := source.recv(4096):
                if times is not None:
                    times.append(time.monotonic())
                target.sendall(data)
        except OSError:
            pass


# ---- figures ----

def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def say(what, values):
    print("console: %s: median %.2f ms, p99 %.2f ms, longest %.2f ms (%d)" % (what, share(values, 0.5), share(values, 0.99), max(values), len(values)))


def middle(rounds, which):
    """Of each round the p95, of these the one in the middle: what happens to one round alone is not ours."""
    return share([share(values[which], 0.95) for values in rounds], 0.5)


def bound(what, value, unit, most):
    good = value <= most
    print("console: %s: %.2f %s (at most %g: %s)" % (what, value, unit, most, "ok" if good else "MISSED"))
    return good


def rss_mb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def process_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- the measurement ----

class Commits(threading.Thread):
    """Passages, ten a second: from the device's line to the row that another process sees."""

    def __init__(self, lab, feeder, number):
        super().__init__()
        self.path, self.feeder, self.number, self.delays, self.going = lab.path("state/smogd.db"), feeder, number, [], True

    def run(self):
        db = sqlite3.connect("file:%s?mode=ro" % self.path, uri=True, isolation_level=None)
        count = "SELECT count(*) FROM passage"
        while self.going:
            before = db.execute(count).fetchone()[0]
            self.number += 1
            began = time.monotonic()
            self.feeder.tell(passage(self.number, "新A%05d" % self.number))
            while db.execute(count).fetchone()[0] == before and time.monotonic() - began < 5:
                time.sleep(0.0003)
            self.delays.append(1000 * (time.monotonic() - began))
            time.sleep(0.1)
        db.close()


def run_test(lab, feeder, number, plate):
    """A test that waits for its operator: (how far its samples were from the pace, how long commits took), ms."""
    test = lab.start_test(plate)
    commits = Commits(lab, feeder, number)
    commits.start()
    time.sleep(TEST_S)
    commits.going = False
    commits.join()
    lab.ctl("test", "abort", test, "--reason", "measured")
    wait_for("its end", lambda: lab.json("status")["test"] is None)
    files = {f["name"]: f["sha256"] for f in lab.json("test", "show", test)["files"]}
    with open(lab.path("state/objects", files["readings.csv"][:2], files["readings.csv"][2:]), encoding="utf-8") as file:
        times = sorted({int(line.split(",")[0]) for line in file.read().splitlines()[1:]})
    return [abs(b - a - PACE_MS) for a, b in zip(times[5:], times[6:])], commits.delays


def measure_samples(lab, port, wire):
    """From the byte on the wire to the event at a listener."""
    page = Listener(port)
    test = lab.start_test("新A00003")
    time.sleep(10)
    lab.ctl("test", "abort", test, "--reason", "measured")
    delays = []
    for event in page.named("sample"):
        sent = [at for at in wire.times if at <= event.at]
        if sent:
            delays.append(1000 * (event.at - sent[-1]))
    page.close()
    return delays


def load_page(port):
    """What a page asks for when it is opened."""
    for path in ("/", "/api/v1/status", "/api/v1/session", "/api/v1/passes?limit=50", "/api/v1/tests?limit=20"):
        subprocess.run(["curl", "-s", "-m", "20", "-o", "/dev/null", "http://127.0.0.1:%d%s" % (port, path)], check=True)


def main():
    folder = os.path.abspath(os.environ.get("BENCH_DIR", "build/bench-data"))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    good, port, feeder = True, free_port(), Feeder()
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        print("console: without the right to a higher priority, what else this machine does is in the figures")
    with Lab(folder) as lab:
        wire = Wire(lab.start_sim("instrument smoke { protocol = nht6  tcp = 0  reply-ms = 3 }")["smoke"])
        station_conf(lab, """
link com1 { kind = tcp  address = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7"  certificate = "JJF1835-2026-07"  valid-until = 2036-12-31 }
console { listen = "127.0.0.1:%d" }
""" % (wire.address, feeder.address, port), extra=quick_rules(lab))
        smogd = lab.start_smogd()
        lab.wait_live("smoke")
        lab.sim("truck k=0.40 oil=88")
        bare = rss_mb(smogd.pid)
        pages = [Listener(port) for _ in range(20)]
        for _ in pages:
            load_page(port)
        wait_for("the pages", lambda: all(page.named("status") for page in pages))
        run_test(lab, feeder, 0, "新A00001")
        print("console: memory before the first page: %.1f MB" % bare)
        good &= bound("memory with 20 pages and a test", rss_mb(smogd.pid), "MB", RSS_MOST_MB)
        for page in pages:
            page.close()
        samples = measure_samples(lab, port, wire)
        say("a sample from its byte to a listener", samples)
        good &= bound("p99 of that", share(samples, 0.99), "ms", SAMPLE_MOST_MS)
        quiet, busy, used, lost = [], [], [], 0
        for n in range(ROUNDS):  # in turn, so that what else the machine does meets both
            quiet.append(run_test(lab, feeder, 2000 * n + 1000, "新A00001"))
            others = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--crowd", str(port)], stdout=subprocess.PIPE)
            others.stdout.readline()
            before, began = process_s(smogd.pid), time.monotonic()
            busy.append(run_test(lab, feeder, 2000 * n + 2000, "新A00002"))
            used.append(100 * (process_s(smogd.pid) - before) / (time.monotonic() - began))
            open_now, rss = lab.json("status")["console"]["connections"], rss_mb(smogd.pid)
            lost += others.poll() is not None
            others.kill()
            others.wait()
            wait_for("them to be forgotten", lambda: lab.json("status")["console"]["connections"] == 0)
        for name, of in (("no page", quiet), ("%d pages, %d deaf readers, %d slow-loris" % (PAGES, DEAF, LORIS), busy)):
            say("%s: samples off their pace" % name, [value for jitter, _ in of for value in jitter])
            say("%s: commit of a passage" % name, [value for _, delays in of for value in delays])
        print("console: with those, smogd takes %.1f %% of a core, %.1f MB, %d connections" % (max(used), rss, open_now))
        good &= bound("p95 of the samples' jitter, the middle round, is longer by", middle(busy, 0) - middle(quiet, 0), "ms", JITTER_MORE_MS)
        good &= bound("p95 of the commits, the middle round, is longer by", middle(busy, 1) - middle(quiet, 1), "ms", COMMIT_MORE_MS)
        good &= bound("rounds in which a page was lost", lost, "", 0)
    return good


if sys.argv[1:2] == ["--crowd"]:
    crowd(int(sys.argv[2]))
else:
    sys.exit(not main())
