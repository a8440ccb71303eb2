#!/usr/bin/python3
"""What leaves the station at the roadside, against the simulated printer and sign: the slip as a picture, and the verdict on the sign
only where the rule allows it."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def picture_of(path):
    """(width, height, share of black dots) of a raw PBM."""
    head, width, height, rest = re.match(rb"(P4)\s+(\d+)\s+(\d+)\s(.*)", read(path), re.S).groups()
    black = sum(bin(byte).count("1") for byte in rest)
    return int(width), int(height), black / (int(width) * int(height)) if head else 0


def play_printer(lab):
    lab.wait_live("smoke")
    test = lab.start_test("新A66T21")
    lab.json("test", "abort", test, "--reason", "enough")
    wait_for("the printer", lambda: lab.instrument("printer")["state"] == "connected")
    held = [lockout for lockout in lab.json("status")["lockouts"] if lockout["instrument"] == "printer"]
    tap.equal(held, [], "a printer is not missed for values")
    lab.sim("set printer capture=" + lab.path("receipt"))
    tap.equal(wait_for("the slip to be taken", lambda: lab.ctl("print", test, check=False)).stderr, "", "print hands the slip to the printer")
    wait_for("the receipt to be cut", lambda: "job is out" in lab.log("smogd"))
    width, height, black = picture_of(lab.path("receipt-1.pbm"))
    tap.result(width == 576 and height > 300 and 0.01 < black < 0.4, "a picture of text comes out", (width, height, black))
    os.environ["FONTCONFIG_FILE"] = lab.write("fonts.conf", "<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>%s</cachedir></fontconfig>"
                                              % lab.path("fonts"))
    done = lab.ctl("print", test, check=False)
    del os.environ["FONTCONFIG_FILE"]
    tap.result(done.returncode == 0 and "no font of this machine" in done.stderr and "wqy" in done.stderr, "without a Chinese font it says which to install", done.stderr)
    wait_for("the second receipt to be cut", lambda: lab.log("smogd").count("job is out") == 2)
    lab.sim("set printer cover=open")
    wait_for("the cover", lambda: "cover" in lab.instrument("printer")["detail"])
    done = lab.ctl("print", test, check=False)
    tap.result(done.returncode == 4 and "cover is open" in done.stderr, "an open cover is told", done.stderr)
    lab.sim("set printer cover=closed")
    wait_for("the cover", lambda: lab.instrument("printer")["status"] == "ok")
    lab.sim("set printer paper=out")
    wait_for("the paper", lambda: "paper" in lab.instrument("printer")["detail"])
    tap.result(True, "so is paper that is out")
    done = lab.ctl("print", test, "--instrument", "smoke", check=False)
    tap.result(done.returncode == 2 and "there is no printer 'smoke'" in done.stderr, "what is no printer prints nothing", done.stderr)


def play_sign(lab, allowed):
    lab.wait_live("smoke")
    wait_for("the sign", lambda: lab.instrument("sign")["state"] == "connected")
    lab.sim("set sign capture=" + lab.path("shown"))
    if os.path.exists(lab.path("shown")):
        os.unlink(lab.path("shown"))
    test = lab.start_test("新A66T21")
    lab.drive(test, lambda: lab.sim("press"))
    verdict = lab.json("test", "show", test)["verdict"]
    if allowed:
        wait_for("the sign to show it", lambda: os.path.exists(lab.path("shown")))
        shown = read(lab.path("shown")).decode("gbk")
        wanted = "新A66T21 " + {"pass": "合格", "fail": "不合格"}[verdict]
        tap.result(shown.endswith(wanted), "where the rule allows it the sign shows plate and verdict", (verdict, shown))
    else:
        tap.result(verdict in ("pass", "fail") and not os.path.exists(lab.path("shown")), "by the shipped rules the sign shows nothing", verdict)


def allow(lab):
    """The rule's switch."""
    path = lab.path("rules/gb3847-2018.conf")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    param = '        param %s { value = 1  clause = "local order"  source = "test"  status = unconfirmed }\n'
    text = text.replace("        param count {", param % "sign-verdict" + param % "sign-plate" + "        param count {")
    lab.write("rules/gb3847-2018.conf", text)


def play(lab):
    ends = lab.start_sim("""instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 1 }
instrument printer { protocol = escpos  pty = "%s" }
instrument sign { protocol = sansi  tcp = 0 }
""" % (lab.path("dev/smoke"), lab.path("dev/printer")))
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link com2 { kind = serial  device = "%s" }
link led { kind = tcp  address = "%s" }
instrument smoke { driver = nht6  link = com1 }
instrument printer { driver = escpos  link = com2 }
instrument sign { driver = sansi  link = led }
""" % (lab.path("dev/smoke"), lab.path("dev/printer"), ends["sign"]), extra=quick_rules(lab))
    lab.start_smogd()
    with tap.step("printer"):
        play_printer(lab)
    with tap.step("sign, by the shipped rules"):
        play_sign(lab, False)
    lab.stop("smogd")
    allow(lab)
    lab.start_smogd()
    with tap.step("sign, where it is allowed"):
        play_sign(lab, True)


with Lab() as station, tap.step("outputs"):
    play(station)
tap.end()
