#!/usr/bin/python3
"""The live feed: what happens is told once it is stored, who was away catches up, and no listener, however slow, disturbs a test."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from console import Console, set_pin  # noqa: E402
from live import Listener  # noqa: E402
from station import Feeder, Lab, Tap, free_port, passage, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7"  certificate = "JJF1835-2026-07"  valid-until = 2036-12-31 }
camera gate { }
console { listen = "127.0.0.1:%d" }
"""


def open_station(lab, feeder, port):
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    station_conf(lab, BODY % (lab.path("dev/smoke"), feeder.address, port), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")
    wait_for("the device", lambda: feeder.clients)


def play_test(lab, plate, k):
    lab.sim("truck k=%s oil=88 hold-ms=700" % k)
    return lab.drive(lab.start_test(plate), lambda: lab.sim("press"), probe=lab.probe)


def play_day(lab, port):
    """A failing test: from its start to its case, as a listener hears it."""
    page = Listener(port)
    wait_for("the first status", lambda: page.named("status"))
    tap.result("text/event-stream" in page.head and "no-store" in page.head, "the feed is an event stream", page.head)
    shown = play_test(lab, "新A66T21", "2.40")
    wait_for("the test's end", lambda: any(e.data["event"] == "end" for e in page.named("test")))
    lines = [e.data for e in page.named("test")]
    tap.equal({line["test"] for line in lines}, {shown["id"]}, "all lines are of the test")
    tap.equal((lines[0]["event"], lines[0]["plate"], lines[0]["method"], [v["limit"] for v in lines[0]["limits"]][:1]),
              ("start", "新A66T21", "free-acceleration", [shown["record"]["verdict"]["values"][0]["limit"]]), "the first one is its start, with its limits")
    tap.result({"prompt", "mark"} <= {line["event"] for line in lines}, "prompts and marks follow")
    tap.equal((lines[-1]["event"], lines[-1]["verdict"]), ("end", "fail"), "the last one is its end")
    order = [e.name for e in page.events if e.name in ("case",) or (e.name == "test" and e.data["event"] == "end")]
    tap.equal(order, ["case", "test"], "its case is told with it")
    case = page.named("case")[0].data
    tap.equal((case["act"], case["state"], case["subject"]), ("open", "exceeded", shown["id"]), "and says its state")
    samples = [e.data for e in page.named("sample")]
    times = [s["t_ms"] for s in samples]
    tap.result(len(samples) > 50 and times == sorted(times) and {s["instrument"] for s in samples} == {"smoke"}, "samples come in order while it runs", len(samples))
    with open(lab.path("state/objects", shown["record"]["files"][0]["sha256"][:2], shown["record"]["files"][0]["sha256"][2:]), encoding="utf-8") as file:
        stored = {(int(t), q): v for t, _, q, v in (line.split(",")[:4] for line in file.read().splitlines()[1:])}
    told = {(s["t_ms"], q): v for s in samples for q, v in s["values"].items()}
    tap.result(told and told.items() <= stored.items(), "and are those of the record", str(sorted(told.items() - stored.items())[:3]))
    tap.equal(sorted(e.id for e in page.events if e.name != "status") and len({e.id for e in page.events if e.name != "status"}),
              len([e for e in page.events if e.name != "status"]), "each event has a number of its own")
    lab.ctl("test", "void", shown["id"], "--reason", "wrong vehicle")
    wait_for("the void", lambda: page.named("test")[-1].data["event"] == "void")
    tap.equal((page.named("case")[-1].data["state"]), lab.json("case", "show", shown["id"] + "-C")["state"], "its case ends with it")
    page.close()


def play_rows(lab, port, feeder):
    """Each passage as `passes` lists it, after it is stored; those of an absence are caught up."""
    page = Listener(port)
    wait_for("the first status", lambda: page.named("status"))
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新B12345"), passage(3, "新A90718", "38.7", fs="9.4"))
    wait_for("three passages", lambda: len(page.named("pass")) == 3)
    last = page.close()
    feeder.tell(*(passage(n, "新A90718", "44.0") for n in range(4, 40)))
    wait_for("all passages", lambda: lab.json("status")["passages"]["stored"] == 39)
    back = Listener(port, last)
    wait_for("what was missed", lambda: len(back.named("pass")) == 36)
    tap.equal(back.named("reset"), [], "who comes back with the last id misses nothing")
    rows = {row["id"]: row for row in lab.json("passes", "--limit", "100")["passes"]}
    told = [e.data for e in page.named("pass") + back.named("pass")]
    tap.equal(([row["id"] for row in told], [row for row in told if rows[row["id"]] != row]), (sorted(rows), []), "each passage is told once, as the list has it")
    tap.equal(len(back.named("case")), len(lab.json("case", "list")["cases"]) - 1, "and the cases that they open")
    again = Listener(port, last, header=False)
    wait_for("the same by the query", lambda: len(again.named("pass")) == 36)
    strange = Listener(port, "00000000-7")
    wait_for("a reset", lambda: strange.named("reset"))
    tap.equal((strange.events[0].name, strange.events[0].id), ("reset", back.last_id()), "an id of another run begins anew, with that word")
    lab.stop("smogd")
    lab.start_smogd()
    lab.wait_live("smoke")
    back = Listener(port, back.close())
    wait_for("a reset", lambda: back.events)
    tap.equal(back.events[0].name, "reset", "so does one from before a restart")
    for listener in (back, again, strange):
        listener.close()


def play_lockout(lab, port):
    page = Listener(port)
    wait_for("the first status", lambda: page.named("status"))
    photo = lab.write("plate.xml", "<EventNotificationAlert><eventType>ANPR</eventType><dateTime>2026-07-01T09:30:00+08:00</dateTime>"
                      "<ANPR><licensePlate>新A66T21</licensePlate><plateColor>yellow</plateColor><confidenceLevel>97</confidenceLevel></ANPR></EventNotificationAlert>")
    push = socket.create_connection(("127.0.0.1", port))
    with open(photo, "rb") as file:
        body = file.read()
    push.sendall(b"POST /anpr/gate HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    wait_for("the suggestion", lambda: page.named("suggestion"))
    known = {k: v for k, v in lab.json("plates", "suggest")["suggestions"][0].items() if k != "age_ms"}
    told = {k: v for k, v in page.named("suggestion")[0].data.items() if k in known}
    tap.equal(told, known, "a camera's plate is told as the list has it")
    push.close()
    page.close()


def play_session(lab, feeder):
    """Where reading needs a session, the feed ends with it."""
    port = free_port()
    body = BODY % (lab.path("dev/smoke"), feeder.address, port)
    station_conf(lab, body.replace('%d" }' % port, '%d"  open-reads = false }' % port), extra=quick_rules(lab))
    lab.start_smogd()
    lab.ctl("officer", "add", "S0001", "--name", "主管己", "--role", "supervisor")
    set_pin(lab, "S0001", "246810")
    officer = Console(port)
    tap.equal(officer.get("live").status, 401, "beyond the machine itself the feed needs a session")
    officer.login("S0001")
    page = Listener(port, cookie=officer.cookie)
    wait_for("the first status", lambda: page.named("status"))
    officer.ask("DELETE", "session")
    wait_for("the end of the feed", lambda: page.ended)
    tap.result(True, "and ends with it")
    lab.stop("smogd")


def play_crowd(lab, port):
    """Sixty pages, readers that do not read, a slow-loris: the daemon lives and a test ends as usual."""
    pages = [Listener(port) for _ in range(60)]
    deaf, loris = [], []
    for n in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: x\r\n\r\n")
        deaf.append(client)
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /api/v1/live HTTP/1.1\r\nX-")
        loris.append(client)
    wait_for("the pages", lambda: all(page.named("status") for page in pages))
    gone = pages.pop()
    last = gone.close()
    shown = play_test(lab, "新B12345", "0.40")
    tap.equal(shown["verdict"], "pass", "a test ends as usual with sixty pages, deaf readers and a slow-loris")
    back = Listener(port, last)
    pages.append(back)
    wait_for("its end on every page", lambda: all(page.named("test") and page.named("test")[-1].data["event"] == "end" for page in pages))
    whole = [[(e.id, e.name) for e in page.events if e.name in ("test", "sample", "case")] for page in pages]
    tap.result(all(one == whole[0] for one in whole), "every page has heard the same, also the one that was away", str([len(one) for one in whole]))
    lab.ctl("rejudge", shown["id"])
    tap.equal(lab.json("journal", "verify")["ok"], True, "the journal is whole")
    for client in deaf + loris:
        client.close()
    for page in pages:
        page.close()
    wait_for("them to be forgotten", lambda: lab.json("status")["console"]["connections"] == 0)
    tap.equal(lab.stop("smogd"), 0, "and the daemon ends in order")


with Lab() as station, tap.step("live"):
    device, at = Feeder(), free_port()
    open_station(station, device, at)
    play_day(station, at)
    play_rows(station, at, device)
    play_lockout(station, at)
    play_crowd(station, at)
    play_session(station, device)
tap.end()
