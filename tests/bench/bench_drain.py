#!/usr/bin/python3
"""A backlog of sealed packages drained by smogpush over loopback mutual TLS, beside bare libcurl (tests/tools/post_files.c) that posts the same
files on one connection to the same nginx, which takes everything and answers a receipt. The receiver verifies nothing: what is measured is the
sender, from the program's start to its end; sealing and the slips' codes are done before.

    bench_drain.py [PACKAGES]
"""
import glob
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("BIN", os.path.join(ROOT, "build/release/bin"))
DIR = os.path.join(os.environ.get("BENCH_DIR", os.path.join(ROOT, "build/bench-data")), "drain")
PACKAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
AIM = 0.7

NGINX = """
daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.log; worker_processes 1;
events {{ }}
http {{
    access_log off; client_max_body_size 64m; keepalive_requests 1000000; client_body_temp_path {dir}/body; proxy_temp_path {dir}/p1;
    fastcgi_temp_path {dir}/p2; uwsgi_temp_path {dir}/p3; scgi_temp_path {dir}/p4;
    server {{
        listen 127.0.0.1:{port} ssl; ssl_certificate {dir}/keys/inbox.pem; ssl_certificate_key {dir}/keys/inbox.key;
        ssl_client_certificate {dir}/keys/ca.pem; ssl_verify_client on;
        location / {{ default_type application/json;
            return 200 '{{"package_sha256":$http_idempotency_key,"received_at":"2026-07-01T09:30:00+08:00","receipt_id":"B1"}}'; }}
    }}
}}
"""
CONF = """station {{ id = "652301-0007"  name = "bench"  kind = joint  region = "652301"  state = "{dir}/state" }}
rules = {{"hj845-2017"}}   limit-class = a
seal {{ key = "{dir}/keys/seal.key"  cert = "{dir}/keys/seal.pem" }}
{outlet}
"""
OUTLET = """outlet police {{ kind = package-rest  url = "https://127.0.0.1:{port}/packages"  ca = "{dir}/keys/ca.pem"
                cert = "{dir}/keys/push.pem"  key = "{dir}/keys/push.key" }}"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def write(name, text):
    with open(os.path.join(DIR, name), "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.join(DIR, name)


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(run):
    """Seconds and processor seconds of a program that ends."""
    started, cpu = time.monotonic(), cpu_of_children()
    run()
    return time.monotonic() - started, cpu_of_children() - cpu


def once(what):
    done = subprocess.run([os.path.join(BIN, "smogpush"), "-c", os.path.join(DIR, "smogd.conf"), "--once"], stderr=subprocess.PIPE, encoding="utf-8",
                          check=False)
    if done.returncode != 0:
        sys.exit("bench_drain: smogpush could not %s: %s" % (what, done.stderr[-500:]))


def libcurl(port):
    keys = [os.path.join(DIR, "keys", name) for name in ("ca.pem", "push.pem", "push.key")]
    files = sorted(glob.glob(os.path.join(DIR, "state/packages/*.asice")))
    subprocess.run([os.path.join(ROOT, "build/release/tests/post_files"), "https://127.0.0.1:%d/packages" % port, *keys, *files], check=True)
    return len(files)


def play():
    shutil.rmtree(DIR, ignore_errors=True)
    os.makedirs(os.path.join(DIR, "state"))
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), os.path.join(DIR, "keys")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([os.path.join(ROOT, "build/release/tests/make_cases"), os.path.join(DIR, "state"), "1", str(PACKAGES)], check=True,
                   stdout=subprocess.DEVNULL)
    write("smogd.conf", CONF.format(dir=DIR, outlet=""))
    sealing, _ = timed(lambda: once("seal the cases"))
    port = free_port()
    nginx = subprocess.Popen(["/usr/sbin/nginx", "-c", write("nginx.conf", NGINX.format(dir=DIR, port=port))], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
                break
            time.sleep(0.05)
        before = timed(lambda: libcurl(port))
        write("smogd.conf", CONF.format(dir=DIR, outlet=OUTLET.format(dir=DIR, port=port)))
        draining, draining_cpu = timed(lambda: once("drain the backlog"))
        after = timed(lambda: libcurl(port))
    finally:
        nginx.terminate()
        nginx.wait()
    alone, alone_cpu = [(a + b) / 2 for a, b in zip(before, after)]  # before and after: the machine may have other work
    base = sqlite3.connect(os.path.join(DIR, "state/smogd.db"))
    sent, size = base.execute("SELECT count(*), avg(p.size) FROM delivery JOIN package p USING(case_id) WHERE state = 'sent'").fetchone()
    if sent != PACKAGES:
        sys.exit("bench_drain: %d of %d packages sent" % (sent, PACKAGES))
    share = alone / draining
    print("  %d packages of %d bytes sealed, slips signed   %10.1f /s" % (PACKAGES, size, PACKAGES / sealing))
    for what, took, cpu in ("drained by smogpush, receipts on the disk  ", draining, draining_cpu), ("posted by libcurl alone, nothing kept      ", alone, alone_cpu):
        print("  %s      %10.1f /s   %4.0f us of CPU each" % (what, PACKAGES / took, 1e6 * cpu / PACKAGES))
    print("  smogpush's share of it                           %10.2f   (at least %.1f%s)" % (share, AIM, "" if share >= AIM else ", MISSED"))
    shutil.rmtree(DIR)
    return share >= AIM


sys.exit(0 if play() else 1)
