#!/usr/bin/python3
"""Remote sensing as GBK lines of CSV and as packets of a measuring head, through smogd: stored, judged, recomputed from the raw
bytes, and a failed one delivered with all its bytes."""
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, station_conf, wait_for  # noqa: E402

COLUMNS = ("SequenceNumber,PassTime,Licence,BgColor,Reliability,Speed,Acc,Length,C_CO2,C_CO,C_HC,C_NO,Validity,IsPass,VSP,Opacity,"
           "OpacityPara,WindSpeed,WindDirection,OutdoorTemp,Humidity,Pressure,RecordStatus,SiteID,EquipmentID,IsDiesel")
tap = Tap()


class Device:
    """A TCP server that says bytes to whoever is connected and keeps what it hears."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.client, self.heard = None, b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            self.client, _ = self.server.accept()
            while True:
                data = self.client.recv(4096)
                if not data:
                    break
                self.heard += data

    def say(self, data):
        self.client.sendall(data)


def line(number, plate, opacity="12.3", minute=30):
    text = '%d,2026-07-01 09:%d:00,%s,黄,98.5,45.2,0.32,6.1,14.1,0.02,15,420,"风速, 尾气",1,5.31,%s,0.31,1.8,270,23.5,41,94.10,0,S1,L1,1\r\n'
    return (text % (number, minute, plate, opacity)).encode("gbk")


def packet(kind, data=b""):
    return b"PACKAGE_START%08d" % (len(data) + 2 + 11) + kind + data + b"PACKAGE_END"


def result(opacity, k, speed):
    floats = [0.0] * 2334
    floats[6], floats[7], floats[12], floats[13] = 15.0, 420.0, 0.02, 14.1
    floats[2326], floats[2327], floats[2329], floats[2330] = opacity, k, speed, 0.32
    return packet(b"12", struct.pack("<2334f", *floats) + os.urandom(30000))  # spectra behind the struct


def stored(lab, count):
    wait_for("%d passages" % count, lambda: len(lab.json("passes", "--limit", "50")["passes"]) == count)
    return [lab.json("passes", p["id"]) for p in reversed(lab.json("passes", "--limit", "50")["passes"])]


with Lab() as lab, tap.step("inputs of remote sensing"):
    table, head = Device(), Device()
    station_conf(lab, """link t { kind = tcp  address = "%s" }   link h { kind = tcp  address = "%s" }
instrument table { driver = csv     profile = "rsd-csv"     link = t  lane = 1 }
instrument head  { driver = yaogan  profile = "rsd-yaogan"  link = h  lane = 2 }
""" % (table.address, head.address), kind="fixed-remote")
    lab.start_smogd()
    wait_for("the lines", lambda: table.client and head.client)
    table.say((COLUMNS + "\r\n").encode("gbk") + line(1, "新A66T21") + line(2, "新B12345", "41.0") + b"3,too,few\r\n")
    table.say(line(4, "新B12345", "42.0", 31))
    got = stored(lab, 3)
    tap.equal([(p["plate"], p["colour"], p["verdict"]) for p in got],
              [("新A66T21", "yellow", "pass"), ("新B12345", "yellow", "suspect"), ("新B12345", "yellow", "fail")],
              "CSV in GBK: read, judged, judged with its history")
    tap.equal(got[0]["record"]["passage"]["device_reason"], "风速, 尾气", "a quoted field is one field, in UTF-8")
    tap.equal(lab.instrument("table")["garbage_bytes"], 11, "the bad line is rejected as a whole")
    wait_for("the keep-alive", lambda: b"PACKAGE_START0000002311SHAKE_HANDPACKAGE_END" in head.heard)
    head.say(packet(b"15") + result(12.3, 0.31, 45.2) + packet(b"1F") + packet(b"15") + packet(b"1F") + packet(b"15"))
    got = stored(lab, 5)[3:]
    tap.equal([p["plate"] for p in got], ["", ""], "a measuring head knows no plate")
    reasons = [p["record"]["verdict"]["reasons"] for p in got]
    tap.result(all(r[0] == "plate: not read" for r in reasons), "so its passages are invalid, and say so", reasons)
    tap.result("smoke: nothing measured that the rule has a limit for" in reasons[1], "a trigger without result is a passage too")
    told = got[0]["record"]["passage"]
    tap.equal((set(told), told["lane"]), ({"lane", "readings"}, 2), "nothing is made up")
    bad = [p["id"] for p in stored(lab, 5)
           if not (lambda r: r["verdict_same"] and r["readings_same"])(lab.json("rejudge", p["id"]))]
    tap.equal(bad, [], "all are recomputed byte for byte from the bytes as they came")
    lab.stop("smogd")
    bad = [p["id"] for p in lab.json("passes", "--limit", "50")["passes"] if not lab.json("rejudge", p["id"])["verdict_same"]]
    tap.equal(bad, [], "without the daemon too")
tap.end()
