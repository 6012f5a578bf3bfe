#!/usr/bin/env python3
"""What `get -o FORMAT` prints, against the real kubectl, with no real server.

Random objects are served to kubectl by a stand-in of a few lines; random
formats, JSONPath templates, custom columns and sort fields are asked for; and
the unit test FormatCasesTest is given kubectl's answers to compare with.

    tests/e2e/test_i_formats.py --bin build/debug/bin [--seed N] [--count N]
    tests/e2e/test_i_formats.py --write    makes the unit test's stored cases
"""

import argparse
import http.server
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STORED = ROOT / "tests/unit/output/testdata/formats.jsonl"
STORED_SEED = 36
STORED_COUNT = 200
SKIPPED = 77

GROUP = "test.dev"
API = f"/apis/{GROUP}/v1"
LIST = f"{API}/namespaces/default/widgets"

# kubectl fails with -o yaml on U+007F to U+009F and U+FFFE: they are left out.
# Numbers are written into the JSON as they stand here.
NUMBERS = ("0", "1", "-5", "7", "10", "9", "1.0", "1.5", "-0.25", "1e3",
           "1000000.0", "1e21", "1e-7", "0.000001", "123456789012345678901",
           "9007199254740993", "9223372036854775807", "9223372036854775808",
           "18446744073709551615", "10000000000000000000", "1E5", "-0",
           "1234567.5", "0.1", "100000000000000000000000", "3.14159265358979")
WORDS = ("a", "b", "web", "10", "9", "1Gi", "500Mi", "100m", "2", "1e3", "08",
         "2026-11-29T10:00:00Z", "2026-11-28T10:00:00Z", "é", "<&>", "x y", "")
HARD = ("08", "0o17", "0x1F", "0b1", "017", "yes", "no", "on", "off", "y", "n",
        "N", "true", "null", "Null", "~", "1e3", "1_000", ".5", "5.", "-.5",
        "+1", "-1", "0", ".inf", "-.Inf", ".nan", "190:20:30", "1:2", "12:60",
        "2026-11-29", "2026-11-29T10:00:00Z", "2026-11-29 10:00:00", "", " ",
        "  ", " lead", "trail ", "\tlead", "trail\t", "a\tb", "a: b", "a:",
        ":a", ": a", "a :b", "- a", "-", "-a", "--", "---", "--- a", "...",
        "?", "? a", "?a", "#", "# a", "a #b", "a#b", "[a]", "{a}", "a]", "a,b",
        "&a", "*a", "!a", "|", "|a", ">", ">a", "'", "'a'", "\"", "\"a\"",
        "%a", "@a", "`a", "<<", "=", "\\", "a\\nb", "a'b", "a\"b", "\n", "\n\n",
        "a\n", "a\nb", "a\nb\n", "a\nb\n\n", "\na", "\na\n", " a\nb", "a\n b",
        "a \nb", "a\nb ", "a\n\nb", "a\n \nb", "\ta\nb", "a\tb\nc", "a\r\nb",
        "a\rb", "\r", "a\u2028b", "a\u2029b", "\u2028", "a\u0085b", "\u0085",
        "\ufeff", "\ufeffa", "a\ufeffb", "\U0001f600", "a\U0001f600\nb", "é",
        "日本語", "\u00a0", "a\u00a0b", "\u200b", "\x01", "\x1b[31m",
        "a\x00b", "\ue000", "\ufffd", "x" * 200,
        "word " * 40, "word  " * 30, ("word " * 30) + "\n" + ("w " * 90),
        "long: " * 25, "'quoted' " * 20, "é " * 60, "#" * 90 + " " + "# " * 30,
        "key: value\nother: [1, 2]\n", "#!/bin/sh\necho hi\n", "{}", "[]",
        "a\n# b", "- a\n- b", "a:\n  b", "e1", "1e", "0x", "1__0", "_1", "1.5.2",
        "1:2:3.4", "null\n", "NaN", "Infinity", "0.1.2", "12e03", "-2E+05")
