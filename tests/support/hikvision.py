#!/usr/bin/python3
"""A number-plate camera with the ISAPI interface, written from the protocol text: it pushes events with curl, and answers polls
over HTTP with digest authentication.

    hikvision.py push URL PLATE [COLOUR]          one event; prints the status
    hikvision.py serve PORT USER PASSWORD PLATE…  a camera that has seen these plates, until it is ended

A push is multipart/form-data with anpr.xml, licensePlatePicture.jpg and detectionPicture.jpg. Two namespaces are in use, and some
firmware sends an event again.
"""
import hashlib
import http.server
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import uuid

NAMESPACES = ("http://www.isapi.org/ver20/XMLSchema", "http://www.hikvision.com/ver20/XMLSchema")
PLATES_PATH = "/ISAPI/Traffic/channels/1/vehicleDetect/plates"

# The smallest picture that decoders accept: 1x1, grey.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64 + "ffc0000b080001000101011100ffc40014000100000000000000000000000000"
    "000000ffc40014100100000000000000000000000000000000ffda0008010100003f007fffd9")


def picture(text):
    """A picture of its own: the text lies in a comment segment."""
    note = text.encode()
    return JPEG[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + JPEG[2:]


class Event:
    """One plate read. Whatever a keyword says replaces an element's text; None leaves the element out."""

    def __init__(self, plate, colour="yellow", when="2026-07-01T09:30:00+08:00", namespace=0, **fields):
        self.uuid = str(uuid.uuid4())
        self.plate, self.namespace = plate, NAMESPACES[namespace]
        self.fields = {
            "country": "CN", "licensePlate": plate, "line": "1", "direction": "forward", "confidenceLevel": "97",
            "plateType": "unknown", "plateColor": colour, "licenseBright": "0", "plateCharBelieve": ",".join(["99"] * len(plate)),
            "vehicleType": "truck", **fields}
        self.when = when
        self.pictures = {name: picture(name + " " + self.uuid) for name in ("licensePlatePicture.jpg", "detectionPicture.jpg")}

    def xml(self, event_type="ANPR"):
        inner = "".join("<%s>%s</%s>\n" % (k, v, k) for k, v in self.fields.items() if v is not None)
        return ("""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="%s">
<ipAddress>192.168.1.64</ipAddress><portNo>80</portNo><protocol>HTTP</protocol><macAddress>44:19:b6:00:00:01</macAddress>
<channelID>1</channelID><dateTime>%s</dateTime><activePostCount>1</activePostCount><eventType>%s</eventType>
<eventState>active</eventState><eventDescription>ANPR</eventDescription>
<ANPR>
%s<vehicleInfo><index>0</index><color>white</color></vehicleInfo>
</ANPR>
<UUID>%s</UUID><picNum>%d</picNum>
</EventNotificationAlert>
""" % (self.namespace, self.when, event_type, inner, self.uuid, len(self.pictures)))

    def push(self, url, *curl_options, xml=None):
        """Sends it with curl; gives the status, 0 when there was no answer."""
        with tempfile.TemporaryDirectory() as folder:
            def part(name, data, kind):
                path = os.path.join(folder, name)
                with open(path, "wb") as file:
                    file.write(data)
                return ["-F", "%s=@%s;type=%s" % (name, path, kind)]

            parts = part("anpr.xml", (xml or self.xml()).encode(), "text/xml")
            for name, data in self.pictures.items():
                parts += part(name, data, "image/jpeg")
            done = subprocess.run(
                ["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--max-time", "20", *curl_options, *parts, url],
                stdout=subprocess.PIPE, encoding="ascii", check=False)
            return int(done.stdout or 0)


class Camera(http.server.ThreadingHTTPServer):
    """A camera that is polled. `mode` may be changed while it runs: xml, json (some firmware answers so), empty (no body), refuse
    (503), silent (no answer for 30 s or until the mode changes)."""

    daemon_threads = True

    def __init__(self, port=0, user="admin", password="secret"):
        self.user, self.password, self.mode = user, password, "xml"
        self.realm, self.nonces = "IP Camera(12345)", {}
        self.seen, self.polls, self.after = [], 0, []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Poll)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def see(self, plate, **more):
        """A vehicle goes by: gives its picName, which is larger than 2^53."""
        with self.lock:
            name = str(20260701093000000000 + len(self.seen))
            self.seen.append({"captureTime": "20260701T093000+0800", "plateNumber": plate, "picName": name, "country": "CHN",
                              "laneNo": "1", "direction": "forward", "matchingResult": "otherlist", **more})
            return name

    def forget_nonces(self):
        self.nonces = {}

    def authorised(self, header, method, path):
        """Checks RFC 2617 digest with qop=auth: each nonce is one of ours, and its counter only grows."""
        if not header or not header.startswith("Digest "):
            return False
        given = {k: q or v for k, q, v in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', header[7:])}

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        nonce, count = given.get("nonce", ""), given.get("nc", "0")
        ha1 = md5("%s:%s:%s" % (self.user, self.realm, self.password))
        wanted = md5(":".join([ha1, nonce, count, given.get("cnonce", ""), "auth", md5("%s:%s" % (method, given.get("uri", "")))]))
        if given.get("username") != self.user or given.get("uri") != path or given.get("response") != wanted:
            return False
        with self.lock:
            if nonce not in self.nonces or int(count, 16) <= self.nonces[nonce]:
                return False
            self.nonces[nonce] = int(count, 16)
        return True


class Poll(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/xml", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", kind)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        camera = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        if not camera.authorised(self.headers.get("Authorization"), "POST", self.path):
            nonce = secrets.token_hex(16)
            camera.nonces[nonce] = 0
            self.answer(401, WWW_Authenticate='Digest realm="%s", qop="auth", nonce="%s", algorithm=MD5' % (camera.realm, nonce))
            return
        if self.path != PLATES_PATH:
            self.answer(404)
            return
        self.plates(body)

    def plates(self, body):
        camera = self.server
        deadline = time.monotonic() + 30
        while camera.mode == "silent" and time.monotonic() < deadline:
            time.sleep(0.05)
        if camera.mode == "refuse":
            self.answer(503)
            return
        asked = re.search(r"<AfterTime[^>]*>\s*<picTime>([^<]*)</picTime>", body)
        if not asked:
            self.answer(400)
            return
        with camera.lock:
            camera.polls += 1
            camera.after.append(asked.group(1))
            news = [p for p in camera.seen if p["picName"] > asked.group(1)]
        if camera.mode == "empty":
            self.answer(200)
        elif camera.mode == "json":
            rows = ",".join("{%s}" % ",".join('"%s":"%s"' % pair for pair in p.items()) for p in news)
            self.answer(200, ('{"Plates":{"Plate":[%s]}}' % rows).encode(), "application/json")
        else:
            rows = "".join("<Plate>%s</Plate>\n" % "".join("<%s>%s</%s>" % (k, v, k) for k, v in p.items()) for p in news)
            self.answer(200, ('<?xml version="1.0" encoding="UTF-8"?>\n<Plates version="2.0" xmlns="%s">\n%s</Plates>\n'
                              % (NAMESPACES[1], rows)).encode())


def main():
    if len(sys.argv) >= 4 and sys.argv[1] == "push":
        print(Event(sys.argv[3], *sys.argv[4:5]).push(sys.argv[2]))
    elif len(sys.argv) >= 5 and sys.argv[1] == "serve":
        camera = Camera(int(sys.argv[2]), sys.argv[3], sys.argv[4])
        for plate in sys.argv[5:]:
            camera.see(plate)
        print("ready at " + camera.address, flush=True)
        threading.Event().wait()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
