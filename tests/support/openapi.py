"""station/web/openapi.json: which route a request is, and whether an answer is as it says."""
import json
import os
import re

import jsonschema

from station import ROOT


class Description:
    def __init__(self, document=None):
        if document is None:
            with open(os.path.join(ROOT, "station/web/openapi.json"), encoding="utf-8") as file:
                document = json.load(file)
        self.document = document
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.patterns = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path) for path in document["paths"]]
        self.patterns.sort(key=lambda p: p[1].count("{"))

    def operation(self, method, path):
        """(path of the description, operation) of a request, or None."""
        for pattern, name in self.patterns:
            operation = self.document["paths"][name].get(method.lower())
            if operation and pattern.match(path):
                return name, operation
        return None

    def wrong(self, method, path, answer):
        """What is wrong with the answer, in words; "" when it is as described."""
        found = self.operation(method, path)
        if not found:
            return "" if answer.status in (404, 405) else "is not described"
        response = found[1]["responses"]["200"] if answer.status == 200 else self.document["components"]["responses"]["Refused"]
        kind = (answer.headers["Content-Type"] or "").split(";")[0]
        content = response.get("content", {})
        if kind not in content:
            return "answers %s, which is not described" % kind
        schema = content[kind].get("schema")
        if not schema:
            return ""
        error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema, resolver=self.resolver).iter_errors(answer.json))
        return "%s: %s" % ("/".join(map(str, error.absolute_path)), error.message[:300]) if error else ""
