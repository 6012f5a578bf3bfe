#!/usr/bin/env python3
"""Makes tests/golden/tables/VERSION.json anew: the tables of the zoo.

    tests/e2e/dump_tables.py               of both servers
    tests/e2e/dump_tables.py --server 1.32

Every kind that a real API server lists is asked for as a Table, once the zoo
(zoo.py) is in it. The file has, for each kind, the columns, the cells of each
object, the object itself, and the instant `at` at which the server's clock
stood: whoever prints the object as of then must come to these cells.
`managedFields` are taken out, as no cell has anything of them. The order of
kinds and objects is the server's.
"""

import argparse
import datetime
import json
import pathlib
import ssl
import tempfile
import time
import urllib.request

import exact_json
import kube
import rig
import zoo

FOLDER = rig.ROOT / "tests" / "golden" / "tables"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# Changes at each asking, or says nothing of ours.
SKIPPED = {("", "componentstatuses")}


def kinds(client):
    """(group, version, resource, kind, namespaced) of all that can be listed.

    The version that the server prefers, and of the zoo's own groups every one.
    """
    versions = [("", "v1", True)]
    for group in client.get("/apis")["groups"]:
        preferred = group["preferredVersion"]["version"]
        for version in group["versions"]:
            versions.append((group["name"], version["version"],
                             version["version"] == preferred))
    seen = set()
    # Kinds that the preferred version lacks come from the next one.
    for group, version, preferred in sorted(
            versions, key=lambda v: (v[0], not v[2])):
        path = kube.path_of(group, version, "").rstrip("/")
        status, text = client.raw("GET", path)
        if status != 200:  # served by nobody
            continue
        for item in exact_json.loads(text)["resources"]:
            key = (group, item["name"])
            if "list" not in item["verbs"] or "/" in item["name"]:
                continue
            if key in SKIPPED or (
                    key in seen and not group.endswith("example.com")):
                continue
            seen.add(key)
            yield (group, version, item["name"], item["kind"],
                   item["namespaced"])


class Asker:
    """Asks for tables, and knows at which instant the server answered."""

    def __init__(self, cluster):
        self._base = f"https://127.0.0.1:{cluster.port}"
        self._token = cluster.token("admin")
        self._context = ssl.create_default_context(
            cafile=str(cluster.ca_file))

    def table(self, path):
        """(the table, the instant); cells hold from 0.2 s into the second
        until its end, so that the zoo's microseconds do not matter."""
        while True:
            began = time.time()
            if began % 1 < 0.2:
                time.sleep(0.2 - began % 1)
                continue
            request = urllib.request.Request(
                f"{self._base}{path}?includeObject=Object",
                headers={"Authorization": f"Bearer {self._token}",
                         "Accept": TABLE})
            with urllib.request.urlopen(
                    request, context=self._context, timeout=30) as answer:
                table = exact_json.loads(answer.read().decode())
            if int(time.time()) == int(began):
                at = datetime.datetime.fromtimestamp(
                    began, datetime.timezone.utc)
                return table, at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _lines(group, version, resource, kind, namespaced, table, at):
    head = {"group": group, "version": version, "resource": resource,
            "kind": kind, "namespaced": namespaced, "at": at,
            "columns": [{"name": column["name"], "type": column["type"],
                         "format": column["format"],
                         "priority": int(column["priority"])}
                        for column in table["columnDefinitions"]]}
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": ['
    rows = []
    for row in table["rows"] or []:
        row["object"]["metadata"].pop("managedFields", None)
        rows.append('\n  {"cells": ' + exact_json.dumps(row["cells"]) +
                    ',\n   "object": ' + exact_json.dumps(row["object"]) + "}")
    return text + ",".join(rows) + "]}"


def dump(version, folder):
    with tempfile.TemporaryDirectory(prefix="kubescribe-tables-") as work:
        with rig.Cluster(None, work, api_flags=rig.EVERYTHING[version],
                         version=version) as cluster:
            cluster.start()
            client = cluster.client()
            made = zoo.fill(client)
            asker = Asker(cluster)
            tables = [_lines(*kind, *asker.table(kube.path_of(*kind[:3])))
                      for kind in kinds(client)]
            server = client.get("/version")["gitVersion"]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{version}.json"
    path.write_text('{"server": "' + server + '", "tables": [\n' +
                    ",\n".join(tables) + "\n]}\n", encoding="utf-8")
    print(f"{path}: {made} objects made, {len(tables)} kinds, "
          f"{path.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--server", choices=rig.VERSIONS)
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER)
    options = parser.parse_args()
    for version in [options.server] if options.server else rig.VERSIONS:
        dump(version, options.folder)


if __name__ == "__main__":
    main()
