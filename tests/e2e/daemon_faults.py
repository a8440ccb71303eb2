#!/usr/bin/python3
"""What goes wrong around the daemon: it says so in one clear line, serves what it can, and ends within two seconds."""
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, Tap, passage, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
SMOKE = 'instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 1 }'


def smogd(lab, *words):
    return subprocess.run([os.path.join(BIN, "smogd"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, encoding="utf-8", timeout=20, check=False)


def ends_in_time(lab, what):
    """SIGTERM, and the journal's last word."""
    before = time.monotonic()
    status = lab.stop("smogd")
    took = time.monotonic() - before
    tap.result(status == 0 and took <= 2.0, "SIGTERM ends it within 2 s: " + what, "status %d after %.2f s" % (status, took))
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        last = file.readlines()[-1]
    tap.result('"kind":"daemon-stop"' in last and '"reason":"SIGTERM"' in last, "its stop is in the journal: " + what, last)


def mark(lab):
    """Where the log ends now: two daemons in a row share it."""
    return len(lab.log("smogd"))


# ---- configuration ----

def play_configuration(lab):
    good = 'link gate { kind = tcp  address = "127.0.0.1:9" }\ninstrument r { driver = jsonl profile = "rsd-pinyin" link = gate }\n'
    station_conf(lab, good)
    done = smogd(lab, "-c", lab.conf, "--check")
    tap.equal((done.returncode, done.stderr), (0, ""), "--check accepts a good file")
    tap.result(not os.path.exists(lab.path("state")), "and touches nothing")
    for text, pattern in (
            (good + "baud = 9600\n", r"smogd\.conf:6: .*baud"),
            (good.replace("rsd-pinyin", "rsd-latin"), r"smogd\.conf:5: there is no profile 'rsd-latin' in .*rsd-pinyin"),
            (good.replace("jsonl", "carrier-pigeon"), r"smogd\.conf:5: there is no driver 'carrier-pigeon'; there are: .*jsonl"),
            (good.replace("127.0.0.1:9", "127.0.0.1"), r"smogd\.conf:4: .*127\.0\.0\.1"),
            (good + 'link two { kind = tcp  address = "127.0.0.1:9" }', r"smogd\.conf:6: links 'gate' \(line 4\) and 'two' both claim")):
        station_conf(lab, text)
        for words in (("-c", lab.conf, "--check"), ("-c", lab.conf)):
            done = smogd(lab, *words)
            tap.result(done.returncode == 2 and re.search(pattern, done.stderr) and done.stderr.count("\n") == 1,
                       "%s refuses: %s" % (" ".join(["smogd", *words[2:]]), pattern), "exit %d: %s" % (done.returncode, done.stderr))
    quick_rules(lab)
    with open(lab.path("rules/hj845-2017.conf"), "a", encoding="utf-8") as file:
        file.write("pack { }\n")
    station_conf(lab, good, extra='rules-dir = "%s"' % lab.path("rules"))
    done = smogd(lab, "-c", lab.conf, "--check")
    tap.result(done.returncode == 2 and re.search(r"rules/hj845-2017\.conf:\d+: ", done.stderr), "a bad rule pack is named with its line",
               done.stderr)
    done = smogd(lab, "-c", lab.path("nowhere.conf"))
    tap.result(done.returncode == 3 and "nowhere.conf" in done.stderr, "a missing file is exit 3", done.stderr)
    tap.equal(smogd(lab).returncode, 2, "without -c it is exit 2")
    tap.equal(smogd(lab, "-c", lab.conf, "--nonsense").returncode, 2, "an unknown option is exit 2")


# ---- ports ----

def play_ports(lab):
    master, slave = pty.openpty()
    device = os.ttyname(slave)
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link com2 { kind = serial  device = "%s" }
link bus { kind = modbus-tcp  address = "127.0.0.1:9" }
instrument gone { driver = nht6  link = com1 }
instrument held { driver = nht6  link = com2 }
instrument far { driver = modbus  profile = "opacimeter-generic"  link = bus  unit = 1 }
""" % (lab.path("dev/none"), device))
    holder = lab.start("holder", "/usr/bin/python3", "-c",
                       "import fcntl,os,sys,time; f=os.open(sys.argv[1],os.O_RDWR|os.O_NOCTTY); fcntl.ioctl(f,0x540C);"
                       "print('held',flush=True); time.sleep(100)", device)
    wait_for("the holder", lambda: "held" in lab.log("holder"))
    os.close(slave)
    lab.start_smogd()
    wait_for("gone to be explained", lambda: "No such file" in lab.instrument("gone")["detail"])
    wait_for("held to be explained", lambda: str(holder.pid) in lab.instrument("held")["detail"])
    tap.result("python" in lab.instrument("held")["detail"], "the process that holds a port is named", lab.instrument("held")["detail"])
    wait_for("far to be explained", lambda: lab.instrument("far")["detail"])
    done = lab.ctl("test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration", check=False)
    tap.result(done.returncode == 4 and re.search(r"is locked \(offline\) since .*; plug it in", done.stderr), "no test can start, and why",
               done.stderr)
    tap.equal(len(re.findall(r"dev/none", lab.log("smogd"))), 1, "the missing port is logged once")
    ends_in_time(lab, "ports that are not there")
    lab.stop("holder")
    os.close(master)


# ---- the end in any state ----

def play_ends(lab):
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections, never answers
    feeder = Feeder()
    lab.start_sim(SMOKE % lab.path("dev/smoke"))
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link gate { kind = tcp  address = "%s" }
link bus { kind = modbus-tcp  address = "127.0.0.1:%d" }
instrument smoke { driver = nht6  link = com1 }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = gate }
instrument far { driver = modbus  profile = "opacimeter-generic"  link = bus  unit = 1 }
""" % (lab.path("dev/smoke"), feeder.address, silent.getsockname()[1]), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")
    ends_in_time(lab, "idle, with a Modbus slave that never answers")
    lab.start_smogd()
    lab.wait_live("smoke")
    test = lab.start_test("新A66T21")
    watch = subprocess.Popen([os.path.join(BIN, "smogctl"), "-c", lab.conf, "--json", "test", "watch", test],
                             stdout=subprocess.PIPE, encoding="utf-8")
    watch.stdout.readline()
    wait_for("the device's line", lambda: feeder.clients)
    feeder.tell(*[passage(n, "新B%05d" % n) for n in range(300)])
    wait_for("the first vehicles", lambda: lab.json("status")["passages"]["stored"] > 0)
    ends_in_time(lab, "in a test, passages coming in")
    tap.result('"verdict":"aborted"' in watch.communicate(timeout=5)[0].splitlines()[-1], "who watched the test hears of its end")
    shown = lab.json("test", "show", test)
    tap.result(shown["verdict"] == "aborted" and "stopped" in shown["record"]["verdict"]["reasons"][0],
               "the test is aborted because smogd was stopped", shown["record"]["verdict"]["reasons"])
    silent.close()
    second = lab.start_smogd()
    done = smogd(lab, "-c", lab.conf)
    tap.result(done.returncode == 4 and done.stderr.count("\n") == 1 and second.poll() is None, "a second smogd on one state is refused",
               "exit %d: %s" % (done.returncode, done.stderr))


# ---- bursts ----

def play_burst(lab):
    """Hundreds of passages in one turn of the loop, while tests start and end."""
    feeder = Feeder()
    lab.start_sim(SMOKE % lab.path("dev/smoke"))
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link gate { kind = tcp  address = "%s" }
instrument smoke { driver = nht6  link = com1 }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = gate }
""" % (lab.path("dev/smoke"), feeder.address), extra=quick_rules(lab))
    process = lab.start_smogd()
    lab.wait_live("smoke")
    wait_for("the device's line", lambda: feeder.clients)
    sent, going = [0], [True]

    def burst():
        while going[0]:
            feeder.tell(*[passage(sent[0] + n, "新B%05d" % ((sent[0] + n) % 90000)) for n in range(500)])
            sent[0] += 500

    thread = threading.Thread(target=burst, daemon=True)
    thread.start()
    done = []
    for _ in range(15):
        test = lab.ctl("--json", "test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration", check=False)
        if test.returncode == 0:
            done.append(lab.json("test", "abort", json.loads(test.stdout)["test"], "--reason", "burst")["verdict"])
        if process.poll() is not None:
            break
    going[0] = False
    thread.join()
    tap.result(process.poll() is None, "smogd lives through it", lab.log("smogd")[-600:])
    tap.result(done and set(done) == {"aborted"}, "tests start and end meanwhile", done)
    wait_for("all %d passages" % sent[0], lambda: lab.json("status")["passages"]["stored"] == sent[0], 60)
    tap.equal(lab.json("status")["passages"]["lost"], 0, "and no passage is lost")


# ---- readiness ----

def play_notify(lab):
    station_conf(lab, "")
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(lab.path("notify"))
    notify.settimeout(10)
    env = dict(os.environ, NOTIFY_SOCKET=lab.path("notify"), WATCHDOG_USEC="1000000")
    process = subprocess.Popen([os.path.join(BIN, "smogd"), "-c", lab.conf], env=env, stderr=subprocess.DEVNULL)
    try:
        told = [notify.recv(200).decode()]
        done = lab.ctl("status", check=False)
        tap.equal(done.returncode, 0, "it answers once it has said READY")
        while not any("WATCHDOG=1" in t for t in told):
            told.append(notify.recv(200).decode())
        tap.result("READY=1" in told[0], "systemd is told READY and then the watchdog is fed", told)
        process.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in told[-1]:
            told.append(notify.recv(200).decode())
        tap.equal(process.wait(5), 0, "and STOPPING at the end")
    finally:
        process.kill()
        process.wait()
        notify.close()


# ---- a full disk ----

def play_full_disk(lab):
    """The state folder on a small file system of its own."""
    disk = lab.path("disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "smogd-test", disk], stderr=subprocess.DEVNULL, check=False).returncode:
        tap.result(True, "a full disk # SKIP no right to mount")
        return
    try:
        feeder = Feeder()
        lab.start_sim(SMOKE % lab.path("dev/smoke"))
        conf = station_conf(lab, """link com1 { kind = serial  device = "%s" }
link gate { kind = tcp  address = "%s" }
instrument smoke { driver = nht6  link = com1 }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = gate }
""" % (lab.path("dev/smoke"), feeder.address), extra=quick_rules(lab))
        with open(conf, encoding="utf-8") as file:
            text = file.read().replace('state = "%s"' % lab.path("state"), 'state = "%s"' % os.path.join(disk, "state"))
        lab.write("smogd.conf", text)
        lab.start_smogd()
        lab.wait_live("smoke")
        test = lab.start_test("新A66T21")
        fill(disk)
        done = lab.ctl("test", "abort", test, "--reason", "full", check=False)
        tap.result(done.returncode == 1 and "not saved yet" in done.stderr, "a test that cannot be saved is not called saved", done.stderr)
        feeder.tell(*[passage(n, "新B%05d" % n) for n in range(5)])
        trouble = wait_for("the trouble to be shown", lambda: lab.json("status")["journal"]["trouble"])
        tap.result("full" in trouble or "space" in trouble, "status says that the disk is full", trouble)
        lab.wait_live("smoke")
        tap.result(True, "instruments are served meanwhile")
        done = lab.ctl("test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration", check=False)
        tap.result(done.returncode == 4 and "not saved yet" in done.stderr, "no new test starts", done.stderr)
        os.unlink(os.path.join(disk, "ballast"))
        wait_for("the test to be saved", lambda: lab.json("test", "show", test)["verdict"] == "aborted")
        wait_for("the passages", lambda: len(lab.json("passes")["passes"]) == 5)
        tap.result(True, "with room again the test and the passages are saved")
        tap.equal(lab.ctl("rejudge", test, check=False).returncode, 0, "and the test is whole")
        lab.wait_live("smoke")
        test = lab.start_test("新A66T21")
        fill(disk)
        lab.ctl("test", "abort", test, "--reason", "before the plug was pulled", check=False)
        lab.kill("smogd")
        os.unlink(os.path.join(disk, "ballast"))
        lab.start_smogd()
        shown = lab.json("test", "show", test)
        tap.result("plug was pulled" in str(shown["record"]["verdict"]["reasons"]) and lab.ctl("rejudge", test, check=False).returncode == 0,
                   "a verdict that only could not be saved any more is found again after a kill", shown["record"]["verdict"])
        lab.wait_live("smoke")
        test = lab.start_test("新A66T21")
        fill(disk)
        wait_for("the test to be ended", lambda: lab.json("status")["test"].get("unsaved"))
        os.unlink(os.path.join(disk, "ballast"))
        wait_for("it to be saved", lambda: lab.json("test", "show", test)["verdict"])
        shown = lab.json("test", "show", test)
        tap.result(shown["verdict"] == "aborted" and "recording could not be written" in shown["record"]["verdict"]["reasons"][0],
                   "a test whose recording gets a hole is aborted by the station", shown["record"]["verdict"])
        wait_for("the reserve to be whole", lambda: lab.json("status")["disk"]["held_mb"] == 32)
        take_all(os.path.join(disk, "ballast"))
        done = lab.ctl("test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration", check=False)
        tap.result(done.returncode == 4 and "MiB are free" in done.stderr, "little room refuses new tests before it is none", done.stderr)
        lab.stop("smogd")
    finally:
        for name in list(lab.running):
            lab.stop(name)
        subprocess.run(["umount", "-l", disk], check=False)


def take_all(path):
    """Takes what is free now."""
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def fill(disk):
    """Takes what is free until smogd has nothing left that it could give back (daemon_disk.py has what it does until then)."""
    reserve, ballast = os.path.join(disk, "state/reserve"), os.path.join(disk, "ballast")

    def take():
        held = os.path.exists(reserve)
        take_all(ballast)
        return not held
    wait_for("the reserve to be spent", take)


for name, play in (("configuration", play_configuration), ("ports", play_ports), ("ends", play_ends), ("notify", play_notify), ("burst", play_burst),
                   ("a full disk", play_full_disk)):
    with Lab(os.path.join(os.environ["TMPDIR"], name.replace(" ", "-"))) as lab, tap.step(name):
        play(lab)
tap.end()
