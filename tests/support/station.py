"""What the end-to-end tests share: starting the real programs, waiting for conditions, TAP.

A test makes a Lab in its own TMPDIR; the Lab ends everything it has started, however the test ends.
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("BIN", os.path.join(ROOT, "build/release/bin"))


class Failure(Exception):
    pass


def wait_for(what, condition, seconds=20.0):
    """Polls until condition() is true; gives its value. Fails with what it was waiting for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure("waited in vain for " + what)
        time.sleep(0.02)


class Tap:
    """Counts and prints results; `with tap.step("what"):` turns an exception into a failed result."""

    def __init__(self):
        self.count = self.failed = 0
        self.lock = threading.Lock()

    def result(self, good, what, detail=""):
        with self.lock:
            self.count += 1
            self.failed += not good
            print("%s %d - %s" % ("ok" if good else "not ok", self.count, what), flush=True)
            if not good and detail:
                print("# " + str(detail).replace("\n", "\n# "), flush=True)
        return good

    def equal(self, got, wanted, what):
        return self.result(got == wanted, what, "got %r, wanted %r" % (got, wanted))

    def step(self, what):
        return _Step(self, what)

    def end(self):
        print("1..%d" % self.count)
        sys.exit(self.failed > 0)


class _Step:
    def __init__(self, tap, what):
        self.tap, self.what = tap, what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.tap.result(True, self.what)
            return True
        if issubclass(kind, (Failure, subprocess.SubprocessError, OSError, KeyError, ValueError, TypeError, IndexError)):
            self.tap.result(False, self.what, "%s: %s" % (kind.__name__, error))
            return True
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """One station with what surrounds it, in one folder."""

    def __init__(self, folder=None):
        self.dir = folder or os.environ["TMPDIR"]
        self.running = {}
        self.conf = os.path.join(self.dir, "smogd.conf")
        os.makedirs(os.path.join(self.dir, "dev"), exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.running):
            self.stop(name)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    # ---- programs ----

    def start(self, name, *command, stdin=subprocess.DEVNULL):
        """Starts a program; its output goes to NAME.log."""
        log = open(self.path(name + ".log"), "ab")
        program = command[0] if "/" in command[0] else os.path.join(BIN, command[0])
        self.running[name] = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log, stdin=stdin)
        log.close()
        return self.running[name]

    def log(self, name):
        with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, name, seconds=5):
        """SIGTERM, then SIGKILL; gives the exit status."""
        process = self.running.pop(name)
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def kill(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def start_smogd(self):
        process = self.start("smogd", "smogd", "-c", self.conf)

        def ready():
            if process.poll() is not None:
                raise Failure("smogd ended: " + self.log("smogd")[-800:])
            return self.ctl("status", check=False).returncode == 0

        wait_for("smogd to answer", ready)
        return process

    # ---- smogctl ----

    def ctl(self, *words, check=True):
        done = subprocess.run(
            [os.path.join(BIN, "smogctl"), "-c", self.conf, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8", timeout=60, check=False)
        if check and done.returncode != 0:
            raise Failure("smogctl %s: %s" % (" ".join(words), done.stderr.strip()))
        return done

    def json(self, *words):
        done = self.ctl("--json", *words, check=False)
        if done.returncode > 1:  # 1 is an answer: "no"
            raise Failure("smogctl %s: %s" % (" ".join(words), done.stderr.strip()))
        return json.loads(done.stdout)

    def instrument(self, name):
        return next(i for i in self.json("instruments")["instruments"] if i["name"] == name)

    def wait_live(self, name, seconds=20):
        wait_for(name + " to be live", lambda: self.instrument(name)["state"] == "live", seconds)

    # ---- cases ----

    def approve(self, case, officers=("P0042", "P0043"), police=None):
        """Two officers review the case, the second one says that it is sent; a stopped vehicle needs a police number."""
        self.ctl("case", "review", case, "--officer", officers[0])
        self.ctl("case", "review", case, "--officer", officers[1], *(["--police", police] if police else []))
        self.ctl("case", "send", case, "--officer", officers[1])

    # ---- the simulator ----

    def start_sim(self, scenario):
        """Starts smogsim with a scenario; gives {name: pty path or HOST:PORT}."""
        conf = self.write("sim.conf", 'control = "%s"\n%s' % (self.path("sim.sock"), scenario))
        self.start("smogsim", "smogsim", "--scenario", conf)
        wait_for("the simulator", lambda: "\nready" in "\n" + self.log("smogsim"))
        lines = [line.split() for line in self.log("smogsim").splitlines()]
        return {words[0]: words[2] for words in lines if len(words) == 3}

    def sim(self, command):
        subprocess.run([os.path.join(BIN, "smogsim"), "--tell", self.path("sim.sock"), command], check=True, timeout=10)

    # ---- a test, as driver and officer would do it ----

    def probe(self, where):
        """Moves the simulated probe."""
        self.sim("probe " + where)

    def start_test(self, plate, colour="yellow", method="free-acceleration", **facts):
        facts = {"fuel": "diesel", "class": "heavy", "gearbox": "manual", **facts}
        words = ["test", "start", "--plate", plate, "--colour", colour, "--method", method]
        for key, value in facts.items():
            words += ["--vehicle", "%s=%s" % (key, value)]
        return self.json(*words)["test"]

    def drive(self, test, press, on_prompt=None, probe=lambda where: None):
        """Does what the prompts ask until the test ends; press() presses the pedal, probe("out" or "in") moves the probe. Gives
        the record shown at the end."""
        watch = subprocess.Popen(
            [os.path.join(BIN, "smogctl"), "-c", self.conf, "--json", "test", "watch", test], stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, encoding="utf-8")
        timer = threading.Timer(240, watch.kill)
        timer.start()
        try:
            for line in watch.stdout:
                event = json.loads(line)
                state = event.get("test")  # the first line tells how things stand
                prompt = event.get("prompt") or (state or {}).get("prompt") if isinstance(state, dict) else event.get("prompt", event.get("event"))
                if on_prompt and on_prompt(event):
                    continue
                if prompt in ("zero-check", "insert-probe"):
                    probe("out" if prompt == "zero-check" else "in")
                    self.ctl("test", "confirm", test)
                elif prompt in ("purge", "press"):
                    press()
                elif prompt == "end":
                    break
        finally:
            timer.cancel()
            watch.kill()
            watch.wait()
        return self.json("test", "show", test)


def station_conf(lab, body, outlet="", kind="joint", rules='"gb3847-2018", "hj845-2017"', extra=""):
    """The text of a station's configuration, written to the lab's smogd.conf."""
    return lab.write("smogd.conf", """station { id = "652301-0007"  name = "长丰路联合执法站"  kind = %s  region = "652301"
          state = "%s"  latitude = 44.01  longitude = 87.30 %s }
rules = {%s}   limit-class = a
%s
%s
""" % (kind, lab.path("state"), extra, rules, body, outlet))


def quick_rules(lab, packs=("gb3847-2018", "hj845-2017"), **more):
    """A copy of the law whose tests take seconds (short idle and hold, one purge, short means); gives the station's option."""
    quick = {"idle-heavy": "0.3", "hold-heavy": "0.3", "settle": "0.3", "purge-count": "1", "zero-settle": "0.1", "zero-time": "0.2",
             "condition": "0.3", "measure": "1.0", **more}
    os.makedirs(lab.path("rules"), exist_ok=True)
    for name in packs:
        with open(os.path.join(ROOT, "station/rules", name + ".conf"), encoding="utf-8") as file:
            text = file.read()
        for key, value in quick.items():
            text = re.sub(r"(param %s \{ value = )[0-9.]+" % key, r"\g<1>" + value, text)
        lab.write("rules/%s.conf" % name, text)
    return 'rules-dir = "%s"' % lab.path("rules")


QUICK_CHECKS = {"settle": "0.3", "measure": "1.0", "count": "5", "time-limit": "20", "aborts-plate": "2"}


def metrology_rules(lab, **figures):
    """The law as quick_rules gives it, and the metrology pack with quick checks and these figures."""
    extra = quick_rules(lab)
    with open(os.path.join(ROOT, "station/rules/metrology-cn.conf"), encoding="utf-8") as file:
        text = file.read()
    for key, value in {**QUICK_CHECKS, **figures}.items():
        text, count = re.subn(r"(param %s \{ value = )[0-9.]+" % key.replace("_", "-"), r"\g<1>" + value, text)
        assert count, key
    lab.write("rules/metrology-cn.conf", text)
    return extra


def passage(number, plate, opacity="12.0", **more):
    """A remote-sensing record of the pinyin profile; `number` makes record number and time of day."""
    record = {
        "jlbh": "65230100070120260701%08d" % number, "dwbh": "6523010007", "ycxbh": "01", "cdxh": 1,
        "jcrq": "20260701%02d%02d%02d" % (8 + number // 3600 % 12, number // 60 % 60, number % 60), "hphm": plate, "cpys": "1",
        "sbzxd": "98.5", "rlzl": "B", "btgdjg": opacity, "btgxs": "0.30", "clsd": "40.0", "cljsd": "0.30", "cdpd": "1.2",
        "nojg": "300", "fs": "1.5", "fx": "120", "hjwd": "27.4", "sd": "31.5", "dqy": "94.3", **more}
    return json.dumps(record, ensure_ascii=False)


class Feeder:
    """A jsonl device as a TCP server: whoever connects gets what is told, beginning again with the last `repeat` lines, as a
    device does that does not know what arrived."""

    def __init__(self, repeat=0):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.lines, self.repeat, self.clients = [], repeat, []
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self.server.accept()
            with self.lock:
                self.clients.append(client)
                self._send(self.lines[-self.repeat:] if self.repeat else [])

    def _send(self, lines):
        for client in list(self.clients):
            try:
                client.sendall("".join(line + "\n" for line in lines).encode())
            except OSError:
                self.clients.remove(client)
                client.close()

    def tell(self, *lines):
        with self.lock:
            self.lines += lines
            self._send(lines)
