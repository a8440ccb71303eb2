#!/usr/bin/python3
"""What ISO 19005-2 (PDF/A-2) asks at level B of files such as ours, read from them by qpdf: pdfa.py FILE.pdf … prints what is missing.

No validator of others: fonts, colours, metadata, structure and what is forbidden, as far as such files can go wrong; clauses in brackets.
"""
import json
import re
import struct
import subprocess
import sys
from xml.etree import ElementTree

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


class File:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.raw = file.read()
        self.objects = {}
        whole = json.loads(subprocess.run(["qpdf", "--json=2", path], capture_output=True, check=True).stdout)
        for name, value in whole["qpdf"][1].items():
            self.objects[name.removeprefix("obj:")] = value
        self.trailer = self.objects.pop("trailer")["value"]

    def get(self, value):
        """What a reference stands for; of a stream its dictionary."""
        while isinstance(value, str) and value in self.objects:
            found = self.objects[value]
            value = found["value"] if "value" in found else found["stream"]["dict"]
        return value

    def data(self, reference, raw=False):
        return subprocess.run(["qpdf", "--show-object=" + reference.split()[0], "--raw-stream-data" if raw else "--filtered-stream-data", self.path],
                              capture_output=True, check=True).stdout

    def dictionaries(self):
        """Every dictionary, also those inside others."""
        waiting = [self.get(name) for name in self.objects]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                yield value
            if isinstance(value, (dict, list)):
                waiting += [v for v in (value.values() if isinstance(value, dict) else value) if isinstance(v, (dict, list))]


def structure(f):
    if not re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", f.raw):
        yield "6.1.2: no header with a binary comment"
    if not re.search(rb"%%EOF[\r\n]?\n?$", f.raw):
        yield "6.1.3: something follows the end"
    identifier = f.trailer.get("/ID", [])
    if len(identifier) != 2 or not all(len(i) > 8 for i in identifier):
        yield "6.1.3: no file identifier"
    if "/Encrypt" in f.trailer:
        yield "6.1.3: encrypted"
    for found in re.finditer(rb"\nxref\n|startxref\n(\d+)\n", f.raw):
        if found[1] and f.raw[int(found[1]):int(found[1]) + 5] != b"xref\n":
            yield "6.1.4: a table is not where it should be"


def forbidden(f):
    for d in f.dictionaries():
        if "/LZWDecode" in json.dumps(d.get("/Filter", "")) or "/Crypt" in json.dumps(d.get("/Filter", "")):
            yield "6.1.7.2: a filter that is not allowed"
        for key, clause in (("/F", "6.1.7.1"), ("/JS", "6.5.1"), ("/AA", "6.5.2"), ("/OpenAction", "6.5"), ("/Annots", "6.3"), ("/AcroForm", "6.4"), ("/TR", "6.2.5"),
                            ("/HTP", "6.2.5"), ("/Alternates", "6.2.8"), ("/OPI", "6.2.8"), ("/PS", "6.2.9"), ("/EmbeddedFiles", "6.8"), ("/OCProperties", "6.9")):
            if key in d and not (key == "/F" and "/Length" not in d):
                yield "%s: %s" % (clause, key)
        if d.get("/Interpolate") is True:
            yield "6.2.8: an image is interpolated"
        if d.get("/Subtype") == "/Image" and "CMYK" in json.dumps(f.get(d.get("/ColorSpace", ""))):
            yield "6.2.4.3: CMYK without such an output intent"
        if d.get("/S") == "/Transparency" and d.get("/CS", "/DeviceRGB") != "/DeviceRGB":
            yield "6.2.10: a transparency group in another colour space"
        if d.get("/Type") == "/ExtGState" and d.get("/BM", "/Normal") not in ("/Normal", "/Multiply", "/Screen"):
            yield "6.2.10: a blend mode"
    for name in f.objects:
        page = f.get(name)
        if isinstance(page, dict) and page.get("/Type") == "/Page":
            contents = page["/Contents"]
            for part in contents if isinstance(contents, list) else [contents]:
                if re.search(rb"(?:[\d.]+\s+){4}[kK]\s", f.data(part)):
                    yield "6.2.4.3: CMYK on a page"


