#!/usr/bin/python3
"""The daemon's web server seen from outside: it answers, it survives bad clients and a taken port, and never delays the end."""
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, Tap, free_port, station_conf, wait_for  # noqa: E402

tap = Tap()


def curl(port, path="/healthz", *words):
    """(status, body); status 0: no answer."""
    done = subprocess.run(["curl", "-s", "-m", "10", "-w", "\n%{http_code}", *words, "http://127.0.0.1:%d%s" % (port, path)],
                          stdout=subprocess.PIPE, encoding="utf-8", check=False)
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


def play(lab):
    port = free_port()
    station_conf(lab, 'console { listen = "tablet:8080" }')
    done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    tap.result(done.returncode == 2 and "smogd.conf:4: console: 'tablet:8080'" in done.stderr, "a name as address is refused with its line", done.stderr)
    rival = socket.create_server(("127.0.0.1", port))
    station_conf(lab, 'console { listen = "127.0.0.1:%d" }' % port)
    process = lab.start_smogd()
    problem = lab.json("status")["console"]["problem"]
    tap.result("already in use" in problem and str(port) in problem, "a taken port is told in status, and the daemon serves", problem)
    rival.close()
    wait_for("the port", lambda: lab.json("status")["console"]["problem"] == "")
    tap.equal(curl(port), (200, '{"ok":true}\n'), "when it is free the server listens")
    tap.equal(curl(port, "/nothing")[0], 404, "what is not there is 404")
    status, text = curl(port, "/metrics")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    typed = set(re.findall(r"^# TYPE (\S+) (?:gauge|counter)$", text, re.M))
    bad = [line for line in lines if not re.fullmatch(r'[a-z_]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)+\})? -?[0-9.]+', line) or line.split("{")[0].split(" ")[0] not in typed]
    tap.equal((status, bad), (200, []), "metrics are in Prometheus' text format, each with its type")
    values = dict(line.rsplit(" ", 1) for line in lines)
    tap.equal((int(values["smogd_journal_events_total"]), values["smogd_test_running"], values['smogd_outbox{state="waiting"}']),
              (lab.json("status")["journal"]["events"], "0", "0"), "and say what status says")
    tap.equal(lab.log("smogd").count("already in use"), 1, "the taken port is logged once")
    crowd = []
    for n in range(400):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
        crowd.append(client)
    wait_for("the crowd", lambda: lab.json("status")["console"]["connections"] >= 200)
    for client in crowd:
        try:
            client.send(b"GET /healthz HTTP/1.1\r\nX-")
        except OSError:
            pass
    tap.result(lab.json("status")["console"]["connections"] <= 256, "connections have a maximum")
    for client in crowd[:300]:
        client.close()
    tap.equal(wait_for("an answer", lambda: curl(port)), (200, '{"ok":true}\n'), "it answers once there is room")
    before = time.monotonic()
    status = lab.stop("smogd")
    took = time.monotonic() - before
    tap.result(status == 0 and took <= 2.0, "SIGTERM ends it within 2 s with slow clients on it", "status %d after %.2f s" % (status, took))
    tap.result(process.returncode == 0, "and in order")
    for client in crowd[300:]:
        client.close()


with Lab() as station, tap.step("web"):
    play(station)
tap.end()
