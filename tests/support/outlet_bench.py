"""A station whose cases, tests and passages go to receivers: for the end-to-end tests of outlets."""
import os
import sqlite3
import subprocess

from station import BIN, ROOT


class OutletBench:
    """`outlets`: the sections of the configuration; `secrets`: {file name: text}."""

    def __init__(self, lab, name, outlets, secrets):
        self.lab, self.dir, self.number, self.secrets = lab, lab.path(name), 0, secrets
        os.mkdir(self.dir)
        for file_name, text in secrets.items():
            with open(os.path.join(self.dir, file_name), "w", encoding="ascii") as file:
                file.write(text + "\n")
            os.chmod(os.path.join(self.dir, file_name), 0o600)
        self.conf = self.configure(outlets)

    def configure(self, outlets):
        return self.lab.write(os.path.basename(self.dir) + "/smogd.conf", """station { id = "652301-0007"  name = "长丰路联合执法站"
    kind = joint  region = "652301"  state = "state" }
rules = {"hj845-2017"}   limit-class = a
seal { key = "%s/seal.key"  cert = "%s/seal.pem" }
%s
""" % (self.lab.path("keys"), self.lab.path("keys"), outlets))

    def make(self, count, *words):
        """Cases (tests/tools/make_cases.c has the words)."""
        subprocess.run([os.path.join(ROOT, "build/asan/tests/make_cases"), os.path.join(self.dir, "state"), str(self.number + 1), str(count), "0",
                        *words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        self.number += count

    def db(self, sql):
        with sqlite3.connect("file:%s/state/smogd.db?mode=rw" % self.dir, uri=True) as db:
            return db.execute(sql).fetchall()

    def run_push(self):
        return subprocess.run([os.path.join(BIN, "smogpush"), "-c", self.conf, "--once"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8", timeout=60, check=False)

    def push(self):
        return self.run_push().stdout

    def again(self):
        """Passes the pause."""
        self.db("UPDATE delivery SET next_ms = 0")
        return self.push()

    def states(self, outlet):
        return self.db("SELECT state, count(*) FROM delivery WHERE outlet = '%s' GROUP BY state ORDER BY state" % outlet)

    def last(self, outlet):
        return self.db("SELECT state, last_status FROM delivery WHERE outlet = '%s' ORDER BY case_id DESC LIMIT 1" % outlet)[0]

    def ctl(self, *words):
        return subprocess.run([os.path.join(BIN, "smogctl"), "-c", self.conf, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              encoding="utf-8", timeout=60, check=False).stdout

    def secret_nowhere(self, tap):
        found = []
        for folder, _, names in os.walk(self.dir):
            for name in set(names) - set(self.secrets):
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                found += [name for text in self.secrets.values() if text.encode() in content]
        tap.equal(found, [], "no secret stands in the database or a file")
