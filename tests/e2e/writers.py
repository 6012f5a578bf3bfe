"""Writers: threads that change objects over HTTPS and journal the answers.

The objects are of the kinds and hold the text that is hard on encoders. All
writers change all objects, so that creations, changes and deletions of one
name meet; what the server refuses for that (404, 409, 422) is no entry.
"""

import base64
import http.client
import json
import random
import threading
import time

import kube

CONFIGMAPS = ("", "v1", "configmaps")
SECRETS = ("", "v1", "secrets")
PODS = ("", "v1", "pods")
DEPLOYMENTS = ("apps", "v1", "deployments")
WIDGETS = ("e2e.kubescribe.invalid", "v1", "widgets")
KINDS = (CONFIGMAPS, SECRETS, PODS, DEPLOYMENTS, WIDGETS)
PAIRS = tuple((kind[0], kind[2]) for kind in KINDS)
NAMESPACES = ("alpha", "beta", "gamma")

HARD_TEXT = (
    '"quoted" \\ back\\\\slash', "line\nline\r\n\ttab", "\u2028 and \u2029",
    "08", "null", "true", "~", "9007199254740993", "1.0", "1e3", "", " ",
    "</script>&<>", "\u0001\u001f\u007f", "ünï 漢字 \U0001f6f0", "# no comment",
    "- item: {a: b}", "%s %n ${x}", "'", "\ufeffbom", "yes", "2026-11-20",
    "0x1F", "a" * 3000,
)
# Given to the server as text, so that Python does not round them.
HARD_NUMBERS = (
    "9007199254740993", "-9007199254740993", "9223372036854775807", "1.0",
    "0.1", "1e21", "1.5e-9", "0", "-1", "123456789.123456789",
)


def crd(group=WIDGETS[0], plural=WIDGETS[2], kind="Widget", extra=None):
    """A namespaced kind that takes anything in spec and status."""
    anything = {"type": "object",
                "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1", "served": True, "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": anything, "status": anything}}},
    }
    version.update(extra or {})
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced",
                 "names": {"plural": plural, "singular": kind.lower(),
                           "kind": kind, "listKind": f"{kind}List"},
                 "versions": [version]},
    }


def crd_path(name=""):
    return kube.path_of("apiextensions.k8s.io", "v1",
                        "customresourcedefinitions", name=name)


def install_crd(client, definition, timeout=30):
    """Creates the kind and returns when its objects can be written."""
    client.create(crd_path(), definition)
    spec = definition["spec"]
    path = kube.path_of(spec["group"], spec["versions"][0]["name"],
                        spec["names"]["plural"])
    end = time.monotonic() + timeout
    while client.raw("GET", path + "?limit=1")[0] != 200:
        if time.monotonic() > end:
            raise TimeoutError(f"{path} is not served")
        time.sleep(0.05)


class Content:
    """Makes objects and changes of them from a seeded source."""

    def __init__(self, rng, secret_values):
        self._rng = rng
        self._secret_values = secret_values

    def _text(self):
        return self._rng.choice(HARD_TEXT)

    def _data(self):
        return {f"k{self._rng.randrange(6)}": self._text()
                for _ in range(self._rng.randrange(1, 5))}

    def _secret(self):
        # Few values, so that equal ones return under one key.
        value = f"canary-{self._rng.randrange(40)}-s3cr3t-\u2028-value"
        self._secret_values.add(value)
        return base64.b64encode(value.encode()).decode()

    def _number(self):
        return f"@{self._rng.choice(HARD_NUMBERS)}@"

    def _container(self):
        return {"name": "main", "image": f"app:{self._rng.randrange(9)}",
                "env": [{"name": "TEXT", "value": self._text()}]}

    def new(self, kind, name):
        meta = {"name": name, "labels": {"app": "e2e"},
                "annotations": {"note": self._text()}}
        body = {"apiVersion": (f"{kind[0]}/{kind[1]}" if kind[0] else kind[1]),
                "metadata": meta}
        if kind == CONFIGMAPS:
            body.update(kind="ConfigMap", data=self._data())
        elif kind == SECRETS:
            body.update(kind="Secret", type="Opaque",
                        data={"password": self._secret()})
            if self._rng.random() < 0.3:
                meta["annotations"][
                    "kubectl.kubernetes.io/last-applied-configuration"
                ] = json.dumps({"data": {"password": self._secret()}})
        elif kind == PODS:
            body.update(kind="Pod", spec={"containers": [self._container()]})
        elif kind == DEPLOYMENTS:
            labels = {"app": name}
            body.update(kind="Deployment", spec={
                "replicas": self._rng.randrange(5),
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels},
                             "spec": {"containers": [self._container()]}}})
        else:
            body.update(kind="Widget", spec={
                "text": self._text(), "number": self._number(),
                "list": [self._number(), None, True, {"x": self._text()}]})
        return body

    def change(self, kind):
        """(patch, subresource or "") of one change."""
        if self._rng.random() < 0.15:
            key = f"a{self._rng.randrange(4)}"
            return {"metadata": {"annotations": {key: self._text()}}}, ""
        if kind == CONFIGMAPS:
            data = self._data()
            if self._rng.random() < 0.3:
                data[f"k{self._rng.randrange(6)}"] = None
            return {"data": data}, ""
        if kind == SECRETS:
            key = self._rng.choice(("password", "token"))
            return {"data": {key: self._secret()}}, ""
        if kind == PODS:
            return {"status": {
                "phase": self._rng.choice(("Pending", "Running", "Failed")),
                "message": self._text(),
                "conditions": [{"type": "Ready", "status": self._rng.choice(
                    ("True", "False")), "reason": "E2E"}]}}, "status"
        if kind == DEPLOYMENTS:
            if self._rng.random() < 0.5:
                return {"spec": {"replicas": self._rng.randrange(9)}}, ""
            return {"status": {"observedGeneration":
                               self._rng.randrange(99)}}, "status"
        if self._rng.random() < 0.5:
            return {"status": {"seen": self._number()}}, "status"
        return {"spec": {"number": self._number(), "text": self._text()}}, ""


