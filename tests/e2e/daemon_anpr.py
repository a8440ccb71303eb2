#!/usr/bin/python3
"""A plate-reading camera, played by `curl -F`: what it pushes is on the disk before it is told so, is offered, and is nobody's plate
until an officer confirms it."""
import hashlib
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, Tap, free_port, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
SMOKE = 'instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 1 }'
ALERT = """<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="%(ns)s"><ipAddress>192.168.1.64</ipAddress><channelID>1</channelID>
<dateTime>2026-07-01T09:30:00+08:00</dateTime><eventType>%(type)s</eventType><eventState>active</eventState>
<ANPR><licensePlate>%(plate)s</licensePlate><line>2</line><direction>forward</direction><confidenceLevel>97</confidenceLevel>
<plateColor>yellow</plateColor><plateCharBelieve>99,98,97,96,95,94,93</plateCharBelieve><vehicleType>truck</vehicleType></ANPR>
%(more)s<picNum>2</picNum></EventNotificationAlert>
"""
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"


class Camera:
    def __init__(self, lab, port):
        self.lab, self.port = lab, port
        self.picture("plate.jpg", b"plate"), self.picture("vehicle.jpg", b"vehicle" * 30000)

    def picture(self, name, data):
        with open(self.lab.path(name), "wb") as file:
            file.write(JPEG + data)

    def alert(self, plate="新A66T21", uuid="u-1", ns="http://www.isapi.org/ver20/XMLSchema", kind="ANPR", more=""):
        self.lab.write("alert.xml", ALERT % {"plate": plate, "ns": ns, "type": kind,
                                             "more": ("<UUID>%s</UUID>" % uuid if uuid else "") + more})

    def curl(self, name, *words):
        """(status, answer)"""
        done = subprocess.run(["curl", "-s", "-m", "20", "-w", "\n%{http_code}", *words,
                               "http://127.0.0.1:%d/anpr/%s" % (self.port, name)], stdout=subprocess.PIPE, encoding="utf-8", check=False)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(body) if body.startswith("{") else body

    def push(self, name="gate", *words, part="anpr.xml"):
        return self.curl(name, "-F", part + "=@%s;type=application/xml" % self.lab.path("alert.xml"), "-F",
                         "licensePlatePicture.jpg=@%s;type=image/jpeg" % self.lab.path("plate.jpg"), "-F",
                         "detectionPicture.jpg=@%s;type=image/jpeg" % self.lab.path("vehicle.jpg"), *words)


def journal(lab, kind):
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [event for event in map(json.loads, file) if event["kind"] == kind]


def camera_status(lab, name="gate"):
    return next(c for c in lab.json("status")["cameras"] if c["name"] == name)


