"""Mocks of the ecology departments' platform (tests) and of a provincial one for remote sensing, checked strictly; written from the field
lists, apart from the station's maps. Every awkward answer on order."""
import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
NUM = r"-?\d+(\.\d+)?"
ANY = r".+"

# service: fields (text: pattern; number: (whole digits, decimals)), those that must be there
ECOLOGY = {
    "ODS_B1": ({"tsNo": r".{1,12}", "testLineNo": r".{1,12}", "testNo": r".{1,30}", "testCategory": r"[1-5]", "testType": r"[1-8]", "testDate": TIME,
                "testDateEnd": TIME, "result": r"[0-2]", "eResult": r"[0-2]", "license": r".{1,20}", "licenseType": r"[1-6]", "licenseCode": r"\d\d",
                "vin": r".{1,30}", "vehicleType": r".{1,3}", "useType": r".{1,3}", "registerDate": ANY, "standard": r"[0-6]", "fuelType": r"[A-Z]{1,3}",
                "airIn": r"[12]", "engineSpeed": (4, 0), "enginePower": (4, 0), "gvm": (6, 0)},
               "tsNo testLineNo testNo testCategory testType testDate testDateEnd result license licenseType"),
    "ODS_B9": ({"testNo": r".{1,30}", "smokeKLimit": (1, 1), "smokeK1": (1, 2), "smokeK2": (1, 2), "smokeK3": (1, 2), "smokeK4": (1, 2), "smokeAvg": (1, 2)},
               "testNo smokeKLimit smokeK1 smokeK2 smokeK3 smokeAvg"),
    "ODS_B8": ({"testNo": r".{1,30}", "smokeKLimit": (1, 1), "noxLimit": (4, 0), "nox": (4, 0), "k100": (1, 2), "k80": (1, 2), "maxPowerLimit": (4, 1),
                "maxPower": (4, 1), "rateRevUp": (4, 0), "rateRevDown": (4, 0), "rev100": (4, 0), "velMaxHP": (4, 1)},
               "testNo smokeKLimit k100 k80"),
    "ODS_B10": ({"testNo": r".{1,30}", "vSmoke": r"[YN]", "blackness": r"[0-5]", "result": r"[01]"}, "testNo vSmoke blackness result"),
    "ODS_A27_RG_BLACKNESS_DATA": ({"INSPECTION_NO": ANY, "PLATE_NUMBER": ANY, "VIN": ANY, "VISIBLE_SMOKE": r"[YN]", "RG_BLACKNESS_LEVEL": r"[0-5]",
                                   "EMISSION_IF": r"[01]"}, "INSPECTION_NO PLATE_NUMBER VISIBLE_SMOKE RG_BLACKNESS_LEVEL EMISSION_IF"),
    "ODS_A25_FREE_ACCELERATION": ({"INSPECTION_NO": ANY, "PLATE_NUMBER": ANY, "VIN": ANY, "ENGIN_SPEED": NUM, "EMISSION_LIMIT": NUM, "EMISSION_ONE": NUM,
                                   "EMISSION_TWO": NUM, "EMISSION_THREE": NUM, "EMISSION_AVG": NUM, "EMISSION_IF": r"[01]"},
                                  "INSPECTION_NO PLATE_NUMBER EMISSION_LIMIT EMISSION_ONE EMISSION_TWO EMISSION_THREE EMISSION_AVG EMISSION_IF"),
    "ODS_A26_FREE_ACCELERATION_PROCESS": ({"INSPECTION_NO": ANY, "PLATE_NUMBER": ANY, "VIN": ANY, "FULL_SEQUENCE_TIME": TIME + r"\.\d{3}",
                                           "CONDITION_TYPE": r"[1-9]", "SAMPLING_TIMING": r"\d+", "LIGHT_ABSORPTION_COEFFICIENT": NUM, "ENGIN_SPEED": NUM},
                                          "INSPECTION_NO FULL_SEQUENCE_TIME CONDITION_TYPE SAMPLING_TIMING LIGHT_ABSORPTION_COEFFICIENT"),
    "ODS_D1_VEHICLE_TEST_PHOTO": ({"ORG_CODE": ANY, "TEST_NO": ANY, "TEST_TIMES": r"\d+", "HPHM": ANY, "OLD_NAME": ANY, "PHOTO_DATA": ANY},
                                  "ORG_CODE TEST_NO HPHM OLD_NAME PHOTO_DATA"),
}
PASSAGE = ({"jlbh": ANY, "dwbh": ANY, "ycxbh": ANY, "cdxh": ANY, "jcrq": TIME, "hphm": ANY, "cpys": r"[0-4]", "rlzl": r"[A-Z]", "btgdjg": NUM, "btgxs": NUM,
            "lgmhd": NUM, "nojg": NUM, "hcjg": NUM, "cojg": NUM, "co2jg": NUM, "clsd": NUM, "cljsd": NUM, "vsp": NUM, "cdpd": NUM, "fs": NUM, "fx": NUM,
            "hjwd": NUM, "sd": NUM, "dqy": NUM, "pdjg": r"[0-2]"}, "jlbh dwbh jcrq pdjg")


