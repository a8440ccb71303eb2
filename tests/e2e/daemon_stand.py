#!/usr/bin/python3
"""A stand with many text instruments at once, simulated on ptys and TCP and read by smogd: every figure shown is the one put in,
trouble of one is no trouble of the others, and who comes back is heard again."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, free_port, station_conf, wait_for  # noqa: E402

tap = Tap()
WORLD = """world { air_temp = -9.5  humidity = 46  pressure = 95.2  wind_speed = 2.4  wind_dir = 210  rain = 0
        latitude = 44.0125  longitude = 87.3025  altitude = 577.5  co2 = 12.25  no = 812.5  rpm = 750
        obd_nox_out = 100  coolant_temp = 84  mil = 0  speed = 61 }
"""
# name, protocol, driver, further settings of the simulator and of the driver, and what must be shown
STAND = [
    ("bench", "ak", "ak", 'set = {"channels=co2,no"}', 'profile = "bench"', {"co2": "12.25", "no": "812.5"}),
    ("gnss", "gpsd", "gpsd", "period-ms = 500", "", {"latitude": "44.012500000", "longitude": "87.302500000"}),
    ("receiver", "nmea", "nmea", "period-ms = 500", "", {"latitude": "44.0125000", "longitude": "87.3025000", "altitude": "577.5"}),
    ("weather", "wxt", "vaisala", "", "", {"air_temp": "-9.5", "wind_dir": "210", "pressure": "95.20"}),
    ("rpm", "rpm5300", "rpm5300", "", "", {"rpm": "750"}),
    ("laser", "truspeed", "truspeed", "", "", {"speed": "61"}),
    ("truck", "elm327", "elm327", 'set = {"bus=j1939"}', 'option = "j1939"', {"obd_nox_out": "100.00", "coolant_temp": "84"}),
]
OVER_TCP = {"bench", "gnss"}
BENCH = """profile bench { title = "t"  source = "s"  kind = ak  poll-ms = 200  stale-ms = 2000
    value co2 { ask = "AKON"  channel = 1  index = 0  words = 1  unit = "%" }
    value no  { ask = "AKON"  channel = 2  index = 0  words = 1  unit = "1e-6" } }
"""


def shown(lab, name):
    return {q: v["value"] for q, v in lab.instrument(name)["values"].items() if v["quality"] == "ok"}


def shows(lab, name, wanted):
    wait_for("%s to show %s" % (name, wanted), lambda: wanted.items() <= shown(lab, name).items(), 40)


def configure(lab):
    scenario, links = WORLD, ""
    for name, protocol, driver, settings, options, _ in STAND:
        if name in OVER_TCP:
            port = free_port()
            endpoint, link = "tcp = %d" % port, 'kind = tcp  address = "127.0.0.1:%d"' % port
        else:
            path = lab.path("dev", name)
            endpoint, link = 'pty = "%s"' % path, 'kind = serial  device = "%s"' % path
        scenario += "instrument %s { protocol = %s  %s  %s }\n" % (name, protocol, endpoint, settings)
        links += "link l-%s { %s }\ninstrument %s { driver = %s  link = l-%s  %s }\n" % (name, link, name, driver, name, options)
    os.makedirs(lab.path("profiles"), exist_ok=True)
    lab.write("profiles/bench.conf", BENCH)
    station_conf(lab, links, extra='profiles-dir = "%s"' % lab.path("profiles"))
    lab.start_sim(scenario)


with Lab() as station, tap.step("the stand"):
    configure(station)
    station.start_smogd()
    for name, protocol, _, _, _, wanted in STAND:
        with tap.step("%s: shows what was put in" % protocol):
            shows(station, name, wanted)
    station.sim("world no=3 air_temp=38.5 rpm=2411 latitude=-33.4375")
    with tap.step("all follow the world"):
        shows(station, "bench", {"co2": "12.25", "no": "3"})
        shows(station, "weather", {"air_temp": "38.5"})
        shows(station, "rpm", {"rpm": "2411"})
        shows(station, "receiver", {"latitude": "-33.4375000"})
        shows(station, "gnss", {"latitude": "-33.437500000"})
    station.sim("fault weather silence")
    station.sim("unplug bench")
    station.sim("unplug rpm")
    with tap.step("three are gone, the others stay live"):
        for name in ("weather", "bench", "rpm"):
            wait_for(name + " to be missed", lambda: station.instrument(name)["state"] in ("stale", "offline"))
        for name in ("receiver", "gnss"):
            station.wait_live(name)
    station.sim("fault weather none")
    station.sim("plug bench")
    station.sim("plug rpm")
    with tap.step("they come back, and so do their values"):
        shows(station, "bench", {"co2": "12.25", "no": "3"})
        shows(station, "weather", {"air_temp": "38.5"})
        shows(station, "rpm", {"rpm": "2411"})
tap.end()