KEYS = ("a", "b", "name", "x", "n", "y", "yes", "on", "null", "08", "1", "10",
        "9", "a1", "a10", "a2", "a b", "a: b", "#a", "- a", "", "é", "A", "Z",
        "kubernetes.io/role", "a\nb", "k" * 129, "-", "?", "true", "1.5", "~",
        "a\tb", "\u2028", "_", "a_b", "a-b", "a.b", "01", "001", "[x]")


class Number(str):
    """The literal of a number."""


def dump(value):
    """JSON, with every Number as it stands."""
    def mark(node):
        if isinstance(node, Number):
            return f"\0number:{node}"
        if isinstance(node, list):
            return [mark(item) for item in node]
        if isinstance(node, dict):
            return {key: mark(item) for key, item in node.items()}
        return node
    text = json.dumps(mark(value), ensure_ascii=False)
    return re.sub(r'"\\u0000number:([^"]*)"', r"\1", text)


class Maker:
    """Random objects, paths and formats."""

    def __init__(self, rng, longest):
        self.rng = rng
        self.longest = longest

    def scalar(self, hard=False):
        r = self.rng.random()
        if hard and r < 0.75:
            text = self.rng.choice(HARD)
            if self.rng.random() < 0.15:
                text += self.rng.choice((" ", "\n", ": ", "#", "")) + \
                    self.rng.choice(HARD)
            return text
        if r < 0.45:
            return self.rng.choice(WORDS)
        if r < 0.8:
            return Number(self.rng.choice(NUMBERS))
        return self.rng.choice((True, False, None))

    def tree(self, depth, hard=False):
        r = self.rng.random()
        if depth == 0 or r < 0.45:
            return self.scalar(hard)
        count = self.rng.randint(0, 3)
        if r < 0.7:
            return [self.tree(depth - 1, hard) for _ in range(count)]
        keys = KEYS if hard else ("a", "b", "name", "x", "kubernetes.io/role")
        return {self.rng.choice(keys): self.tree(depth - 1, hard)
                for _ in range(count)}

    def chain(self):
        """Objects of one key each: Go shuffles those of more."""
        value = self.scalar()
        for _ in range(self.rng.randint(0, 3)):
            value = self.rng.choice(({"name": value}, {"chain": value},
                                     [value, {"name": self.scalar()}]))
        return value

    def widget(self, name):
        spec = {}
        for key, value in (
                ("name", self.rng.choice(("p", "q", "r"))),
                ("x", Number(self.rng.choice(NUMBERS[:6]))),
                ("any", self.scalar()), ("size", self.rng.choice(WORDS)),
                ("tree", self.tree(3)), ("chain", self.chain()),
                ("ready", self.rng.choice((True, False))),
                ("list", [self.tree(1) for _ in range(self.rng.randint(0, 4))]),
                ("parts", [
                    {"name": self.rng.choice(("p", "q")),
                     "x": self.scalar(), "n": Number(str(i))}
                    for i in range(self.rng.randint(0, 3))])):
            if self.rng.random() < 0.85:
                spec[key] = value
        return {"apiVersion": f"{GROUP}/v1", "kind": "Widget",
                "metadata": {"name": name, "namespace": "default",
                             "labels": {"kubernetes.io/role": "w"}},
                "spec": spec}

    def widgets(self, most=4):
        names = [f"w{i}" for i in range(self.rng.randint(0, most))]
        self.rng.shuffle(names)
        return [self.widget(name) for name in names]

    def hard_widgets(self):
        found = self.widgets(2)
        for widget in found:
            widget["data"] = {key: self.tree(3, hard=True)
                              for key in self.rng.sample(KEYS, 8)}
        return found

    def index(self):
        return self.rng.choice((
            "[0]", "[*]", "[-1]", "[1]", "[0:2]", "[::2]", "[1:]", "[:1]",
            "[0,1]", "[-2:]", "[]", "[2:1]", "[::0]", "['name']",
            "['name','x']", "[0:0]", "[-1,0]", "[x]", "[0:-1]", "[5]", "[-]"))

    def operand(self):
        return self.rng.choice((
            '"p"', "'q'", "1", "2", "1.5", "true", "@.x", "@.name", "$.n",
            "-5", "foo", '"1"', '"x y"', "0", '""'))

    def filter(self):
        operator = self.rng.choice(
            ("==", "!=", "<", "<=", ">", ">=", "=", "=>", " == ", " > "))
        left = self.rng.choice(("@.x", "@.name", "@.n", "@", "@.zz"))
        return "[?(%s)]" % self.rng.choice((
            "@.name", "@.x", "@.a.b", left + operator + self.operand(),
            left + operator + self.operand(), left + operator + self.operand(),
            self.operand() + "==@.name", '@.name=="p)"'))

    def path(self, root=".spec"):
        field = self.rng.choice((
            ".name", ".x", ".any", ".list", ".parts", ".tree", ".zz", ".ready",
            ".parts[*].name", ".parts[0].x", ".chain..name", ".list[*]",
            ".parts" + self.filter(), ".parts" + self.filter() + ".name",
            ".list" + self.index(), ".parts" + self.index(), ".list.*",
            "['name','x']", ".tree" + self.index(), ".tree.a",
            ".parts[*]['name','n']", ".chain.."))
        root = self.rng.choice((
            root, root, root, "", ".metadata.labels.kubernetes\\.io/role"))
        if root.startswith(".metadata"):
            return root
        return (root or ".metadata") + (field if root else ".name")

    def action(self, root=".spec"):
        r = self.rng.random()
        if r < 0.7:
            return ("{" + self.rng.choice(("", "$", "@", " ")) +
                    self.path(root) + self.rng.choice(("", "", " ")) + "}")
        return self.rng.choice((
            '{"\\n"}', '{"\\t"}', "{'a\\'b'}", '{"\\u00e9\\x41\\101"}', "text",
            "\\n", "{1}", "{-1.5}", "{true}", '{"a\\qb"}', "{end}", "{items}",
            "{!}", "{.a", "{.spec[0}", "{@.kind}", '{.kind "z"}', "{99}x{}"))

    def template(self, one):
        out = ""
        for _ in range(self.rng.randint(1, 3)):
            if self.rng.random() < 0.5 and not one:
                out += "{range .items" + self.rng.choice(
                    ("[*]", "[*]", "[*]", "[:2]", "", '[?(@.spec.name=="p")]')
                ) + "}" + "".join(
                    self.action() for _ in range(self.rng.randint(1, 2)))
                if self.rng.random() < 0.4:
                    out += "{range .spec.list[*]}[{@}]{end}"
                out += self.rng.choice(("{end}",) * 8 + ("", "{ end}"))
            else:
                out += self.action(
                    ".spec" if one else ".items" + self.rng.choice(
                        ("[*]", "[0]", "[-1]")) + ".spec")
        return out

    def columns(self):
        headers = ("NAME", "A", "LONGER_HEADER", "é")
        return ",".join(
            self.rng.choice(headers) + ":" + self.rng.choice(
                (self.path(), "{" + self.path() + "}", self.path()[1:],
                 ".metadata.name", "kind", ".spec.list[*]", ".spec.any"))
            for _ in range(self.rng.randint(1, 4)))

    def sort_path(self):
        return self.rng.choice((
            ".spec.x", ".spec.x", "{.spec.size}", "spec.size", ".metadata.name",
            ".spec.name", ".spec.any", ".spec.zz", ".spec.parts[0].x",
            ".spec.ready", ".spec.list", ".spec.name", ".spec.size"))

    def case(self):
        kind = self.rng.choices(
            ("jsonpath", "jsonpath-as-json", "jsonpath-file", "custom-columns",
             "custom-columns-file", "yaml", "json", "sort", "odd"),
            (8, 2, 1, 5, 1, 6, 3, 5, 1))[0]
        case = {"format": kind, "objects": self.widgets()}
        case["one"] = len(case["objects"]) == 1 and self.rng.random() < 0.8
        if kind.startswith("jsonpath"):
            template = self.template(case["one"])
            if kind == "jsonpath-file":
                case["file"] = template
            else:
                case["format"] += "=" + template
        elif kind == "custom-columns":
            case["format"] += "=" + self.columns()
            case["no_headers"] = self.rng.random() < 0.3
        elif kind == "custom-columns-file":
            pairs = [part.split(":", 1) for part in self.columns().split(",")]
            case["file"] = ("  ".join(pair[0] for pair in pairs) + "\n" +
                            "\t".join(pair[-1].replace(" ", "") or "a"
                                      for pair in pairs) + "\n")
        elif kind in ("yaml", "json"):
            case["objects"] = self.hard_widgets()
            case["one"] = len(case["objects"]) == 1
        elif kind == "odd":
            case["format"] = self.rng.choice((
                "jsonpath", "jsonpath=", "jsonpath-as-json", "custom-columns",
                "custom-columns=", "custom-columns=A", "custom-columns=A:{.a}b",
                "custom-columns=A:.a,B:.b}", "custom-columns=A:"))
        else:
            case["format"] = self.rng.choice(("", "", "custom-columns="
                                              "N:.metadata.name"))
            case["objects"] = self.widgets(
                self.rng.choice((3, 12, 13, self.longest)))
            case["sort_by"] = self.sort_path()
            case["one"] = False
        if "sort_by" not in case and not case["one"] and \
                self.rng.random() < 0.1:
            case["sort_by"] = ".spec.x"
        return case


