#!/usr/bin/python3
"""Sessions of the console: login, the second officer, the lock after wrong PINs, the ends, and who is turned away from a write."""
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from console import Console, set_pin  # noqa: E402
from openapi import Description  # noqa: E402
from station import Lab, Tap, free_port, station_conf  # noqa: E402

tap = Tap()
OFFICERS = {"P0042": ("ecology", "471108"), "P0043": ("ecology", "815471"), "650012": ("police", "902714"), "S0001": ("supervisor", "556012"),
            "A0001": ("auditor", "710044")}


def events(lab):
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [e for e in map(json.loads, file) if e["kind"] == "console"]


def logs_in(lab, port):
    tablet = Console(port)
    tap.equal((tablet.get("session").status, tablet.get("status").status), (401, 200), "nobody is logged in, and at this machine anybody may look")
    answer = tablet.login("p0042", "471108")
    cookie = answer.headers["Set-Cookie"]
    tap.result(answer.status == 200 and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie, "a number and its PIN open a session", cookie)
    shown = tablet.get("session").json
    tap.equal((shown["officer"], shown["name"], shown["role"], shown["idle_s"], shown["second"]), ("P0042", "某人", "ecology", 600, None), "it knows whose it is")
    tap.equal({k: v for k, v in answer.json.items() if k != "expires_at"}, {k: v for k, v in shown.items() if k != "expires_at"}, "and says the same again")
    answer = tablet.post("session/second", {"officer": "P0042", "pin": "471108"})
    tap.equal(answer.status, 409, "the second officer is another one")
    answer = tablet.post("session/second", {"officer": "P0043", "pin": "471108"})
    tap.equal((answer.status, tablet.get("session").json["second"]), (401, None), "and has a PIN of his own")
    answer = tablet.post("session/second", {"officer": "P0043", "pin": "815471"})
    tap.equal((answer.status, answer.json["officer"], answer.json["second"]["officer"]), (200, "P0042", "P0043"), "with it he confirms on the same tablet")
    before = tablet.cookie
    tap.equal((tablet.login("P0042", "471108").status, tablet.cookie != before), (200, True), "a new login is a new session")
    tap.equal(tablet.ask("GET", "session", headers={"Cookie": "smogd_session=" + before}).status, 401, "and ends the one before")
    tap.equal(tablet.ask("DELETE", "session").status, 200, "the session is ended")
    tap.equal((tablet.get("session").status, tablet.post("tests", {}).status), (401, 401), "and then it is none")
    tap.equal([(e["act"], e["officer"], e.get("second")) for e in events(lab) if e["act"] in ("login", "second", "logout")],
              [("login", "P0042", None), ("second", "P0042", "P0043"), ("login", "P0042", None), ("logout", "P0042", None)], "the journal has login, second officer and logout")


