#!/usr/bin/python3
"""Ten instruments at 50 Hz each through a running test of smogd, first alone, then while 200 clients connect to its web server without
end. Every sample sent must be in the recordings and in the table of readings. The jitter of sampling is what the daemon adds: time of
recording less time of sending, against its median. Bound: p99 of it <= 5 ms; beside it stands the sender's own pace."""
import hashlib
import json
import multiprocessing
import os
import shutil
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, ROOT, free_port, station_conf, wait_for  # noqa: E402

INSTRUMENTS, PERIOD_S, CLIENTS = 10, 0.02, 200
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
PROFILE = """profile flood { title = "Flood"  source = "bench"  stale-ms = 5000
    value flow { key = "n"  unit = "L/min" } }
"""


class Senders(threading.Thread):
    """All instruments in one rhythm: a line {"n":N,"t":MS} to each every 20 ms until told to stop."""

    def __init__(self):
        super().__init__(daemon=True)
        self.servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(INSTRUMENTS)]
        self.addresses = ["127.0.0.1:%d" % s.getsockname()[1] for s in self.servers]
        self.clients, self.sent, self.sending = [], 0, True

    def run(self):
        for server in self.servers:
            client, _ = server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.clients.append(client)
        at = time.monotonic()
        while self.sending:
            self.sent += 1
            for client in self.clients:
                client.sendall(b'{"n":%d,"t":%d}\n' % (self.sent, int(time.monotonic() * 1000)))
            at += PERIOD_S
            time.sleep(max(0, at - time.monotonic()))


def visit(port, stop, count):
    """One process of clients that connect, ask, and go. They stand for tablets, so the processor they need is not the daemon's."""
    os.nice(19)

    def client():
        while not stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    if connection.recv(4096):
                        with count.get_lock():
                            count.value += 1
                    stop.wait(0.2)
            except OSError:
                stop.wait(0.2)

    threads = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS // 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def stored_file(lab, shown, name):
    digest = next(f["sha256"] for f in shown["files"] if f["name"] == name)
    with open(lab.path("state", "objects", digest[:2], digest[2:]), "rb") as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == digest
    return data.decode()


def recorded(text):
    """(time of recording, the object) of each line that came."""
    lines, rest = [], b""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 3 and words[1] == "<":
            rest += bytes.fromhex(words[2])
            while b"\n" in rest:
                one, rest = rest.split(b"\n", 1)
                lines.append((int(words[0]), json.loads(one)))
    return lines


def phase(lab, senders, what, port=None):
    stop, count = multiprocessing.Event(), multiprocessing.Value("i", 0)
    visitors = [multiprocessing.Process(target=visit, args=(port, stop, count), daemon=True) for _ in range(2 if port else 0)]
    for visitor in visitors:
        visitor.start()
    test = lab.start_test("新A66T21")
    first = senders.sent + 2
    time.sleep(SECONDS / 2)
    last = senders.sent - 2
    time.sleep(0.5)
    lab.ctl("test", "abort", test, "--reason", "end of the bench", check=False)
    stop.set()
    shown = lab.json("test", "show", test)
    table, lost, late, pace = stored_file(lab, shown, "readings.csv"), 0, [], []
    for i in range(INSTRUMENTS):
        name = "flood%d" % i
        lines = recorded(stored_file(lab, shown, "wire/%s.rec" % name))
        numbers = {line["n"] for _, line in lines}
        rows = {int(r.split(",")[3]) for r in table.splitlines() if ",%s,flow," % name in r}
        lost += sum(n not in numbers or n not in rows for n in range(first, last + 1))
        delay = [at - line["t"] for at, line in lines]
        late += [abs(d - percentile(delay, 0.5)) for d in delay]
        sent = [line["t"] for _, line in lines]
        pace += [abs(b - a - 1000 * PERIOD_S) for a, b in zip(sent, sent[1:])]
    samples = INSTRUMENTS * (last - first + 1)
    jitter = percentile(late, 0.99)
    good = lost == 0 and jitter <= 5
    print("flood: %s: %d samples sent, %d lost; jitter p99 %d ms, p50 %d ms, most %d ms (sender's own pace p99 %d ms)%s: %s"
          % (what, samples, lost, jitter, percentile(late, 0.5), max(late), percentile(pace, 0.99),
             ", %d web requests answered" % count.value if port else "", "ok" if good else "MISSED"), flush=True)
    return good


folder = os.path.abspath(os.environ.get("BENCH_DIR", "build/bench-data"))
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
with Lab(folder) as lab:
    senders, port = Senders(), free_port()
    shutil.copytree(os.path.join(ROOT, "sensors/profiles"), lab.path("profiles"))
    lab.write("profiles/flood.conf", PROFILE)
    ports = lab.start_sim('instrument smoke { protocol = modbus-tcp  tcp = 0  unit = 1 }\n')
    body = 'link smoke { kind = modbus-tcp  address = "%s" }\n' % ports["smoke"]
    body += 'instrument smoke { driver = modbus  profile = "opacimeter-generic"  link = smoke  unit = 1  certificate = "c"  ' \
            'valid-until = 2036-12-31 }\n'
    for i, address in enumerate(senders.addresses):
        body += 'link f%d { kind = tcp  address = "%s" }\n' % (i, address)
        body += 'instrument flood%d { driver = jsonl  profile = "flood"  link = f%d  certificate = "c"  valid-until = 2036-12-31 }\n' % (i, i)
    body += 'console { listen = "127.0.0.1:%d" }\n' % port
    station_conf(lab, body, extra='profiles-dir = "%s"' % lab.path("profiles"))
    senders.start()
    lab.start_smogd()
    for name in ["smoke"] + ["flood%d" % i for i in range(INSTRUMENTS)]:
        lab.wait_live(name)
    good = phase(lab, senders, "alone")
    good &= phase(lab, senders, "while %d clients connect" % CLIENTS, port)
    senders.sending = False
    senders.join()
sys.exit(not good)
