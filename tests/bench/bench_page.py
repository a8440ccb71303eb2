#!/usr/bin/python3
"""From a byte on the wire to a pixel on the tablet, and what the curve costs: a Modbus slave whose every answer is another number, smogd,
and the test page in Debian's Chromium. An answer's time is when its bytes were written, a pixel's when the frame with that number has been
drawn. Bounds: 95 of 100 within 200 ms, and a browser that takes at most a quarter of one core at 20 readings a second."""
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from page_lab import why_not  # noqa: E402
from station import Lab, ROOT, free_port, quick_rules, station_conf, wait_for  # noqa: E402

PERIOD_MS = 50
MEASURE_S = float(os.environ.get("BENCH_SECONDS", "20"))
PROFILE = """profile bench-opacimeter {
    title = "k alone, for the bench"  source = "tests/bench/bench_page.py"  poll-ms = %d  stale-ms = 1000
    read { function = 4  address = 0  count = 2 }
    value k   { at = 0  type = u16  scale = 0.01  unit = "1/m" }
    value rpm { at = 1  type = u16  scale = 1  unit = "r/min" }
}
""" % PERIOD_MS
BODY = """link bus { kind = modbus-tcp  address = "127.0.0.1:%d" }
instrument smoke { driver = modbus  profile = "bench-opacimeter"  link = bus  unit = 1  serial = "B1"  certificate = "bench"  valid-until = 2036-12-31 }
console { listen = "127.0.0.1:%d" }
"""


class Slave:
    """Answers each poll with the next number, 0 to 9.99; `written` has when each went out, by its text."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.count, self.written = 0, {}
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client):
        while True:
            try:
                request = client.recv(12, socket.MSG_WAITALL)
            except OSError:
                return
            if len(request) < 12:
                return
            self.count = (self.count + 1) % 1000
            body = bytes((request[6], 4, 4)) + self.count.to_bytes(2, "big") + (700 + self.count).to_bytes(2, "big")
            self.written["%d.%02d" % divmod(self.count, 100)] = 1000 * time.time()
            client.sendall(request[:4] + len(body).to_bytes(2, "big") + body)


def children(pid):
    """The process and all that it has started."""
    done = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], stdout=subprocess.PIPE, encoding="utf-8", check=True)
    rows = [line.split(None, 2) for line in done.stdout.splitlines()]
    found, more = {}, [(str(pid), "")]
    while more:
        one, args = more.pop()
        found[one] = args
        more += [(row[0], row[2]) for row in rows if row[1] == one]
    return found


def cpu_s(pid):
    try:
        with open("/proc/%s/stat" % pid, encoding="utf-8") as file:
            words = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds of processor of the browser's processes, and of the one that runs the page."""
    every = children(pid)
    return sum(map(cpu_s, every)), sum(cpu_s(p) for p, args in every.items() if "--type=renderer" in args)


def open_browser(lab, port):
    """The test page in a browser that nobody is attached to: what looks into a browser costs more than the curve. Gives its process."""
    url = "http://127.0.0.1:%d/#/test" % port
    browser = lab.start("chromium", "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,800",
                        "--remote-debugging-port=0", "--user-data-dir=" + lab.path("profile"), url)
    wait_for("the page to listen", lambda: lab.json("status")["console"]["connections"] > 0)
    time.sleep(3)
    return browser


def measure_cost(browser):
    """Percent of a core: the whole browser, and the process of the page."""
    before, start = cpu_of(browser.pid), time.monotonic()
    time.sleep(MEASURE_S)
    after, elapsed = cpu_of(browser.pid), time.monotonic() - start
    return [100 * (b - a) / elapsed for a, b in zip(before, after)]


def measure_latency(lab, slave):
    """Milliseconds of each reading that was drawn, rising; and how many came in a second."""
    with open(lab.path("profile/DevToolsActivePort"), encoding="utf-8") as file:
        address = "http://127.0.0.1:" + file.readline().strip()
    node = subprocess.Popen(["node", os.path.join(ROOT, "tests/page/bench.mjs"), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            encoding="utf-8")
    try:
        if node.stdout.readline().strip() != "watching":
            raise SystemExit("page: the curve is not drawn")
        slave.written.clear()
        samples, start = lab.instrument("smoke")["samples"], time.monotonic()
        time.sleep(MEASURE_S)
        rate = (lab.instrument("smoke")["samples"] - samples) / (time.monotonic() - start)
        drawn = dict(line.split() for line in node.communicate("end\n", timeout=30)[0].splitlines())
    finally:
        node.kill()
        node.wait()
    late = (float(at) - slave.written[text] for text, at in drawn.items() if text in slave.written)
    return sorted(ms for ms in late if ms >= 0), rate


def main():
    reason = why_not()
    if reason:
        print("page: left out, " + reason)
        return 0
    with Lab(os.path.join(os.environ.get("BENCH_DIR", os.path.join(ROOT, "build/bench-data")), "page")) as lab:
        slave, port = Slave(), free_port()
        os.makedirs(lab.path("profiles"), exist_ok=True)
        lab.write("profiles/bench-opacimeter.conf", PROFILE)
        station_conf(lab, BODY % (slave.port, port), rules='"gb3847-2018"',
                     extra=quick_rules(lab) + ' profiles-dir = "%s"' % lab.path("profiles"))
        lab.start_smogd()
        lab.wait_live("smoke")
        test = lab.start_test("新A66T21")
        chromium = open_browser(lab, port)
        browser, renderer = measure_cost(chromium)
        late, rate = measure_latency(lab, slave)
        lab.ctl("test", "abort", test, "--reason", "the bench is over")
    if len(late) < 100:
        print("page: only %d of the readings were drawn: MISSED" % len(late))
        return 1
    p95 = late[int(0.95 * len(late))]
    good = p95 <= 200 and browser <= 25
    print("page: %d readings drawn at %.1f/s; byte to pixel median %.0f ms, p95 %.0f ms, worst %.0f ms (p95 at most 200: %s)"
          % (len(late), rate, statistics.median(late), p95, late[-1], "ok" if p95 <= 200 else "MISSED"))
    print("page: the browser takes %.1f %% of one core with the curve at %.0f/s, its page process %.1f %% (at most 25: %s)"
          % (browser, rate, renderer, "ok" if browser <= 25 else "MISSED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
