"""A person at the console: a session at smogd's web server, as a browser would keep it."""
import http.client
import json
import os
import ssl
import subprocess
import urllib.parse

from station import BIN

PINS = {}


def set_pin(lab, number, pin):
    """As the station's own login does it; remembered for Console.login."""
    done = subprocess.run([os.path.join(BIN, "smogctl"), "-c", lab.conf, "officer", "pin", number], input=pin + "\n", encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    if done.returncode != 0:
        raise ValueError("officer pin: " + done.stderr)
    PINS[number] = pin


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "%d %r" % (self.status, self.body[:300])


class Console:
    seen = []  # (method, path under /api/v1/, answer) of all that was asked

    def __init__(self, port, host="127.0.0.1", tls=None):
        """tls: the file of the certificate that the server must have."""
        self.host, self.port = host, port
        self.tls = ssl.create_default_context(cafile=tls) if tls else None
        self.cookie = self.csrf = None

    def ask(self, method, path, body=None, headers=(), **query):
        """path is under /api/v1/, or begins with /. body: a dict becomes JSON, text and bytes go as they are."""
        path = path if path.startswith("/") else "/api/v1/" + urllib.parse.quote(path)
        if query:
            path += "?" + urllib.parse.urlencode(query)
        sent = {}
        if self.cookie:
            sent["Cookie"] = "smogd_session=" + self.cookie
        if self.csrf and method != "GET":
            sent["X-CSRF-Token"] = self.csrf
        if isinstance(body, dict):
            body, sent["Content-Type"] = json.dumps(body, ensure_ascii=False), "application/json"
        if isinstance(body, str):
            body = body.encode()
        sent.update(headers)
        connection = (http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.tls) if self.tls
                      else http.client.HTTPConnection(self.host, self.port, timeout=60))
        try:
            connection.request(method, path, body, {k: v for k, v in sent.items() if v is not None})
            answer = Answer(connection.getresponse())
            if path.startswith("/api/v1"):
                Console.seen.append((method, urllib.parse.unquote(path[7:].split("?")[0]), answer))
            return answer
        finally:
            connection.close()

    def get(self, path, **query):
        return self.ask("GET", path, **query)

    def post(self, path, body=None, **query):
        return self.ask("POST", path, {} if body is None else body, **query)

    def login(self, number, pin=None):
        answer = self.ask("POST", "session", {"officer": number, "pin": pin or PINS[number]})
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0].split("=", 1)[1]
            self.csrf = answer.json["csrf"]
        return answer