def wrong_pins(lab, port):
    tablet = Console(port)
    first = [tablet.login("650012", "000%d" % n).status for n in range(4)]
    answer = tablet.login("650012", "0009")
    tap.equal((first, answer.status), ([401] * 4, 429), "the fifth wrong PIN locks the number")
    answer = tablet.login("650012", "902714")
    tap.result(answer.status == 429 and 200 < int(answer.headers["Retry-After"]) <= 301, "then the right one does not help, for five minutes", answer)
    tap.equal(tablet.login("S0001").status, 200, "the others come in")
    tap.equal([e["officer"] for e in events(lab) if e["act"] == "locked"], ["650012"], "the journal says that it was locked")
    answers = []
    many = [threading.Thread(target=lambda: answers.append(Console(port).login("A0001", "0000").status)) for _ in range(12)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    tap.equal((answers.count(401), answers.count(429)), (4, 8), "many at once are no more tries than five")
    tap.result("902714" not in lab.log("smogd") and "902714" not in json.dumps(events(lab)), "no PIN is in log or journal")


def writes():  # all_writes holds the list against the description
    """Every write of the table, by a request that would be good."""
    return [("POST", "tests", {"plate": "新B12345"}), ("POST", "tests/T1/key", {"key": "confirm"}), ("POST", "tests/T1/void", {"reason": "x"}), ("POST", "tests/T1/statement", {"signed": True}),
            ("POST", "cases/C1/review", {}), ("POST", "outbox/C1", {"what": "retry"}), ("POST", "lockouts/clear", {"code": "x"}),
            ("POST", "officers", {"number": "N"}), ("POST", "officers/P0042/disable", {}), ("POST", "officers/P0042/pin", {"pin": "471109"}),
            ("POST", "instruments/smoke/check", {"what": "zero"}), ("POST", "instruments/smoke/order", {"what": "standby"}),
            ("POST", "rosters/absent", {"plate": "新B12345"}), ("POST", "rosters", b"plate\n"), ("POST", "photos/T1", b"\xff\xd8\xff"),
            ("POST", "checklists", {}), ("POST", "checklists/K1/answers", {"item": "a"}), ("POST", "checklists/K1/end", {}), ("POST", "print/T1", {}),
            ("POST", "session/second", {"officer": "P0043", "pin": "815471"}), ("DELETE", "session", None)]


def all_writes():
    described = Description()
    listed = {(method, described.operation(method, "/" + path)[0]) for method, path, _ in writes()}
    there = {(method.upper(), path) for path, all_of in described.document["paths"].items() for method, operation in all_of.items()
             if method != "get" and operation["security"]}
    tap.equal(sorted(there ^ listed), [], "every write that needs a session is tried here")


def turned_away(port):
    all_writes()
    nobody, other, ecology = Console(port), Console(port), Console(port)
    other.login("P0043")
    ecology.login("P0042")
    wrong = {"without session": [], "with a stale token": [], "with no token": [], "from a foreign page": [], "as a second officer who is not there": [],
             "with another session's token": []}
    for method, path, body in writes():
        wrong["without session"].append(nobody.ask(method, path, body).status)
        wrong["with a stale token"].append(ecology.ask(method, path, body, headers={"X-CSRF-Token": "0" * 64}).status)
        wrong["with another session's token"].append(ecology.ask(method, path, body, headers={"X-CSRF-Token": other.csrf}).status)
        wrong["with no token"].append(ecology.ask(method, path, body, headers={"X-CSRF-Token": None}).status)
        wrong["from a foreign page"].append(ecology.ask(method, path, body, headers={"Origin": "http://evil.example"}).status)
        wrong["as a second officer who is not there"].append(ecology.ask(method, path, body, **{"as": "second"}).status)
    for how, statuses in wrong.items():
        tap.equal(set(statuses), {401 if how == "without session" else 403}, "every write is refused " + how)
    tap.equal(ecology.get("session").status, 200, "after which the session still holds")
    answer = ecology.ask("POST", "tests", {}, headers={"Origin": "http://127.0.0.1:%d" % port})
    tap.equal(answer.status, 400, "from its own page it is looked at")


def wrong_role(lab, port):
    auditor = Console(port)
    tap.equal(auditor.login("A0002", "331907").status, 200, "an auditor logs in")
    refused = [auditor.ask(method, path, body) for method, path, body in writes() if path.split("/")[0] != "session" and not path.endswith("/pin")]
    tap.equal({a.status for a in refused}, {403}, "and may do nothing")
    tap.result(all("auditor" in a.json["error"] for a in refused), "which says the role", refused)
    tap.equal(auditor.post("officers/P0042/pin", {"pin": "471109"}).status, 403, "not even set another one's PIN")
    answer = auditor.post("officers/A0002/pin", {"pin": "331908"})
    tap.equal((answer.status, auditor.get("session").status, Console(port).login("A0002", "331907").status, Console(port).login("A0002", "331908").status),
              (200, 200, 401, 200), "but his own, by which the session goes on and the old one is over")
    tap.equal(auditor.post("officers/A0002/pin", {"pin": "1234"}).status, 400, "unless it is guessed first")
    boss = Console(port)
    boss.login("S0001")
    tap.equal(boss.post("officers/A0002/pin", {"pin": "440917"}).status, 200, "a supervisor sets another one's PIN")
    tap.equal((auditor.get("session").status, Console(port).login("A0002", "440917").status), (401, 200), "which ends the other one's sessions")
    tap.equal((boss.post("officers", {"number": "P0050", "name": "新人", "role": "ecology"}).status,
               boss.post("officers", {"number": "P0050", "name": "新人", "role": "ecology"}).status), (200, 409), "and registers officers, each once")
    auditor.login("A0002", "440917")
    boss.post("officers/A0002/disable")
    tap.equal((auditor.get("session").status, auditor.login("A0002", "440917").status), (401, 401), "who is disabled is out")
    refusals = [e for e in events(lab) if e["act"] == "refused"]
    tap.result(20 < len(refusals) < 80 and sum(e.get("unsaid", 0) for e in events(lab)) > 50, "refusals are in the journal, and not without end", len(refusals))
    done = [(e["officer"], e["command"], e.get("subject")) for e in events(lab) if e["act"] == "did"]
    tap.result(("S0001", "officers", None) in done and ("S0001", "officers/{number}/disable", "A0002") in done, "and so is what was done", done)
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        added = [e for e in map(json.loads, file) if e["kind"] == "officer" and e["number"] == "P0050"]
    tap.equal([(e["by"], e["user"]) for e in added], [("S0001", "console S0001")], "whose event says that it came by the console")


def bodies(port):
    tablet = Console(port)
    tablet.login("P0042")
    bad = ["", "[]", "{", "null", '{"plate":1', '{"a":1,"a":2}', "\xff", '{"x":' * 200, '{"plate":"\\u0000"}']
    tap.equal({tablet.post("tests", text).status for text in bad}, {400}, "what is no JSON object of the right kind is refused")
    tap.equal({tablet.post("tests", {key: "x"}).status for key in ("officer", "command")}, {400}, "so is a body that says who acts")
    answer = tablet.post("tests/T1/key", {"id": "T2", "key": "confirm"})
    tap.result(answer.status == 400 and "stands in the path" in answer.json["error"], "or which test, when the path does", answer)
    tap.equal(tablet.post("tests", "{" + " " * (64 << 10) + "}").status, 413, "a body that is too long is refused")
    tap.equal(tablet.ask("DELETE", "session", "x").status, 413, "and one where none belongs")
    tap.equal(tablet.ask("POST", "tests", iter([b"{}"])).status, 411, "its length must be told before")
    tap.equal((tablet.ask("PUT", "tests", {}).status, tablet.ask("GET", "nothing").status, tablet.get("session/second").status), (405, 404, 405),
              "other paths and methods are told")
    tap.equal(tablet.post("tests/T1/key", {"key": "confirm"}).status, 400, "a test that does not run cannot be confirmed")


def ends(lab):
    port = free_port()
    station_conf(lab, 'console { listen = "127.0.0.1:%d"  open-reads = false }' % port)
    lab.start_smogd()
    tablet = Console(port)
    tap.equal([tablet.get(path).status for path in ("status", "tests", "passes", "officers", "objects/" + "0" * 64)], [401] * 5, "with closed reads nobody looks without a session")
    tap.equal(tablet.ask("GET", "/healthz").status, 200, "but for healthz")
    tap.equal((tablet.login("P0042").status, tablet.get("status").status), (200, 200), "with one he does")


def over_tls(lab):
    port, cert, key = free_port(), lab.path("console.pem"), lab.path("console.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=station",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    station_conf(lab, 'console { listen = "127.0.0.1:%d"  cert = "%s"  key = "%s" }' % (port, cert, key))
    lab.start_smogd()
    tablet = Console(port, tls=cert)
    answer = tablet.login("P0042")
    tap.result(answer.status == 200 and "; Secure" in answer.headers["Set-Cookie"], "over TLS the cookie is for TLS alone", answer.headers["Set-Cookie"])
    tap.equal((tablet.get("session").status, tablet.post("tests", {}, headers={"Origin": "https://127.0.0.1:%d" % port}).status), (200, 400), "and the session is used as before")


def play(lab):
    port = free_port()
    station_conf(lab, 'console { listen = "127.0.0.1:%d" }' % port)
    lab.start_smogd()
    for number, (role, pin) in OFFICERS.items():
        lab.ctl("officer", "add", number, "--name", "某人", "--role", role)
        set_pin(lab, number, pin)
    lab.ctl("officer", "add", "A0002", "--name", "某人", "--role", "auditor")
    set_pin(lab, "A0002", "331907")
    logs_in(lab, port)
    answer = Console(port).ask("GET", "status", headers={"Host": "evil.example"})
    tap.equal(answer.status, 403, "by a name that is not the station's nobody looks")
    wrong_pins(lab, port)
    lab.stop("smogd")
    lab.start_smogd()
    turned_away(port)
    lab.stop("smogd")
    lab.start_smogd()
    wrong_role(lab, port)
    bodies(port)
    lab.stop("smogd")
    ends(lab)
    lab.stop("smogd")
    over_tls(lab)


with Lab() as station, tap.step("sessions"):
    play(station)
tap.end()
