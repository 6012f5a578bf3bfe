#!/usr/bin/env python3
"""Makes tests/golden/describe/*.txt anew: what kubectl says of recorded objects.

    tests/e2e/dump_describes.py              all of it
    tests/e2e/dump_describes.py pods nodes   these kinds

Nothing is started but the real kubectl, which a small server here answers out
of tests/golden/describe/objects.json: add yours there, also such as no real
server would hold. For each kind there is a file RESOURCE.GROUP.txt: the instant
at which kubectl was asked, then its text about all objects, with their Events.
"""

import argparse
import collections
import datetime
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "tests" / "golden" / "describe"
ZONE = "Europe/Berlin"
# Only there for others to be told with.
SILENT = ("events", "leases", "resourceslices")

Kind = collections.namedtuple(
    "Kind", "group version resource kind namespaced")


def load():
    """Kind -> its objects, by namespace and name."""
    kinds = {}
    items = json.loads((FOLDER / "objects.json").read_text())
    for item in sorted(items, key=lambda item: (
            item["metadata"].get("namespace", ""), item["metadata"]["name"])):
        group, _, version = item["apiVersion"].rpartition("/")
        kind = Kind(group, version, item["kind"].lower() + "s", item["kind"],
                    "namespace" in item["metadata"])
        kinds.setdefault(kind, []).append(item)
    return kinds


def field(item, path):
    for key in path.split("."):
        item = item.get(key, "") if isinstance(item, dict) else ""
    return str(item)


def selected(item, labels, fields):
    for part in fields.split(",") if fields else []:
        path, negated, value = re.fullmatch(r"([^!=]+)(!?)=(.*)", part).groups()
        if (field(item, path) == value) == bool(negated):
            return False
    own = item["metadata"].get("labels", {})
    for part in re.findall(r"(?:[^,(]|\([^)]*\))+", labels):
        match = re.fullmatch(r"(\S+) (in|notin) \((.*)\)", part)
        if match:
            key, operator, values = match.groups()
            if (own.get(key) in values.split(",")) == (operator == "notin"):
                return False
        elif "=" in part:
            key, value = part.split("=", 1)
            if own.get(key) != value:
                return False
        elif (part.lstrip("!") in own) == part.startswith("!"):
            return False
    return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kinds = {}

    def log_message(self, *_):
        pass

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):  # noqa: the library's name
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = url.path.strip("/").split("/")
        if parts == ["api"]:
            return self.answer({"kind": "APIVersions", "versions": ["v1"]})
        if parts == ["apis"]:
            return self.answer(self.groups())
        group = "" if parts[0] == "api" else parts[1]
        version, *rest = parts[1:] if parts[0] == "api" else parts[2:]
        kinds = [kind for kind in self.kinds
                 if (kind.group, kind.version) == (group, version)]
        if not rest:
            return self.answer({
                "kind": "APIResourceList",
                "groupVersion": f"{group}/{version}".lstrip("/"),
                "resources": [{
                    "name": kind.resource, "kind": kind.kind,
                    "singularName": kind.kind.lower(),
                    "namespaced": kind.namespaced,
                    "verbs": ["get", "list"]} for kind in kinds]})
        namespace = None
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        for kind in kinds:
            if kind.resource == rest[0]:
                return self.objects(kind, namespace, rest[1:], query)
        return self.missing(rest[0], "", group)

    def groups(self):
        groups = {}
        for kind in self.kinds:
            if kind.group:
                versions = groups.setdefault(kind.group, [])
                entry = {"groupVersion": f"{kind.group}/{kind.version}",
                         "version": kind.version}
                if entry not in versions:
                    versions.append(entry)
        return {"kind": "APIGroupList", "groups": [
            {"name": name, "versions": versions,
             "preferredVersion": versions[0]}
            for name, versions in groups.items()]}

    def objects(self, kind, namespace, names, query):
        items = [item for item in self.kinds[kind]
                 if namespace in (None, item["metadata"].get("namespace"))]
        if names:
            for item in items:
                if item["metadata"]["name"] == names[0]:
                    return self.answer(item)
            return self.missing(kind.resource, names[0], kind.group)
        items = [item for item in items if selected(
            item, query.get("labelSelector", ""),
            query.get("fieldSelector", ""))]
        return self.answer({
            "kind": kind.kind + "List",
            "apiVersion": f"{kind.group}/{kind.version}".lstrip("/"),
            "metadata": {"resourceVersion": "1"}, "items": items})

    def missing(self, resource, name, group):
        where = f"{resource}.{group}".rstrip(".")
        self.answer({
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "reason": "NotFound", "code": 404,
            "message": f'{where} "{name}" not found'}, 404)


def describe(kubectl, port, cache, kind):
    what = f"{kind.resource}.{kind.version}.{kind.group}"
    done = subprocess.run(
        [kubectl, "--kubeconfig", "/dev/null", "--cache-dir", cache,
         "--server", f"http://127.0.0.1:{port}", "describe", what,
         "--show-events=true"]
        + (["-A"] if kind.namespaced else []),
        env={**os.environ, "TZ": ZONE}, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{what}: {done.stderr.decode()}")
    return done.stdout.decode()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("resources", nargs="*", metavar="RESOURCE")
    wanted = parser.parse_args().resources
    folder = subprocess.run([ROOT / "tools" / "servers", "--find"], check=True,
                            capture_output=True, text=True).stdout.strip()
    kubectl = pathlib.Path(folder) / "kubectl"
    every = load()
    Handler.kinds = every
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as cache:
        for kind, items in every.items():
            if kind.resource in SILENT or (
                    wanted and kind.resource not in wanted):
                continue
            text = None
            while True:  # until no age changes between two askings
                at = datetime.datetime.now(datetime.timezone.utc)
                before, text = text, describe(
                    kubectl, server.server_address[1], cache, kind)
                if before == text:
                    break
            stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
            name = f"{kind.resource}.{kind.group}".rstrip(".")
            (FOLDER / f"{name}.txt").write_text(f"at {stamp}\n{text}")
            print(f"{name}: {len(items)} objects")


if __name__ == "__main__":
    main()
