"""The services of the traffic police as a mock: SOAP over HTTP, fields checked strictly, every awkward answer on order.

Written from the field lists of callers, apart from the station's maps: which fields there are, which must be there, how long they are,
what they may hold. A record that was written is found by a query, as there: by plate, kind, time and code, or by the decision's number.
"""
import base64
import re
import threading
import urllib.parse
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
MINUTE = r"\d{4}-\d\d-\d\d \d\d:\d\d"
NUMBER = r"-?\d+(\.\d+)?"
PLACE = {"xzqh": r"\d{6}", "wfdd": r".{5}", "lddm": r".{4}", "ddms": r"\d{1,3}", "wfdz": r".{1,128}"}
VEHICLE = {"clfl": r"[3-6]", "hpzl": r"\d\d", "hphm": r".{1,15}"}
WHAT = {"wfsj": TIME, "wfxw": r"\d{4,5}", "scz": NUMBER, "bzz": NUMBER}
OWNER = {"jdcsyr": r".{1,128}", "jtfs": r"[A-Z]\d.", "fzjg": r".{1,10}", "csys": r"[A-J]", "clpp": r".{1,32}", "syxz": r"[A-Z]",
         "zsxzqh": r"\d{6}", "dh": r".{1,20}", "lxfs": r".{1,64}", "xcfw": r"[01]", "clsbdh": r".{1,25}"}
ANY = r".*"

# node, fields, those that must be there
WRITES = {
    "60W01": ("surscreen", {**VEHICLE, **PLACE, **WHAT, "sbbh": r"\d{18}", "zqmj": ANY, "zpsl": r"[1-3]", "zpwjm": r".{1,128}"},
              "sbbh zpsl zpstr1"),
    "60W02": ("surexamine", {**VEHICLE, **PLACE, **WHAT, **OWNER, "sbbh": r"\d{18}", "zqmj": ANY, "zpsl": r"[1-3]"},
              "clfl hpzl hphm wfsj wfxw zpsl zpstr1 sbbh"),
    "04C52": ("violation", {**VEHICLE, **PLACE, **WHAT, **OWNER, "cjjg": r"\d{12}", "cjfs": r"\d", "sbbh": r".{1,19}", "zqmj": ANY},
              "cjjg clfl hpzl hphm wfsj xzqh wfdd lddm wfdz wfxw zqmj zpstr1"),
    "04C53": ("violation", {**VEHICLE, **PLACE, **WHAT, **OWNER, "cjjg": r"\d{12}", "cjfs": r"\d", "sbbh": r".{1,19}", "zqmj": ANY},
              "cjjg clfl hpzl hphm wfsj xzqh wfdd lddm wfdz wfxw zpstr1"),
    "04C54": ("violation", {**VEHICLE, **PLACE, **WHAT, **OWNER, "wfsj": MINUTE, "jdsbh": r"\d{15}", "ryfl": r"\d", "jszh": ANY, "dabh": ANY,
                            "zjcx": ANY, "dsr": r".{1,64}", "cfzl": r"[12]", "fkje": r"\d+", "zqmj": ANY, "jkfs": r"\d", "jkbj": r"[019]",
                            "fxjg": r"\d{12}", "clsj": MINUTE, "jsjqbj": r"\d", "sgdj": r"\d", "jd": NUMBER, "wd": NUMBER},
              "jdsbh ryfl jszh dabh fzjg zjcx dsr clfl hpzl hphm jtfs fxjg jsjqbj sgdj wfsj xzqh wfdd lddm wfdz wfxw cfzl fkje zqmj jkfs jkbj"),
}
KEYS = {"04C01": ("jdsbh",), "04C03": ("hphm", "hpzl", "wfsj", "wfxw")}
OLD = ["xtlb", "jkxlh", "jkid", "UTF8XmlDoc"]
NEW1 = ["xtlb", "jkxlh", "jkid", "yhbz", "dwmc", "dwjgdm", "yhxm", "zdbs", "UTF8XmlDoc"]
NEW2 = ["xtlb", "jkxlh", "jkid", "cjsqbh", "dwjgdm", "dwmc", "yhbz", "yhxm", "zdbs", "UTF8XmlDoc"]
CALLS = {"writeObjectOut": (OLD, NEW1), "queryObjectOut": (OLD, NEW1), "writeObjectOutNew": (NEW2,), "queryObjectOutNew": (NEW2,)}
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
SPACE = "{http://endpoint.axis.framework.tmri.com}"


class Wrong(Exception):
    pass


def check(jkid, fields):
    """Raises what the platform would say."""
    node, known, must = WRITES[jkid]
    must = must.split()
    if jkid == "60W02" and fields.get("clfl") != "3":
        must += ["fzjg", "jdcsyr", "jtfs"]
    for name in must:
        if not fields.get(name):
            raise Wrong(name + "字段为空!")
    for name, value in fields.items():
        if name in ("zpstr1", "zpstr2", "zpstr3"):
            if not base64.b64decode(value, validate=True).startswith(b"\xff\xd8"):
                raise Wrong(name + "字段不符合定义规范!")
        elif name not in known or not re.fullmatch(known[name], value):
            raise Wrong("sbbh字段不是18位!" if name == "sbbh" else name + "字段不符合定义规范!")
    if "zpsl" in fields and int(fields["zpsl"]) != sum(n.startswith("zpstr") for n in fields):
        raise Wrong("zpsl字段不符合定义规范!")


