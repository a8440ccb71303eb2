#!/usr/bin/python3
"""A number-plate camera with the ISAPI interface that is polled over HTTP with digest authentication, written from the protocol text.

    hikvision.py PORT USER PASSWORD PLATE…        a camera that has seen these plates, until it is ended
"""
import hashlib
import http.server
import re
import secrets
import sys
import threading
import time

NAMESPACE = "http://www.hikvision.com/ver20/XMLSchema"
PLATES_PATH = "/ISAPI/Traffic/channels/1/vehicleDetect/plates"


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
                              % (NAMESPACE, rows)).encode())


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    camera = Camera(int(sys.argv[1]), sys.argv[2], sys.argv[3])
    for plate in sys.argv[4:]:
        camera.see(plate)
    print("ready at " + camera.address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