def play_push(lab, camera):
    camera.alert()
    status, answer = camera.push()
    tap.result(status == 200 and re.fullmatch(r"652301-0007-C\d{6}", answer.get("id", "")), "a push is taken", (status, answer))
    event = journal(lab, "plate-suggestion")
    wanted = {"plate": "新A66T21", "confidence": "97", "chars": "99,98,97,96,95,94,93", "line": "2", "colour": "yellow", "camera": "gate"}
    tap.equal({key: event[0].get(key) for key in wanted}, wanted, "and stands in the journal with confidence of each character and line")
    files = {f["name"]: f["sha256"] for f in event[0]["files"]}
    for name, own in (("anpr.xml", "alert.xml"), ("licensePlatePicture.jpg", "plate.jpg"), ("detectionPicture.jpg", "vehicle.jpg")):
        with open(lab.path(own), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        tap.result(files[name] == digest and os.path.exists(lab.path("state/objects", digest[:2], digest[2:])), name + " is kept byte for byte")
    tap.equal(camera.push(), (200, {"ok": True, "repeated": answer["id"]}), "the same event again is known by its UUID")
    camera.alert("新B12345", uuid="", ns="http://www.hikvision.com/ver20/XMLSchema", more="<picName>20260701093000123456789</picName>")
    second = camera.push(part="event.xml")
    tap.result(second[0] == 200 and "id" in second[1], "the other namespace, another part name", second)
    tap.equal(camera.push()[1].get("repeated"), second[1]["id"], "without UUID it is known by picture name and time")
    camera.alert("无车牌", uuid="u-3")
    tap.equal(camera.push()[0], 200, "a vehicle without a plate is stored, too")
    camera.alert(kind="videoloss", uuid="u-4")
    tap.equal(camera.push(), (200, {"ok": True, "ignored": "videoloss"}), "other events are answered and not stored")
    rows = lab.json("plates", "suggest")["suggestions"]
    tap.equal([(r["plate"] if "plate" in r else "", r["plate_read"]) for r in rows],
              [("", "无车牌"), ("新B12345", "新B12345"), ("新A66T21", "新A66T21")], "plates suggest shows them, newest first")
    tap.result(rows[0]["age_ms"] >= 0 and rows[0]["camera"] == "gate", "with age and camera", rows[0])
    rows = lab.ctl("plates", "suggest").stdout.splitlines()
    tap.result(len(rows) == 3 and "(新A66T21)  confidence 97 (99,98,97,96,95,94,93)  gate, line 2" in rows[2],
               "for people, too: what was read, how sure of each character, and the lane", rows)
    return answer["id"]


def play_malformed(lab, camera):
    stored = camera_status(lab)["stored"]
    lab.write("alert.xml", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>")
    status, answer = camera.push()
    tap.result(status == 400 and "document type" in answer["error"], "a document type is refused", (status, answer))
    tap.equal(camera.push()[0], 400, "again")
    known = camera_status(lab)
    tap.result("document type" in known["problem"] and "127.0.0.1" in known["problem"] and known["refused"] == 2, "status says what is wrong", known)
    tap.equal(len(re.findall("document type", lab.log("smogd"))), 1, "the log says it once")
    tap.equal(camera.curl("gate", "--data-binary", "hello")[0], 400, "what is no push is refused")
    tap.equal(camera.push("nobody")[0], 404, "a camera that is not configured is refused")
    with open(lab.path("large.jpg"), "wb") as file:
        file.write(JPEG + b"x" * (5 << 20))
    camera.alert(uuid="u-9")
    tap.result(camera.push("gate", "-F", "more=@" + lab.path("large.jpg"))[0] in (0, 413), "a body above 4 MiB is refused")
    tap.equal(camera_status(lab)["stored"], stored, "nothing of it is stored")
    tap.equal(camera.push()[0], 200, "and the camera is heard again")
    tap.equal(camera_status(lab)["problem"], "", "the trouble is over")


def play_secrets(lab, camera):
    camera.alert(uuid="s-1")
    tap.equal(camera.push("yard")[0], 401, "a camera with a password is asked for it")
    tap.equal(camera.push("yard", "--digest", "-u", "camera:wrong")[0], 401, "a wrong one does not do")
    tap.result("id" in camera.push("yard", "--digest", "-u", "camera:right horse")[1], "the right one does (digest authentication)")
    tap.equal(camera.push("door")[0], 403, "a camera with a token needs it")
    tap.equal(camera.push("door?token=wrong")[0], 403, "a wrong one does not do")
    tap.result("id" in camera.push("door?token=t0ken")[1], "the right one does")
    tap.result("right horse" not in lab.log("smogd") and "t0ken" not in lab.log("smogd"), "no secret is in the log")


def play_officer(lab, suggestion):
    """What the camera read enters a test only through an officer."""
    start = ["test", "start", "--colour", "yellow", "--method", "free-acceleration", "--vehicle", "fuel=diesel", "class=heavy",
             "gearbox=manual", "--officer", "P0042"]
    for plate, agreed, source in (("新A66T21", True, "camera"), ("新A66T27", False, "typed")):
        lab.wait_live("smoke")
        test = lab.json(*start, "--plate", plate, "--suggestion", suggestion)["test"]
        lab.json("test", "abort", test, "--reason", "enough")
        shown = lab.json("test", "show", test)
        vehicle = shown["record"]["vehicle"]
        pushed = {f["name"]: f["sha256"] for f in journal(lab, "plate-suggestion")[0]["files"]}
        given = {f["name"]: f["sha256"] for f in shown["record"]["files"] if f["name"].startswith(("camera/", "photos/"))}
        wanted = {"camera/anpr.xml": pushed["anpr.xml"], "photos/camera-1.jpg": pushed["detectionPicture.jpg"],
                  "photos/camera-2.jpg": pushed["licensePlatePicture.jpg"]} if agreed else {}
        tap.equal((given, [f["name"] in given for f in shown["files"]].count(True)), (wanted, len(wanted)),
                  "%s: the record has the camera's pictures where the officer agreed" % plate)
        begun = journal(lab, "test-start")[-1]["suggestion"]
        tap.result((begun["id"], begun["agreed"], begun["confidence"], begun["plate"]) == (suggestion, agreed, "97", "新A66T21"),
                   "%s: the start says what the camera read and whether the officer agreed" % plate, begun)
        tap.equal((vehicle["plate_source"], vehicle.get("plate_confidence"), vehicle["plate_by"]),
                  (source, "97" if agreed else None, "gate" if agreed else "P0042"), "%s: the record says how the plate is known" % plate)
        tap.equal(lab.ctl("rejudge", test, check=False).returncode, 0, "%s: and can be recomputed" % plate)
    done = lab.ctl(*start, "--plate", "新A66T21", "--suggestion", "652301-0007-C999999", check=False)
    tap.result(done.returncode == 2 and "plates suggest" in done.stderr, "a suggestion that was never made is refused", done.stderr)


def play(lab):
    port = free_port()
    lab.start_sim(SMOKE % lab.path("dev/smoke"))
    for name, secret in (("yard.secret", "right horse"), ("door.secret", "t0ken\n")):
        os.chmod(lab.write(name, secret), 0o640)
    cameras = 'camera gate { }\ncamera yard { user = "camera"  secret-file = "yard.secret" }\ncamera door { secret-file = "door.secret" }\n'
    instrument = 'link com1 { kind = serial  device = "%s" }\ninstrument smoke { driver = nht6  link = com1 }\n' % lab.path("dev/smoke")
    for text, wrong in ((cameras, "there is none; add 'console"), ("camera gate { secret-file = \"none\" }\nconsole { listen = \"127.0.0.1:1\" }", "none"),
                        ('camera gate { user = "a" }\nconsole { listen = "127.0.0.1:1" }', "secret-file")):
        station_conf(lab, text)
        done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
        tap.result(done.returncode != 0 and "smogd.conf:4: " in done.stderr and wrong in done.stderr, "refused: " + wrong, done.stderr)
    station_conf(lab, instrument + cameras + 'console { listen = "127.0.0.1:%d" }' % port, extra=quick_rules(lab))
    lab.start_smogd()
    camera = Camera(lab, port)
    suggestion = play_push(lab, camera)
    play_malformed(lab, camera)
    play_secrets(lab, camera)
    play_officer(lab, suggestion)
    lab.kill("smogd")
    lab.start_smogd()
    camera.alert()
    tap.equal(camera.push(), (200, {"ok": True, "repeated": suggestion}), "after kill -9 every event that was answered is there")
    tap.equal(lab.ctl("journal", "verify", check=False).returncode, 0, "and the journal is whole")


with Lab() as station, tap.step("cameras"):
    play(station)
tap.end()