class StandIn(http.server.ThreadingHTTPServer):
    """Discovery, and the widgets that `widgets` holds, as lists and tables."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.widgets = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    def answer(self, path):
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            version = {"groupVersion": f"{GROUP}/v1", "version": "v1"}
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{
                "name": GROUP, "versions": [version],
                "preferredVersion": version}]}
        if path == "/api/v1":
            return {"kind": "APIResourceList", "groupVersion": "v1",
                    "resources": []}
        if path == API:
            return {"kind": "APIResourceList", "apiVersion": "v1",
                    "groupVersion": f"{GROUP}/v1", "resources": [{
                        "name": "widgets", "singularName": "widget",
                        "namespaced": True, "kind": "Widget",
                        "verbs": ["get", "list", "watch"]}]}
        widgets = self.server.widgets
        if path == LIST and "as=Table" in self.headers.get("Accept", ""):
            return {"kind": "Table", "apiVersion": "meta.k8s.io/v1",
                    "metadata": {"resourceVersion": "1"},
                    "columnDefinitions": [{
                        "name": "Name", "type": "string", "format": "name",
                        "description": "", "priority": 0}],
                    "rows": [{"cells": [widget["metadata"]["name"]],
                              "object": widget} for widget in widgets]}
        if path == LIST:
            return {"kind": "WidgetList", "apiVersion": f"{GROUP}/v1",
                    "metadata": {"resourceVersion": "1"}, "items": widgets}
        for widget in widgets:
            if path == f"{LIST}/{widget['metadata']['name']}":
                return widget
        return None

    def do_GET(self):
        found = self.answer(self.path.split("?")[0])
        body = dump(found if found is not None else {
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "reason": "NotFound", "code": 404}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def error_of(text):
    """kubectl's error, without what it adds for the one who debugs it."""
    fatal = re.search(r"^F\d+ .*\] (Field \{.*\}) in \S+ is an unsortable "
                      r"type: \w+, err: (.*)$", text, re.MULTILINE)
    if fatal:
        return f"{fatal[1]} is an unsortable type: {fatal[2]}"
    if re.match(r"F\d+ .*\] Failed to get ", text):
        return ""  # in its debugger's words
    text = text.split(". Printing more information", 1)[0]
    # It says twice and more what is wrong with a template.
    text = text.rstrip("\n")
    if text.startswith("error: error parsing"):
        text = text.split("\nerror parsing", 1)[0]
    return re.sub(r"^error: ", "", text)