def wrong(record, fields, must):
    for name in must.split():
        if name not in record:
            return name + " is missing"
    for name, value in record.items():
        rule = fields.get(name)
        if rule is None:
            return name + " is not known"
        if isinstance(rule, tuple):
            whole, decimals = rule
            if not isinstance(value, (int, float)) or not re.fullmatch(r"\d{1,%d}(\.\d{1,%d})?" % (whole, max(decimals, 1)), str(value)):
                return "%s: %r is no num(%d,%d)" % (name, value, whole + decimals, decimals)
        elif not isinstance(value, str) or not re.fullmatch(rule, value):
            return "%s: %r" % (name, value)
    return ""


class Server:
    def __init__(self):
        self.orders, self.complaints, self.calls = [], [], []
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                server.take(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self):
                server.take(self, None)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/exchange" % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def take(self, handler, body):
        with self.lock:
            path = handler.path[len("/exchange"):]
            order = self.orders.pop(0) if self.orders else "behave"
            if order == "500":
                return self.send(handler, 500, b"oops")
            if order == "garbage":
                return self.send(handler, 200, b"<html>welcome</html>")
            if order == "cut":
                handler.close_connection = True
                return None
            status, answer = self.serve(path, body, handler.headers, order)
            if order == "lose":
                handler.close_connection = True
                return None
            return self.send(handler, status, json.dumps(answer, ensure_ascii=False).encode())

    def send(self, handler, status, body):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json;charset=utf-8")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def complain(self, code, text):
        self.complaints.append(text)
        return 200, {"code": code, "msg": text, "data": None}


class Ecology(Server):
    """Takes each part once more under the same number for one (what repeat-replaces presumes)."""

    def __init__(self, user, password):
        super().__init__()
        self.user, self.password, self.token, self.logins = user, password, None, 0
        self.had = {}

    def serve(self, path, body, headers, order):
        if path == "/api/authentication":
            if body != {"username": self.user, "password": self.password}:
                return 200, {"code": "401", "msg": "用户名或密码错误", "data": None}
            self.logins += 1
            self.token = "T%d" % self.logins
            return 200, {"code": "200", "msg": "ok", "data": {"token": self.token}}
        if order == "expire":
            self.token = None
        if body["token"] != self.token:
            return 200, {"code": "501", "msg": "token错误", "data": None}
        if order.startswith("say "):
            return 200, {"code": order[4:7], "msg": order[8:], "data": None}
        service = body["serviceCode"]
        if service not in ECOLOGY or not path.startswith("/" + service + "/") or set(body) != {"tsNo", "token", "serviceCode", "reqTime", "reqBody"}:
            return self.complain("400", "wrong service " + service)
        if len(body["reqBody"]) > 1000:
            return self.complain("600", "more than 1000 records")
        if not re.fullmatch(TIME, body["reqTime"]) or not body["reqBody"]:
            return self.complain("400", "reqTime or reqBody")
        for record in body["reqBody"]:
            why = wrong(record, *ECOLOGY[service])
            if not why and "PHOTO_DATA" in record and not base64.b64decode(record["PHOTO_DATA"], validate=True).startswith(b"\xff\xd8"):
                why = "PHOTO_DATA is no JPEG"
            if why:
                return self.complain("400", service + ": " + why)
        self.calls.append(service)
        for i, record in enumerate(body["reqBody"]):
            test = record.get("testNo") or record.get("INSPECTION_NO") or record.get("TEST_NO")
            self.had[(service, test, record.get("SAMPLING_TIMING", ""), record.get("CONDITION_TYPE", ""), record.get("OLD_NAME", ""))] = record
        return 200, {"code": "200", "msg": "成功", "data": None}


class Provincial(Server):
    def __init__(self, secret):
        super().__init__()
        self.secret, self.had, self.batches, self.refuse = secret, {}, {}, set()

    def serve(self, path, body, headers, order):
        if headers.get("Authorization") != "Bearer " + self.secret:
            return 401, {"code": "401", "msg": "token"}
        if body is None:
            batch = path[1:]
            self.calls.append("ask")
            if batch not in self.batches:
                return 404, {"code": "404", "msg": "unknown"}
            return 200, {"code": "200", "msg": "", "data": {"count": len(self.batches[batch])}}
        if order.startswith("say "):
            return 200, {"code": order[4:7], "msg": order[8:], "data": None}
        refused = []
        for record in body["sj"]:
            why = wrong(record, *PASSAGE)
            if why:
                return self.complain("400", why)
            if record["jlbh"] in self.refuse:
                refused.append({"jlbh": record["jlbh"], "msg": "重复的点位"})
                continue
            if self.had.setdefault(record["jlbh"], record) != record:
                return self.complain("400", "another record under the same id")
        self.calls.append("write")
        self.batches[body["pch"]] = [r["jlbh"] for r in body["sj"] if r["jlbh"] not in self.refuse]
        return 200, {"code": "200", "msg": "", "data": {"count": len(self.batches[body["pch"]]), "refused": refused}}
