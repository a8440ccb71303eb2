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


def fetch(port, path, *words):
    """(status, heads by their small names, bytes)"""
    done = subprocess.run(["curl", "-s", "-m", "10", "--path-as-is", "-D", "-", *words, "http://127.0.0.1:%d%s" % (port, path)], stdout=subprocess.PIPE, check=False)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


def put(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(content)


def serve_page(lab):
    """The page's files: each as it is, compressed, unchanged; nothing from outside of their folder."""
    port, web = free_port(), os.path.join(lab.dir, "web")
    station_conf(lab, 'console { listen = "127.0.0.1:%d"  web-dir = "%s" }' % (port, web))
    done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    tap.result(done.returncode == 2 and "smogd.conf:4: the folder '%s' cannot be read" % web in done.stderr, "a folder that is named is there", done.stderr)
    os.mkdir(web)
    put(lab.dir, "secret.txt", b"secret")
    os.symlink(os.path.join(lab.dir, "secret.txt"), os.path.join(web, "link.txt"))
    put(web, ".hidden", b"hidden")
    lab.start_smogd()
    status, head, body = fetch(port, "/")
    tap.result(status == 404 and web.encode() in body and b"make web" in body, "without a page / says where it was looked for, and how it is made", body.decode())
    lab.stop("smogd")
    for name, content in {"index.html": b"<p>page", "index.html.br": b"br", "index.html.gz": b"gz", "assets/main-4XfVz2Qa.js": b"run()", "icon.svg": b"<svg/>"}.items():
        put(web, name, content)
    lab.start_smogd()
    status, head, body = fetch(port, "/")
    tap.equal((status, head["content-type"], head["cache-control"], body), (200, "text/html; charset=utf-8", "no-cache", b"<p>page"), "/ is index.html")
    tap.result("frame-ancestors 'none'" in head["content-security-policy"] and head["x-frame-options"] == "DENY", "in nobody's frame", str(head))
    only_head = fetch(port, "/index.html", "-I", "-o", "/dev/null")
    tap.equal((only_head[0], dict(only_head[1], date="")), (200, dict(head, date="")), "HEAD gives the same head")
    taken = [(fetch(port, "/", "-H", "Accept-Encoding: " + words)[1].get("content-encoding"), fetch(port, "/", "-H", "Accept-Encoding: " + words)[2])
             for words in ("gzip, deflate, br", "gzip", "br;q=0, gzip;q=0.5", "br;q=0.0", "brotli", "identity", "br;q=1.0")]
    tap.equal(taken, [("br", b"br"), ("gzip", b"gz"), ("gzip", b"gz"), (None, b"<p>page"), (None, b"<p>page"), (None, b"<p>page"), ("br", b"br")],
              "it goes out compressed to those who take it so")
    again = fetch(port, "/", "-H", "If-None-Match: %s" % head["etag"])
    tap.equal((again[0], again[2], again[1]["etag"]), (304, b"", head["etag"]), "and not again while it is the same")
    tap.equal(fetch(port, "/", "-H", "If-None-Match: %s" % head["etag"], "-H", "Accept-Encoding: br")[0], 200, "another form of it is another thing")
    status, head, body = fetch(port, "/assets/main-4XfVz2Qa.js")
    tap.equal((status, head["content-type"], head["cache-control"], body), (200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", b"run()"),
              "what is named by its content is kept for ever")
    tap.equal(fetch(port, "/icon.svg")[1]["content-type"], "image/svg+xml", "a picture is one")
    others = ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt", "/link.txt", "/.hidden", "/assets", "/assets/", "//index.html", "/etc/passwd")
    found = {path: fetch(port, path)[0] for path in others}
    tap.result(set(found.values()) <= {400, 404}, "nothing else is reached", str(found))
    status, head, body = fetch(port, "/index.html", "-X", "POST")
    tap.equal((status, fetch(port, "/healthz", "-X", "POST")[0], fetch(port, "/anpr/x")[0]), (404, 405, 405), "other methods are told apart")
    lab.stop("smogd")


def make_pair(lab, name, key_of=None):
    """A certificate for 127.0.0.1, signed by itself; with another one's key, where that is named."""
    key, cert = lab.path(name + ".key"), lab.path(name + ".pem")
    old = os.umask(0o077)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
    os.umask(old)
    return key, cert


def subject(port):
    """Who the server says that it is, to somebody who checks nothing."""
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = re.search(rb"subject=CN = (\S+)", done.stdout)
    return found.group(1).decode() if found else ""


def check_tls(lab, port, key, cert):
    """What a configuration may not say."""
    def complaint(text):
        station_conf(lab, text)
        done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
        return (done.returncode, done.stderr)

    other = make_pair(lab, "other")
    open_key = lab.write("open.key", open(key, encoding="utf-8").read())
    os.chmod(open_key, 0o644)
    for text, words, what in (
            ('listen = "0.0.0.0:%d"' % port, "with TLS only", "beyond loopback nothing is served without TLS"),
            ('listen = "127.0.0.1:%d"  key = "%s"' % (port, key), "belong together", "a key alone is refused"),
            ('listen = "127.0.0.1:%d"  key = "%s"  cert = "%s"' % (port, open_key, cert), "open.key", "a key that others can read is refused"),
            ('listen = "127.0.0.1:%d"  key = "%s"  cert = "%s"' % (port, other[0], cert), "other.key", "a key of another certificate is refused")):
        code, said = complaint("console { %s }" % text)
        tap.result(code == 2 and words in said and "smogd.conf:4:" in said and said.count("\n") == 1, what, said)
    return other


def serve_tls(lab):
    port = free_port()
    key, cert = make_pair(lab, "station")
    other = check_tls(lab, port, key, cert)
    station_conf(lab, 'console { listen = "127.0.0.1:%d"  key = "%s"  cert = "%s" }' % (port, key, cert))
    lab.start_smogd()
    ask = ["curl", "-s", "-m", "10", "--cacert", cert, "https://127.0.0.1:%d/healthz" % port]
    tap.equal(subprocess.run(ask, stdout=subprocess.PIPE, check=False).stdout, b'{"ok":true}\n', "with a certificate it is served over TLS")
    tap.equal(subprocess.run([*ask, "--tls-max", "1.1"], stdout=subprocess.PIPE, check=False).stdout, b"", "not by old versions of it")
    tap.equal(curl(port)[0], 0, "nor without it")
    live = subprocess.Popen(["curl", "-s", "-N", "--cacert", cert, "https://127.0.0.1:%d/api/v1/live" % port], stdout=subprocess.PIPE)
    tap.result(live.stdout.readline().startswith(b"id: "), "the live feed goes over it, too")
    os.replace(other[0], key)
    tap.equal(subject(port), "station", "a key that was changed without its certificate changes nothing")
    wait_for("the complaint", lambda: "the one before is used" in lab.log("smogd"), 30)
    os.replace(other[1], cert)
    wait_for("the other certificate", lambda: subject(port) == "other", 30)
    live.wait(20)
    tap.equal(lab.log("smogd").count("the one before is used"), 1, "a renewed one is taken while it runs; the odd pair was told once")
    status = lab.stop("smogd")
    tap.equal(status, 0, "and the end is in order")


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
with Lab() as station, tap.step("tls"):
    serve_tls(station)
with Lab() as station, tap.step("page"):
    serve_page(station)
tap.end()