def encode(body):
    """JSON, with the numbers that Python cannot hold put in as text."""
    text = json.dumps(body, ensure_ascii=False)
    for number in HARD_NUMBERS:
        text = text.replace(f'"@{number}@"', number)
    return text


class Writer(threading.Thread):
    """One thread of writes to the given slots [(kind, namespace, name)]."""

    def __init__(self, client, journal, slots, seed, keep_going, pace=None):
        """keep_going(): false ends it; pace(): called before each write."""
        super().__init__(daemon=True)
        self._client = client
        self._journal = journal
        self._slots = slots
        self._rng = random.Random(seed)
        self._content = Content(self._rng, journal.secret_values)
        self._keep_going = keep_going
        self._pace = pace
        self.error = None

    def run(self):
        try:
            while self._keep_going():
                if self._pace:
                    self._pace()
                self.write_one()
        except Exception as error:  # told by whoever joins
            self.error = error
        finally:
            self._client.close()

    def write_one(self):
        kind, namespace, name = self._rng.choice(self._slots)
        draw = self._rng.random()
        if draw < 0.10:
            self._remove(kind, namespace, name)
            return
        if draw < 0.75:
            patch, sub = self._content.change(kind)
            path = kube.path_of(*kind, namespace, name, sub)
            if self._ask("PATCH", path, kind, encode(patch),
                         "application/merge-patch+json"):
                return
        self._ask("POST", kube.path_of(*kind, namespace), kind,
                  encode(self._content.new(kind, name)))

    def create_all(self):
        """Makes every object that is not there."""
        for kind, namespace, name in self._slots:
            self._ask("POST", kube.path_of(*kind, namespace), kind,
                      encode(self._content.new(kind, name)))

    def _ask(self, method, path, kind, body,
             content_type="application/json"):
        try:
            status, text = self._client.raw(method, path, body, content_type)
        except (OSError, http.client.HTTPException) as error:
            self._journal.lost_answer(f"{method} {path}: {error}")
            return False
        if status in (200, 201):
            self._journal.wrote((kind[0], kind[2]), text)
            return True
        if status not in (404, 409, 422):
            raise kube.ApiError(method, path, status, text)
        return False

    def _remove(self, kind, namespace, name):
        path = kube.path_of(*kind, namespace, name) + "?gracePeriodSeconds=0"
        try:
            status, text = self._client.raw("DELETE", path)
        except (OSError, http.client.HTTPException) as error:
            self._journal.lost_answer(f"DELETE {path}: {error}")
            return
        if status == 200:
            answer = json.loads(text)
            uid = (answer["details"]["uid"] if answer["kind"] == "Status"
                   else answer["metadata"]["uid"])
            self._journal.deleted((kind[0], kind[2]), namespace, name, uid)
        elif status not in (404, 409):
            raise kube.ApiError("DELETE", path, status, text)


def slots(count, kinds=KINDS, namespaces=NAMESPACES):
    """`count` names, spread evenly over kinds and namespaces."""
    return [(kinds[i % len(kinds)],
             namespaces[(i // len(kinds)) % len(namespaces)], f"obj-{i}")
            for i in range(count)]


class Crew:
    """Several writers at once.

        crew = Crew(cluster, journal, slots, seed, writers=4)
        crew.start(); …; crew.stop()
    """

    def __init__(self, cluster, journal, names, seed, writers=4, pace=None):
        self._stopping = threading.Event()
        self._crew = [
            Writer(cluster.client(), journal, names, f"{seed}/{i}",
                   lambda: not self._stopping.is_set(), pace)
            for i in range(writers)]

    def start(self):
        for writer in self._crew:
            writer.start()

    def check(self):
        """Raises what ended a writer, if anything did."""
        for writer in self._crew:
            if writer.error:
                raise writer.error

    def stop(self):
        self._stopping.set()
        for writer in self._crew:
            writer.join(60)
        self.check()


def marks(client, journal, kinds=KINDS, namespace=NAMESPACES[0]):
    """Writes one object a kind, journalled; {(group, resource): its RV}.

    Who has recorded a kind up to its mark has recorded all before it.
    """
    rng = random.Random(0)
    content = Content(rng, journal.secret_values)
    found = {}
    for kind in kinds:
        name = f"mark-{time.monotonic_ns()}"
        text = client.text("POST", kube.path_of(*kind, namespace),
                           encode(content.new(kind, name)))
        pair = (kind[0], kind[2])
        journal.wrote(pair, text)
        found[pair] = json.loads(text)["metadata"]["resourceVersion"]
    return found


class Pace:
    """Shares out a number of writes over a time that others decide.

        pace = Pace(); pace.allow(300); …

    A writer that is ahead of what was allowed goes on slowly, so that whoever
    waits for a write gets one.
    """

    def __init__(self, trickle=0.1):
        self._lock = threading.Lock()
        self._allowed = 0
        self._trickle = trickle

    def allow(self, count):
        with self._lock:
            self._allowed = max(self._allowed, 0) + count

    def __call__(self):
        with self._lock:
            self._allowed -= 1
            ahead = self._allowed < 0
        if ahead:
            time.sleep(self._trickle)
