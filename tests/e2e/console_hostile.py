#!/usr/bin/python3
"""Requests that nobody means well with, at the running server: bytes that are no HTTP, heads and paths and JSON of every wrong kind. It
answers each with a refusal or closes the connection, goes on, and forgets nothing of a session."""
import json
import os
import random
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from console import Console, set_pin  # noqa: E402
from station import BIN, Lab, Tap, free_port, station_conf, wait_for  # noqa: E402

tap = Tap()
SEED = 20261126


def send(port, data, ended):
    """The status of the answer; 0: the connection was closed without one; -1: neither. ended: the other side is told that nothing more comes."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            client.sendall(data)
            if ended:
                client.shutdown(socket.SHUT_WR)
            while b"\r\n" not in answer:
                got = client.recv(4096)
                if not got:
                    break
                answer += got
        except TimeoutError:
            return -1
        except OSError:
            pass
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def request(method, path, body=b"", *heads):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: 127.0.0.1", "Connection: close", *heads]
    if body and not any(h.startswith(("Content-Length", "Transfer")) for h in heads):
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def heads(tablet):
    api = "/api/v1/"
    session = ["Cookie: smogd_session=" + tablet.cookie, "X-CSRF-Token: " + tablet.csrf]
    yield "no HTTP at all", b"\x00\x01\x02\x03" * 50
    yield "a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)
    yield "half a head", b"GET /api/v1/status HTTP/1.1\r\nHost: 127"
    yield "a head without end", b"GET /api/v1/status HTTP/1.1\r\n" + b"X-A: b\r\n" * 20000
    yield "a path that is too long", request("GET", api + "tests/" + "x" * 60000)
    yield "a NUL in the path", request("GET", api + "tests/T%001")
    yield "a path that climbs", request("GET", api + "../../../../etc/passwd")
    yield "the same escaped", request("GET", api + "objects/%2e%2e%2f%2e%2e%2fsmogd.db")
    yield "half an escape", request("GET", api + "tests/%")
    yield "bytes that are no UTF-8", request("GET", api + "plates/%ff%fe")
    yield "an option for an id", request("GET", api + "tests/--config=%2fetc%2fpasswd")
    yield "an option for an argument", request("GET", api + "tests?limit=--output%3dx")
    yield "many arguments", request("GET", api + "tests?" + "&".join("a%d=b" % n for n in range(2000)))
    yield "a cookie of another form", request("GET", api + "session", b"", "Cookie: smogd_session=" + "a" * 4000)
    yield "two cookies", request("GET", api + "session", b"", "Cookie: smogd_session=x; smogd_session=" + tablet.cookie)
    yield "a negative length", request("POST", api + "tests", b"", "Content-Length: -1", *session)
    yield "a length that is no number", request("POST", api + "tests", b"{}", "Content-Length: two", *session)
    yield "a length that is too large", request("POST", api + "tests", b"{}", "Content-Length: 99999999999999999999", *session)
    yield "two lengths", request("POST", api + "tests", b"{}", "Content-Length: 2", "Content-Length: 3", *session)
    yield "a length and chunks", request("POST", api + "tests", b"2\r\n{}\r\n0\r\n\r\n", "Content-Length: 2", "Transfer-Encoding: chunked", *session)
    yield "chunks alone", request("POST", api + "tests", b"2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked", *session)
    yield "another version", b"GET /api/v1/status HTTP/9.9\r\n\r\n"
    yield "a method of one's own", request("BREW", api + "status")
    yield "a login without PIN", request("POST", api + "session", b'{"officer":"P0042"}')
    yield "a login with a list", request("POST", api + "session", b'{"officer":["P0042"],"pin":{"a":1}}')
    yield "a number with a line in it", request("POST", api + "session", b'{"officer":"P0042\\n--json","pin":"471108"}')
    yield "a long number", request("POST", api + "session", json.dumps({"officer": "P" * 500, "pin": "1"}).encode())
    yield "a foreign origin", request("POST", api + "session", b'{"officer":"P0042","pin":"471108"}', "Origin: null")


def texts(rng):
    """JSON bodies that were good, broken in one way each."""
    good = json.dumps({"plate": "新A66T21", "colour": "yellow", "method": "free-acceleration", "vehicle": {"fuel": "diesel", "mass_kg": "12000"}},
                      ensure_ascii=False).encode()
    for _ in range(150):
        text = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            what = rng.randrange(4)
            if what == 0:
                text[at] = rng.randrange(256)
            elif what == 1:
                del text[at:at + rng.randint(1, 8)]
            elif what == 2:
                text[at:at] = rng.choice([b"{", b"[", b'"', b"\\u0000", b"\\", b",", b"\x00", b"1e999", b"\xed\xa0\x80"])
            else:
                text[at:at] = text[at:at + rng.randint(1, 40)]
        yield bytes(text)
    yield b'{"plate":' + b"[" * 5000
    yield b'{"a":"' + b"x" * 40000 + b'"}'
    yield b"{" + b",".join(b'"k%d":1' % n for n in range(3000)) + b"}"


def play(lab, port):
    tablet = Console(port)
    tablet.login("P0042")
    odd = []
    for what, data in heads(tablet):
        status = send(port, data, ended="half a" in what or "no HTTP" in what or "TLS" in what)
        # an answer that is good is one to a request that is: the cookies, the arguments that nobody knows
        fine = status in (0, 505) or 400 <= status < 500 or (status == 200 and what in ("two cookies", "many arguments", "a length and chunks"))
        if not fine:
            odd.append((what, status))
    tap.equal(odd, [], "each wrong request is refused, or the connection closed")
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request("POST", "/api/v1/tests", b"{", "Content-Length: 200", "Cookie: smogd_session=" + tablet.cookie, "X-CSRF-Token: " + tablet.csrf))
    rng = random.Random(SEED)
    statuses = [tablet.post("tests", text).status for text in texts(rng)]
    tap.result(set(statuses) <= {400, 409, 413}, "and each broken body (seed %d)" % SEED, sorted(set(statuses)))
    paths = ["tests/T1/key", "photos/T1", "rosters", "checklists/K1/answers", "cases/C1/review", "officers/P0043/pin", "session/second", "lockouts/clear", "outbox/C1"]
    statuses = {tablet.post(path, bytes(rng.randrange(256) for _ in range(rng.randint(1, 600)))).status for path in paths for _ in range(8)}
    tap.result(statuses <= {400, 403, 409, 422}, "random bytes are refused by every write", statuses)
    tap.equal((tablet.get("session").json["officer"], tablet.get("status").status, lab.running["smogd"].poll()), ("P0042", 200, None), "the daemon goes on, and so does the session")
    log = lab.log("smogd")
    tap.result("ERROR: AddressSanitizer" not in log and "runtime error" not in log, "without a fault that a sanitizer sees", log[-2000:])
    lab.ctl("journal", "verify")


with Lab() as station, tap.step("hostile requests"):
    number = free_port()
    station_conf(station, 'console { listen = "127.0.0.1:%d" }' % number)
    station.start("smogd", os.path.join(os.environ.get("BIN_ASAN", BIN), "smogd"), "-c", station.conf)
    wait_for("smogd", lambda: station.ctl("status", check=False).returncode == 0)
    for one in ("P0042", "P0043"):
        station.ctl("officer", "add", one, "--name", "某人", "--role", "ecology")
    set_pin(station, "P0042", "471108")
    play(station, number)
tap.end()
