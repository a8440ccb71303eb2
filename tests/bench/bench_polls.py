#!/usr/bin/python3
"""Processor time per Modbus TCP poll: smogd beside mbpoll and beside Node-RED 4 with node-red-contrib-modbus, each asking the same
slave for the same six registers a hundred times a second. Bounds: at most mbpoll's, and at most a tenth of Node-RED's. Beside it the
system calls a poll of smogd and mbpoll, which do not depend on what else the machine does: at most mbpoll's. What cannot be installed
is left out, and said."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, ROOT, free_port, station_conf, wait_for  # noqa: E402

PERIOD_MS = 10
SETTLE_S = 3
TRACE_S = 5
MEASURE_S = float(os.environ.get("BENCH_SECONDS", "20"))


class Slave:
    """Answers every read with zeros and counts it; its own cost is nobody's."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.polls = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client):
        buffer = b""
        try:
            while data := client.recv(4096):
                buffer += data
                while len(buffer) >= 12:
                    head, buffer = buffer[:12], buffer[12:]
                    transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", head)
                    body = bytes([unit, function, 2 * count]) + bytes(2 * count)
                    client.sendall(struct.pack(">HHH", transaction, 0, len(body)) + body)
                    self.polls += 1
        except OSError:
            pass


def processor_s(pid):
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as file:
        first = int(file.read().split()[0]) / 1e9
    threads = [int(t) for t in os.listdir("/proc/%d/task" % pid) if int(t) != pid]
    for thread in threads:
        with open("/proc/%d/task/%d/schedstat" % (pid, thread), encoding="ascii") as file:
            first += int(file.read().split()[0]) / 1e9
    return first


def smogd(lab, slave):
    station_conf(lab, """link gw { kind = modbus-tcp  address = "127.0.0.1:%d" }
instrument smoke { driver = modbus  profile = "opacimeter-generic"  link = gw  unit = 1  poll-ms = %d }
""" % (slave.port, PERIOD_MS))
    return lab.start_smogd()


def mbpoll(lab, slave):
    if not shutil.which("mbpoll"):
        print("polls: mbpoll is not installed: left out")
        return None
    return lab.start("mbpoll", shutil.which("mbpoll"), "-m", "tcp", "-a", "1", "-0", "-t", "3", "-r", "0", "-c", "6", "-l",
                     str(PERIOD_MS), "-p", str(slave.port), "127.0.0.1")


def flow(port):
    return [
        {"id": "t1", "type": "tab", "label": "polls"},
        {"id": "c1", "type": "modbus-client", "name": "slave", "clienttype": "tcp", "bufferCommands": True, "tcpHost": "127.0.0.1",
         "tcpPort": str(port), "tcpType": "DEFAULT", "unit_id": 1, "commandDelay": 1, "clientTimeout": 1000, "reconnectOnTimeout": True,
         "reconnectTimeout": 2000, "parallelUnitIdsAllowed": True, "stateLogEnabled": False, "queueLogEnabled": False},
        {"id": "r1", "type": "modbus-read", "z": "t1", "name": "smoke", "unitid": "1", "dataType": "InputRegister", "adr": "0",
         "quantity": "6", "rate": str(PERIOD_MS), "rateUnit": "ms", "server": "c1", "delayOnStart": False, "enableDeformedMessages": False,
         "useIOFile": False, "wires": [["d1"], []]},
        {"id": "d1", "type": "function", "z": "t1", "name": "sink", "func": "return null;", "outputs": 0, "wires": []},
    ]


def node_red(lab, slave):
    home = os.path.join(ROOT, "build/npm/node-red")
    if not os.path.exists(os.path.join(home, "node_modules/node-red-contrib-modbus")):
        print("polls: Node-RED is not installed (tests/tools/npm_peer.sh): left out")
        return None
    with open(os.path.join(home, "flows.json"), "w", encoding="ascii") as file:
        json.dump(flow(slave.port), file)
    return lab.start("node-red", shutil.which("node"), os.path.join(home, "node_modules/node-red/red.js"), "-u", home, "-p",
                     str(free_port()), os.path.join(home, "flows.json"))


def measure(running):
    """All in the same seconds, so that what else the machine does falls on all alike: name -> us of processor a poll."""
    for name, (_, slave) in running.items():
        wait_for(name + " to poll", lambda s=slave: s.polls > 0, 90)
    time.sleep(SETTLE_S)
    before = {name: (slave.polls, processor_s(process.pid)) for name, (process, slave) in running.items()}
    time.sleep(MEASURE_S)
    result = {}
    for name, (process, slave) in running.items():
        used, polls = processor_s(process.pid) - before[name][1], slave.polls - before[name][0]
        result[name] = 1e6 * used / polls
        print("polls: %-9s %6.1f us of processor each, %.1f polls/s" % (name, result[name], polls / MEASURE_S))
    return result


def system_calls(lab, name, process):
    """A poll is what one sendto begins."""
    counts, path = {}, lab.path(name + ".calls")
    trace = subprocess.Popen(["strace", "-q", "-c", "-f", "-o", path, "-p", str(process.pid)], stderr=subprocess.DEVNULL)
    time.sleep(TRACE_S)
    trace.send_signal(signal.SIGINT)
    trace.wait()
    with open(path, encoding="ascii") as file:
        for words in (line.split() for line in file):
            if len(words) >= 5 and words[3].isdigit():
                counts[words[-1]] = int(words[3])
    calls = (sum(counts.values()) - counts["total"]) / counts["sendto"]
    print("polls: %-9s %6.2f system calls each" % (name, calls))
    return calls


def bound_calls(lab, running):
    if not shutil.which("strace") or "mbpoll" not in running:
        print("polls: strace or mbpoll is not installed: system calls are not counted")
        return True
    calls = {name: system_calls(lab, name, running[name][0]) for name in ("smogd", "mbpoll")}
    good = calls["smogd"] <= calls["mbpoll"]
    print("polls: smogd makes %.2f of mbpoll's system calls (at most 1: %s)" % (calls["smogd"] / calls["mbpoll"], "ok" if good else "MISSED"))
    return good


def bound(us, name, most):
    if name not in us:
        return True
    share = us["smogd"] / us[name]
    good = share <= most
    print("polls: smogd takes %.2f of %s's processor time a poll (at most %g: %s)" % (share, name, most, "ok" if good else "MISSED"))
    return good


folder = os.path.abspath(os.environ.get("BENCH_DIR", "build/bench-data"))
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
with Lab(folder) as lab:
    running = {}
    for name, start in (("smogd", smogd), ("mbpoll", mbpoll), ("Node-RED", node_red)):
        slave = Slave()
        process = start(lab, slave)
        if process:
            running[name] = (process, slave)
    us = measure(running)
    good = bound(us, "mbpoll", 1)
    good &= bound(us, "Node-RED", 0.1)
    good &= bound_calls(lab, running)
sys.exit(not good)