def colours(f):
    intents = [f.get(i) for i in f.get(f.get(f.trailer["/Root"]).get("/OutputIntents", []))]
    intents = [i for i in intents if i.get("/S") == "/GTS_PDFA1"]
    if len(intents) != 1 or not intents[0].get("/OutputConditionIdentifier"):
        yield "6.2.3: no output intent"
        return
    profile = f.data(intents[0]["/DestOutputProfile"])
    if f.get(intents[0]["/DestOutputProfile"]).get("/N") != 3 or profile[12:20] != b"mntrRGB " or profile[36:40] != b"acsp" or profile[8] > 4:
        yield "6.2.3: its profile is none for a display with three colours"
    if struct.unpack(">I", profile[:4])[0] != len(profile):
        yield "6.2.3: its profile is cut"


def tables(font):
    count = struct.unpack(">H", font[4:6])[0]
    return {font[12 + 16 * i:16 + 16 * i]: font[slice(*(lambda o, n: (o, o + n))(*struct.unpack(">II", font[20 + 16 * i:28 + 16 * i])))] for i in range(count)}


def advances(font):
    t = tables(font)
    units, count = struct.unpack(">H", t[b"head"][18:20])[0], struct.unpack(">H", t[b"hhea"][34:36])[0]
    return [struct.unpack(">H", t[b"hmtx"][4 * i:4 * i + 2])[0] * 1000 / units for i in range(count)]


def fonts(f):
    for name in f.objects:
        d = f.get(name)
        if not isinstance(d, dict) or d.get("/Type") != "/Font":
            continue
        if d["/Subtype"] == "/Type0":
            if d["/Encoding"] not in ("/Identity-H", "/Identity-V"):
                yield "6.2.11.3.3: a character map that is not predefined"
            continue
        described = f.get(d.get("/FontDescriptor", {}))
        file = next((described[k] for k in ("/FontFile", "/FontFile2", "/FontFile3") if k in described), None)
        if not file:
            yield "6.2.11.4.1: %s is not embedded" % d.get("/BaseFont")
            continue
        if d["/Subtype"] == "/CIDFontType2":
            if d.get("/CIDToGIDMap") != "/Identity" and d.get("/CIDToGIDMap") not in f.objects:
                yield "6.2.11.3.2: %s has no map from characters to glyphs" % d["/BaseFont"]
            wanted = advances(f.data(file))
            told = f.get(d["/W"])
            if told[0] != 0 or len(told) != 2 or any(abs(a - b) > 1 for a, b in zip(told[1], wanted)):
                yield "6.2.11.5: widths differ from those of %s" % d["/BaseFont"]
        if d["/Subtype"] == "/TrueType" and (d.get("/Encoding") not in ("/WinAnsiEncoding", "/MacRomanEncoding") or b"cmap" not in tables(f.data(file))):
            yield "6.2.11.6: %s has no encoding" % d["/BaseFont"]


def metadata(f):
    reference = f.get(f.trailer["/Root"]).get("/Metadata")
    if not reference:
        yield "6.6.2.1: no metadata"
        return
    if "/Filter" in f.get(reference) or f.get(reference).get("/Subtype") != "/XML":
        yield "6.6.2.1: metadata that not every reader finds"
    tree = ElementTree.fromstring(f.data(reference, raw=True))
    one = lambda name: tree.findtext(".//" + name)
    if (one("{http://www.aiim.org/pdfa/ns/id/}part"), one("{http://www.aiim.org/pdfa/ns/id/}conformance")) != ("2", "B"):
        yield "6.6.4: no identification"
    title = tree.findtext(".//{http://purl.org/dc/elements/1.1/}title/%sAlt/%sli" % (RDF, RDF))
    if f.get(f.trailer["/Info"]).get("/Title") not in ("u:" + (title or ""), title):
        yield "6.6.3: the title is %r" % title


def problems(path):
    f = File(path)
    return sorted({p for check in (structure, forbidden, colours, fonts, metadata) for p in check(f)})


if __name__ == "__main__":
    found = [(path, p) for path in sys.argv[1:] for p in problems(path)]
    for path, problem in found:
        print("%s: %s" % (path, problem))
    sys.exit(1 if found else 0)
