#!/usr/bin/python3
"""A plate-reading camera that is asked: each plate comes once, whatever happens to camera, network, password and daemon."""
import json
import os
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from hikvision import Camera  # noqa: E402
from station import BIN, Lab, Tap, free_port, station_conf, wait_for  # noqa: E402

tap = Tap()
PLATES = ["新A%05d" % n for n in range(10000, 10100)]


class Junk(threading.Thread):
    """Answers every connection with `answer` and hangs up."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.answer = b""
        self.start()

    def run(self):
        while True:
            client, _ = self.server.accept()
            with client:
                client.settimeout(10)
                try:
                    client.recv(65536)
                    client.sendall(self.answer)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):  # a reset would take the answer away from who has not read it yet
                        pass
                except OSError:
                    pass


def status(lab, name):
    return next(c for c in lab.json("status")["cameras"] if c["name"] == name)


def plates(lab):
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [event for event in map(json.loads, file) if event["kind"] == "plate-suggestion"]


def stored(lab, count):
    wait_for("%d plates" % count, lambda: len(plates(lab)) >= count)
    return plates(lab)


def polled_again(lab, times=2):
    """The camera is asked that many times more."""
    before = status(lab, "yard")["polls"]
    wait_for("further answers", lambda: status(lab, "yard")["polls"] >= before + times)


def in_trouble(lab, name, what):
    tap.result(wait_for(what, lambda: what in status(lab, name)["problem"]), "the status says: " + what)


def play_normal(lab, camera):
    camera.see(PLATES[0]), camera.see(PLATES[1])
    lab.start_smogd()
    rows = stored(lab, 2)
    tap.equal([r["plate"] for r in rows], PLATES[:2], "what the camera has read comes, oldest first")
    tap.equal([r["polled"] for r in rows], [p["picName"] for p in camera.seen], "the name of the picture is kept to its last digit")
    tap.equal((rows[0]["camera"], rows[0]["line"], rows[0]["direction"], rows[0]["camera_time"]), ("yard", "1", "forward", "20260701T093000+0800"),
              "with lane, direction and the camera's time")
    digest = rows[0]["files"][0]["sha256"]
    with open(lab.path("state/objects", digest[:2], digest[2:]), encoding="utf-8") as file:
        kept = file.read()
    tap.result(kept.startswith("<Plate>") and kept.endswith("</Plate>") and PLATES[0] in kept and PLATES[1] not in kept, "and its own part of the answer", kept)
    camera.mode = "json"
    camera.see(PLATES[2]), camera.see(PLATES[3])
    rows = stored(lab, 4)
    tap.equal([r["plate"] for r in rows[2:]], PLATES[2:4], "a camera that answers JSON is understood")
    tap.equal(rows[3]["files"][0]["name"], "anpr.json", "and kept as it was")
    camera.mode = "empty"
    polled_again(lab)
    tap.equal(status(lab, "yard")["problem"], "", "an empty answer is no trouble")
    camera.mode = "xml"
    for plate in PLATES[4:54]:
        camera.see(plate)
    tap.equal([r["plate"] for r in stored(lab, 54)], PLATES[:54], "fifty at once, each once")


def play_troubles(lab, camera):
    camera.forget_nonces()
    camera.see(PLATES[54])
    tap.equal(stored(lab, 55)[-1]["plate"], PLATES[54], "a camera that has forgotten its challenges is answered anew")
    camera.mode = "refuse"
    in_trouble(lab, "yard", "status 503")
    camera.see(PLATES[55])
    camera.mode = "silent"
    in_trouble(lab, "yard", "does not answer in time")
    camera.mode = "xml"
    stored(lab, 56)
    polled_again(lab)
    tap.equal(status(lab, "yard")["problem"], "", "the trouble is over when it answers")
    camera.shutdown(), camera.server_close()
    in_trouble(lab, "yard", "refused")
    again = Camera(camera.server_address[1], "admin", "right horse")
    again.seen = camera.seen
    again.see(PLATES[56])
    tap.equal(stored(lab, 57)[-1]["plate"], PLATES[56], "after the camera's restart nothing is missing")
    return again


def play_restarts(lab, camera):
    lab.kill("smogd")
    camera.after.clear()
    camera.see(PLATES[57])
    lab.start_smogd()
    rows = stored(lab, 58)
    tap.equal(camera.after[0], camera.seen[56]["picName"], "after kill -9 the daemon asks for what comes after the newest stored")
    polled_again(lab)
    tap.equal([r["plate"] for r in plates(lab)], PLATES[:58], "none is lost and none comes twice")
    tap.equal(len(rows), 58, "exactly")
    camera.password = "another"
    camera.forget_nonces()
    in_trouble(lab, "yard", "refuses user and password")
    camera.see(PLATES[58])
    tap.equal(len(plates(lab)), 58, "with a wrong password nothing comes")
    lab.stop("smogd")
    os.chmod(lab.write("yard.secret", "another\n"), 0o640)
    lab.start_smogd()
    tap.equal([r["plate"] for r in stored(lab, 59)], PLATES[:59], "with the right one nothing is lost")
    tap.result("right horse" not in lab.log("smogd") and "another" not in lab.log("smogd"), "no secret is in the log")
    tap.equal(lab.ctl("journal", "verify", check=False).returncode, 0, "and the journal is whole")


def play_junk(lab, junk):
    head = b"HTTP/1.1 200 OK\r\n"
    listed = b"<Plates><Plate><picName>5</picName><plateNumber>%s</plateNumber></Plate></Plates>" % PLATES[70].encode()
    for answer, what in ((b"hello\r\n", "no HTTP"), (head + b"Content-Length: 100\r\n\r\n<Plates>", "cut off"),
                         (head + b"\r\n<html><body>login</body></html>", "no list of plates but 'html'"), (head + b"\r\n{]", "JSON cannot be read"),
                         (head + b"Content-Length: 2000000\r\n\r\n", "larger than 1024 KiB"),
                         (b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", "add user and secret-file")):
        junk.answer = answer
        in_trouble(lab, "junk", what)
    tap.equal(len(plates(lab)), 59, "nothing of it is stored")
    lab.stop("smogd")
    junk.answer = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % 20 + listed[:20] + b"\r\n%x\r\n" % (len(listed) - 20) + listed[20:] + b"\r\n0\r\n\r\n"
    lab.start_smogd()
    tap.equal(stored(lab, 60)[-1]["plate"], PLATES[70], "an answer in chunks is put together")
    wait_for("the same plate again", lambda: status(lab, "junk")["repeated"] >= 2)
    tap.equal(len(plates(lab)), 60, "and a camera that always tells the same tells it once")


def check_refused(lab):
    for text, wrong in (('camera a { poll = "yard.local:80" }', "not looked up"), ('camera a { poll = "127.0.0.1:80"  secret-file = "yard.secret" }', "add 'user"),
                        ('camera a { poll = "127.0.0.1:80"  poll-ms = 1 }', "poll-ms")):
        station_conf(lab, text)
        done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
        tap.result(done.returncode != 0 and "smogd.conf:4: " in done.stderr and wrong in done.stderr, "refused: " + wrong, done.stderr)


def play(lab):
    camera, junk = Camera(free_port(), "admin", "right horse"), Junk()
    os.chmod(lab.write("yard.secret", "right horse\n"), 0o640)
    check_refused(lab)
    station_conf(lab, 'camera yard { poll = "%s"  poll-ms = 100  user = "admin"  secret-file = "yard.secret" }\n' % camera.address +
                 'camera junk { poll = "%s"  poll-ms = 100 }\n' % junk.address)
    junk.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    play_normal(lab, camera)
    camera = play_troubles(lab, camera)
    play_restarts(lab, camera)
    play_junk(lab, junk)


with Lab() as station, tap.step("cameras that are asked"):
    play(station)
tap.end()