class Service:
    """`secret`: the serial number that callers must give; `encoding`: of the answers, utf-8 or gbk; `declared`: what the documents must declare."""

    def __init__(self, secret, encoding="utf-8", declared="utf-8"):
        self.secret, self.encoding, self.declared = secret, encoding, declared
        self.written, self.requests, self.orders, self.complaints = [], [], [], []
        self.lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service.serve(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/trffweb/services/TmriOutAccess" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- the wire ----

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            order = self.orders.pop(0) if self.orders else "behave"
            if order == "500":
                return self.send(handler, 500, b"<html>Internal Server Error</html>")
            if order == "busy":
                return self.send(handler, 503, b"", ("Retry-After", "1"))
            if order == "cut":
                handler.close_connection = True
                return None
            if order == "garbage":
                return self.send(handler, 200, b"<html><body>welcome</body></html>")
            if order == "fault":
                return self.send(handler, 500, self.wrap("<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>"
                                                         "java.lang.NullPointerException</faultstring></soapenv:Fault>"))
            method, answer = self.answer(body, order)
            if order == "lose":
                handler.close_connection = True
                return None
            text = urllib.parse.quote_plus(answer.encode(self.encoding))
            return self.send(handler, 200, self.wrap('<ns1:%sResponse xmlns:ns1="http://endpoint.axis.framework.tmri.com"><%sReturn '
                                                     'xsi:type="xsd:string">%s</%sReturn></ns1:%sResponse>'
                                                     % (method, method, text, method, method)))

    def wrap(self, inside):
        return ('<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
                'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
                + inside + "</soapenv:Body></soapenv:Envelope>").encode()

    def send(self, handler, status, body, *headers):
        handler.send_response(status)
        handler.send_header("Content-Type", "text/xml;charset=utf-8")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    # ---- what is said ----

    def complain(self, text):
        self.complaints.append(text)
        return self.result("0", text)

    def result(self, code, message, rows=()):
        body = "".join('<%s id="%d">%s</%s>' % (node, i, "".join("<%s>%s</%s>" % (k, v, k) for k, v in fields.items()), node)
                       for i, (node, fields) in enumerate(rows))
        return ('<?xml version="1.0" encoding="%s"?><root><head><code>%s</code><message>%s</message><rownum>%d</rownum></head><body>%s'
                '</body></root>' % (self.encoding.upper(), code, message, len(rows), body))

    def answer(self, body, order):
        envelope = ET.fromstring(body)
        call = envelope.find(SOAP + "Body")[0]
        method = call.tag.replace(SPACE, "")
        given = {child.tag: child.text or "" for child in call}
        names = [child.tag for child in call]
        if method not in CALLS or names not in CALLS[method]:
            return method, self.complain("wrong parameters %s %s" % (method, names))
        if any(child.get(XSI + "type") != "xsd:string" for child in call) or any(not given[name] for name in names):
            return method, self.complain("a parameter that is empty or no xsd:string %s" % names)
        if given["jkxlh"] != self.secret:
            return method, self.result("$E01", "接口序列号无效")
        self.requests.append((method, given["jkid"], given))
        if order.startswith("$E"):
            return method, self.result(order, "网络故障")
        if order.startswith("no "):
            return method, self.result("0", order[3:])
        declaration = re.match(r'<\?xml version="1.0" encoding="([^"]*)"\?>', given["UTF8XmlDoc"])
        if not declaration or declaration.group(1).lower() != self.declared or not given["UTF8XmlDoc"].isascii():
            return method, self.complain("the document declares %s, or is not URL-encoded" % (declaration and declaration.group(1)))
        root = ET.fromstring(given["UTF8XmlDoc"][declaration.end():])
        if root.tag != "root" or len(root) != 1:
            return method, self.complain("the document is not <root> with one node")
        fields = {child.tag: urllib.parse.unquote(child.text or "") for child in root[0]}
        if method.startswith("query"):
            return method, self.query(given["jkid"], root, fields)
        return method, self.write(given, root, fields)

    def query(self, jkid, root, fields):
        if root[0].tag != "QueryCondition" or jkid not in KEYS or any(not fields.get(k) for k in KEYS[jkid]):
            return self.complain("字段为空!")
        rows = [(node, {**known, "wsjyw": "7"}) for _, node, known in self.written if all(known.get(k) == fields[k] for k in KEYS[jkid])]
        others = [("violation", {"hphm": fields.get("hphm", ""), "hpzl": fields.get("hpzl", ""), "wfsj": "2020-01-01 00:00:00", "wfxw": "1039"})]
        rows = [(node, {k: v for k, v in f.items() if not k.startswith("zpstr")}) for node, f in others + rows]
        return self.result("1", "查询成功", rows)

    def write(self, given, root, fields):
        jkid = given["jkid"]
        if jkid not in WRITES or root[0].tag != WRITES[jkid][0] or given["xtlb"] != jkid[:2]:
            return self.complain("wrong interface %s %s" % (jkid, root[0].tag))
        try:
            check(jkid, fields)
        except (Wrong, ValueError) as wrong:
            return self.complain(str(wrong))
        self.written.append((jkid, root[0].tag, fields))
        return self.result("1", "数据写入成功")
