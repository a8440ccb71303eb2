#!/usr/bin/python3
"""station/web/openapi.json against the routes of the server: each is described, and nothing else is."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from console import Console  # noqa: E402
from openapi import Description  # noqa: E402
from station import Lab, ROOT, Tap, free_port, station_conf  # noqa: E402

tap = Tap()
TOOLS = os.path.join(os.environ.get("BIN_ASAN", os.path.join(ROOT, "build/asan/bin")), "../tests")


def names(operation, where):
    return {p["name"] for p in operation.get("parameters", []) if p["in"] == where}


def compare(described):
    lines = subprocess.run([os.path.join(TOOLS, "api_routes")], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    routes = {(r["method"], "/" + r["path"]): r for r in map(json.loads, lines)}
    written = {(method.upper(), path): operation for path, all_of in described.document["paths"].items() for method, operation in all_of.items()}
    tap.equal(sorted(set(routes) - set(written)), [], "every route is described")
    tap.equal(sorted(set(written) - set(routes)), [], "and nothing that is none")
    wrong = []
    for key, route in routes.items():
        operation = written.get(key)
        if not operation:
            continue
        writes, public = route["method"] != "GET", not route["roles"]
        wanted = {"query": set(route["arguments"]) | ({"as"} if writes and not public else set()),
                  "roles": route["roles"], "body": route["body_max"] > 0,
                  "csrf": writes and not public}
        got = {"query": names(operation, "query"), "roles": operation.get("x-roles", []), "body": "requestBody" in operation,
               "csrf": any("csrf" in s for s in operation["security"])}
        if not operation.get("requestBody") and route["body_max"] > 0:
            got["body"] = True  # it may come and says nothing
        if got != wanted:
            wrong.append((key, got, wanted))
        if names(operation, "path") != {part.split("{")[1].split("}")[0] for part in route["path"].split("/") if "{" in part}:
            wrong.append((key, "path parameters"))
        if route["type"] and route["type"] not in operation["responses"]["200"]["content"]:
            wrong.append((key, route["type"]))
    tap.equal(wrong, [], "with its arguments, roles, body and type")
    tap.equal(len({o["operationId"] for o in written.values()}), len(written), "each operation has an id of its own")


def serve(lab):
    port = free_port()
    station_conf(lab, 'console { listen = "127.0.0.1:%d" }' % port)
    lab.start_smogd()
    answer = Console(port).get("openapi.json")
    described = Description()
    tap.equal((answer.status, answer.json == described.document), (200, True), "the server tells it")
    compare(described)
    statuses = []
    for path, all_of in described.document["paths"].items():
        for method in all_of:
            if path != "/live":
                statuses.append((Console(port).ask(method.upper(), path[1:].replace("{", "").replace("}", "")).status, method, path))
    tap.equal([s for s in statuses if s[0] == 405 or (s[0] >= 500 and s[0] != 503)], [], "all are there")


with Lab() as station, tap.step("the description"):
    serve(station)
tap.end()
