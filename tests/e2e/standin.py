"""A recorder in miniature, to try the checker on: lists and watches the kinds
of the writers, keeps everything in memory and gives out export lines. It is no
model of kubescribed: no pages, no resume, no gaps but the first.
"""

import base64
import datetime
import hashlib
import json
import threading

import checker
import exact_json
import kube


def _now():
    return datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%S.%fZ")


def _fingerprint(namespace, name, path, value):
    digest = hashlib.sha256(
        f"{namespace}|{name}|{path}|{value}".encode()).digest()[:16]
    return base64.b64encode(b"kfr1:standin:" + digest).decode()


class Standin:
    def __init__(self, cluster, kinds):
        self._cluster = cluster
        self._lock = threading.Lock()
        self._lines = []
        self._last = {}
        self._threads = [
            threading.Thread(target=self._follow, args=(kind,), daemon=True)
            for kind in kinds]
        self._listed = threading.Barrier(len(kinds) + 1)

    def start(self):
        """Returns when every first list is recorded."""
        for thread in self._threads:
            thread.start()
        self._listed.wait(60)

    def position(self, kind):
        return self._last.get(kind, "")

    def export(self):
        with self._lock:
            return "".join(line + "\n" for line in self._lines)

    def _append(self, **fields):
        with self._lock:
            now = _now()
            fields = {"seq": len(self._lines) + 1, "cluster": "one",
                      "recordedAt": now, **fields}
            if fields["record"] == "revision":
                fields.update(changedAt=now, notBefore=now,
                              evidence="received")
            self._lines.append(json.dumps(fields, ensure_ascii=False))

    def _revision(self, kind, event, text):
        # The text of the object goes into the line untouched.
        body = json.loads(text)
        meta = body["metadata"]
        if kind[2] == "secrets":
            self._redact(body)
            text = json.dumps(body, ensure_ascii=False)
        with self._lock:
            now = _now()
            head = json.dumps({
                "seq": len(self._lines) + 1, "cluster": "one",
                "record": "revision", "epoch": 1, "event": event,
                "group": kind[0], "version": kind[1], "resource": kind[2],
                "namespace": meta.get("namespace", ""), "name": meta["name"],
                "uid": meta["uid"],
                "resourceVersion": meta["resourceVersion"],
                "recordedAt": now, "notBefore": now, "changedAt": now,
                "evidence": "received"})
            self._lines.append(f'{head[:-1]}, "object": {text}}}')
            self._last[kind] = meta["resourceVersion"]

    @staticmethod
    def _redact(body):
        meta = body["metadata"]
        where = (meta["namespace"], meta["name"])
        for key, value in (body.get("data") or {}).items():
            body["data"][key] = _fingerprint(*where, key, value)
        notes = meta.get("annotations") or {}
        if checker.LAST_APPLIED in notes:
            notes[checker.LAST_APPLIED] = _fingerprint(
                *where, "last", notes[checker.LAST_APPLIED])

    def _follow(self, kind):
        client = self._cluster.client("recorder")
        path = kube.path_of(*kind)
        listed = client.get(path)
        for item in listed.get("items") or []:
            self._revision(kind, "Listed", exact_json.dumps(item))
        position = listed["metadata"]["resourceVersion"]
        self._append(record="gap", epoch=1, cause="start", group=kind[0],
                     version=kind[1], resource=kind[2], namespace="",
                     **{"from": "", "to": position})
        self._listed.wait(60)
        try:
            for line in client.stream(
                    f"{path}?watch=1&resourceVersion={position}", 600):
                event = json.loads(line)["type"].capitalize()
                start = line.index('"object":') + len('"object":')
                self._revision(kind, event, line[start:line.rindex("}")])
        except OSError:
            pass  # the cluster was stopped