class Asker:
    """Asks kubectl; each of its threads has a stand-in of its own."""

    def __init__(self, kubectl, work):
        self._kubectl = kubectl
        self._work = work
        self._local = threading.local()

    def ask(self, case):
        """The case with kubectl's answer, or None when kubectl crashed."""
        if not hasattr(self._local, "server"):
            self._local.server = StandIn()
        server = self._local.server
        server.widgets = case["objects"]
        port = server.server_address[1]
        file = self._work / f"template-{port}"
        output = case["format"]
        if "file" in case:
            file.write_text(case["file"], encoding="utf-8")
            output += f"={file}"
        command = [self._kubectl, f"--server=http://127.0.0.1:{port}",
                   f"--cache-dir={self._work}/cache-{port}", "-n", "default",
                   "get", "widgets"]
        if case["one"]:
            command.append(case["objects"][0]["metadata"]["name"])
        if output:
            command += ["-o", output]
        if case.get("no_headers") or not output:
            command.append("--no-headers")
        if "sort_by" in case:
            command += ["--sort-by", case["sort_by"]]
        done = subprocess.run(
            command, capture_output=True, check=False,
            env={**os.environ, "KUBECONFIG": "/dev/null", "HOME": "/nowhere"})
        stderr = done.stderr.decode("utf-8", "replace")
        if "goroutine" in stderr and "panic" in stderr:
            return None
        if not output and not done.stdout and case["objects"]:
            return {**case, "error": ""}  # it forgot to say what is wrong
        if done.returncode == 0:
            return {**case, "stdout": done.stdout.decode("utf-8")}
        return {**case, "error": error_of(stderr)}


