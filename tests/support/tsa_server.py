"""A time-stamp authority on loopback (RFC 3161 over HTTP), answering with `openssl ts -reply`.

tsa_server.py FOLDER: FOLDER holds ca.pem, tsa.key, tsa.pem, expired.key, expired.pem. The file FOLDER/mode says how to answer:
good, nonce (of another question), imprint (of other bytes), expired (certificate), refuse (status "rejection"), garbage, empty, 500,
cut (half an answer), slow (an answer after a second), silent (none). Prints its URL; each question is a line in FOLDER/questions.
"""
import http.server
import os
import subprocess
import sys
import threading

folder = sys.argv[1]
lock = threading.Lock()

CONFIG = """[tsa]
default_tsa = t
[t]
serial = {0}/serial
signer_cert = {0}/{1}.pem
certs = {0}/ca.pem
signer_key = {0}/{1}.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def patched(question, mode):
    """The question with one byte of its digest or nonce changed."""
    at = question.index(b"\x04\x20") + 2
    data = bytearray(question)
    if mode == "imprint":
        data[at] ^= 1
    if mode == "nonce":
        data[at + 32 + 4] ^= 1  # in the INTEGER behind the digest
    return bytes(data)


def reply(question, mode):
    who = "expired" if mode == "expired" else "tsa"
    with lock:
        with open(f"{folder}/tsa.cnf", "w") as f:
            f.write(CONFIG.format(folder, who))
        with open(f"{folder}/question.tsq", "wb") as f:
            f.write(b"\x30\x00" if mode == "refuse" else patched(question, mode))
        subprocess.run(["openssl", "ts", "-reply", "-config", f"{folder}/tsa.cnf", "-queryfile", f"{folder}/question.tsq", "-out", f"{folder}/reply.tsr"],
                       check=True, stderr=subprocess.DEVNULL)
        with open(f"{folder}/reply.tsr", "rb") as f:
            return f.read()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"]))
        with open(f"{folder}/mode") as f:
            mode = f.read().strip()
        with open(f"{folder}/questions", "a") as f:
            f.write(f"{mode} {self.headers['Content-Type']}\n")
        if mode == "silent":
            stop.wait()
            return
        if mode == "slow":
            stop.wait(1)
        status = 500 if mode == "500" else 200
        body = {"garbage": b"<html>please log in</html>", "empty": b"", "500": b"sorry"}.get(mode)
        if body is None:
            body = reply(question, mode)
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if mode == "cut" else body)


stop = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(f"http://127.0.0.1:{server.server_port}/tsr", flush=True)
server.serve_forever()
