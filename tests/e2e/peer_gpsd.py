#!/usr/bin/python3
"""The station's position from the real gpsd, which reads sentences from one end of a pty pair."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Failure, Lab, Tap, free_port, station_conf, wait_for  # noqa: E402

tap = Tap()


def sentence(body):
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return "$%s*%02X\r\n" % (body, checksum)


class Receiver(threading.Thread):
    """Writes RMC and GGA five times a second, with the date of today: gpsd does not believe old ones."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.port = os.open(path, os.O_WRONLY | os.O_NOCTTY)
        self.silent, self.ended = False, threading.Event()

    def run(self):
        while not self.ended.wait(0.2):
            now = time.gmtime()
            clock, date = time.strftime("%H%M%S.00", now), time.strftime("%d%m%y", now)
            where = "3015.1234,N,12010.5678,E"
            text = sentence("GPRMC,%s,A,%s,0.0,0.0,%s,,,A" % (clock, where, date))
            text += sentence("GPGGA,%s,%s,1,08,1.0,45.3,M,9.1,M,," % (clock, where))
            if self.silent:
                continue
            try:
                os.write(self.port, text.encode())
            except OSError:
                return

    def end(self):
        self.ended.set()
        self.join()
        os.close(self.port)


def values(lab):
    return {q: v["value"] for q, v in lab.instrument("gnss")["values"].items() if v["quality"] == "ok"}


def main(lab):
    ours, theirs = lab.path("dev", "a"), lab.path("dev", "b")
    port = free_port()
    lab.start("socat", "/usr/bin/socat", "pty,raw,echo=0,link=" + ours, "pty,raw,echo=0,link=" + theirs)
    wait_for("the pty pair", lambda: os.path.exists(ours) and os.path.exists(theirs))
    lab.start("gpsd", "/usr/sbin/gpsd", "-N", "-n", "-S", str(port), theirs)
    station_conf(lab, """link gps { kind = tcp  address = "127.0.0.1:%d" }
instrument gnss { driver = gpsd  link = gps }""" % port)
    receiver = Receiver(ours)
    receiver.start()
    try:
        lab.start_smogd()
        with tap.step("the position comes in"):
            lab.wait_live("gnss", 60)
            wait_for("a position in three dimensions", lambda: "altitude" in values(lab), 60)
        got = values(lab)
        tap.result(got.get("latitude", "").startswith("30.2520566"), "latitude 3015.1234 N", got)
        tap.result(got.get("longitude", "").startswith("120.17613"), "longitude 12010.5678 E", got)
        tap.result(abs(float(got.get("altitude", "0")) - 45.3) < 0.01, "altitude 45.3 m above the sea", got)
        tap.equal(lab.instrument("gnss")["model"], "gpsd", "it says what it is")
        tap.result(lab.instrument("gnss")["firmware"] != "", "and in which release")
        receiver.silent = True
        with tap.step("a receiver that falls silent is stale, its last position no longer fresh"):
            wait_for("stale", lambda: lab.instrument("gnss")["state"] == "stale", 60)
        receiver.silent = False
        with tap.step("live again when it speaks"):
            wait_for("live again", lambda: lab.instrument("gnss")["state"] == "live", 60)
        lab.stop("gpsd")
        with tap.step("gpsd gone: offline; gpsd back: live"):
            wait_for("offline", lambda: lab.instrument("gnss")["state"] == "offline")
            lab.start("gpsd", "/usr/sbin/gpsd", "-N", "-n", "-S", str(port), theirs)
            lab.wait_live("gnss", 60)
    finally:
        receiver.end()


with Lab() as lab:
    try:
        main(lab)
    except Failure as failure:
        tap.result(False, "the test itself", failure)
tap.end()