def cases(kubectl, seed, count, longest, work):
    maker = Maker(random.Random(seed), longest)
    asker = Asker(kubectl, work)
    with futures.ThreadPoolExecutor(2) as pool:
        asked = pool.map(asker.ask, [maker.case() for _ in range(count)])
        return [case for case in asked if case is not None]


def find_kubectl():
    found = subprocess.run([ROOT / "tools/servers", "--find"], check=False,
                           capture_output=True, text=True)
    return os.path.join(found.stdout.strip(), "kubectl") \
        if found.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", default=ROOT / "build/debug/bin",
                        type=pathlib.Path)
    parser.add_argument("--seed", type=int,
                        default=int(time.time()) % 1_000_000)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--write", action="store_true",
                        help=f"write {STORED.relative_to(ROOT)}")
    options = parser.parse_args()
    kubectl = find_kubectl()
    if kubectl is None:
        print("no kubectl: tools/servers builds one")
        sys.exit(SKIPPED)
    if options.write:
        options.seed, options.count = STORED_SEED, STORED_COUNT
    longest = 60 if options.write else 300
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        found = cases(kubectl, options.seed, options.count, longest, work)
        target = STORED if options.write else work / "cases.jsonl"
        target.write_text("".join(dump(case) + "\n" for case in found),
                          encoding="utf-8")
        print(f"{len(found)} answers of kubectl")
        if options.write:
            return
        sys.exit(subprocess.run(
            [options.bin / "unit_output", "--gtest_brief=1",
             "--gtest_filter=FormatCasesTest.*"], check=False,
            env={**os.environ,
                 "KUBESCRIBE_FORMAT_CASES": str(target)}).returncode)


if __name__ == "__main__":
    main()
