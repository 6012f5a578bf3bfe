"""Random objects of the kinds that select by more than their name, and random
selectors of all that kubectl lets through, right and wrong."""

import base64
import subprocess
import urllib.parse

import kube
import zoo

GROUP = "select.dev"
NAMESPACES = ("one", "two")
METADATA = ("metadata.name", "metadata.namespace")

# (group, version, resource): what is selected by beside the name. Fields that
# one would think of but that the server may not have are among them.
FIELDS = {
    ("", "v1", "configmaps"): (),
    ("", "v1", "pods"): (
        "spec.nodeName", "spec.host", "spec.restartPolicy",
        "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs",
        "status.nominatedNodeName"),
    ("", "v1", "events"): (
        "involvedObject.kind", "involvedObject.namespace",
        "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source",
        "type"),
    ("events.k8s.io", "v1", "events"): (
        "regarding.kind", "regarding.namespace", "regarding.name",
        "regarding.fieldPath", "reason", "reportingController", "type",
        "source", "involvedObject.name"),
    ("", "v1", "secrets"): ("type",),
    ("", "v1", "namespaces"): ("status.phase", "name"),
    ("", "v1", "nodes"): ("spec.unschedulable",),
    ("", "v1", "services"): ("spec.clusterIP", "spec.type"),
    ("", "v1", "replicationcontrollers"): ("status.replicas",),
    ("", "v1", "persistentvolumes"): ("name", "status.phase"),
    ("apps", "v1", "replicasets"): ("status.replicas",),
    ("apps", "v1", "deployments"): ("status.replicas",),
    ("batch", "v1", "jobs"): ("status.successful",),
    ("certificates.k8s.io", "v1", "certificatesigningrequests"): (
        "spec.signerName",),
    ("certificates.k8s.io", "v1beta1", "clustertrustbundles"): (
        "spec.signerName",),
    ("certificates.k8s.io", "v1beta1", "podcertificaterequests"): (
        "spec.signerName", "spec.podName", "spec.nodeName"),
    ("resource.k8s.io", "v1", "resourceslices"): (
        "spec.nodeName", "spec.driver", "spec.pool.name"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions"): (
        "spec.group",),
    (GROUP, "v1", "widgets"): (
        "spec.color", "spec.size", "spec.on", "spec.deep.part", "spec.plain"),
    (GROUP, "v1beta1", "widgets"): ("spec.color", "spec.size"),
    (GROUP, "v1", "globes"): ("spec.color",),
}
# Values that stand nowhere in the object, or as something else.
ALSO = ("true", "false", "0", "1", "2", "", "no-such")
# Those of free text need escapes in a selector.
FREE = ("plain", "a=b", "a,b", "a\\b", "a==b,c", "\\", "a b", "é", "", "=")

KEYS = ("app", "tier", "n", "in", "notin", "example.com/role", "a.b/c_d", "X")
VALUES = ("", "web", "db", "in", "notin", "a_b.c-d", "1", "10", "007", "X",
          "9223372036854775807", "9223372036854775808",
          "0000000000000000000000000000012", "1e3")
NUMBERS = ("0", "1", "9", "10", "007", "9223372036854775806",
           "0000000000000000000000000000011", "9223372036854775808")
# Keys and values that no label can have, and those that nearly cannot.
ODD_KEYS = ("-a", "a-", "a/b/c", "/b", "a/", "A.io/x", "a..b/x", "a.-b/x",
            "a-.b/x", "-a.b/x", "a" * 63, "a" * 64, ("a." * 126) + "a/x",
            ("a." * 126) + "aa/x", "é", "a_b/x", "_", "a.b.c", "1", "1.2/3")
ODD_VALUES = ("-a", "a-", "a/b", "é", "v" * 63, "v" * 64, "+1", "-1", "1.5",
              "_", "a..b", "a:b", "\"a\"")
BLANKS = ("", "", "", " ", "  ", "\t", "\n")


def labels(rng):
    return {key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.4}


def _crd(plural, kind, scope, versions):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP, "scope": scope,
            "names": {"plural": plural, "singular": kind.lower(),
                      "kind": kind},
            "versions": [{
                "name": name, "served": True, "storage": name == "v1",
                "selectableFields": [
                    {"jsonPath": f".spec.{field}"} for field in fields],
                # The server refuses fields of versions with equal schemas.
                "schema": {"openAPIV3Schema": {
                    "description": name, "type": "object",
                    "properties": {"spec": {
                        "type": "object", "properties": {
                            "color": {"type": "string"},
                            "size": {"type": "integer"},
                            "on": {"type": "boolean"},
                            "plain": {"type": "string"},
                            "deep": {"type": "object", "properties": {
                                "part": {"type": "string"}}}}}}}},
            } for name, fields in versions.items()]}}


def _request():
    """base64 of the PEM of a request for a certificate."""
    pem = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
         "/dev/null", "-subj", "/O=some/CN=one"], check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return base64.b64encode(pem).decode()


def _objects(rng):
    """(apiVersion, kind, spec and the like, status)."""
    def some(**of):
        return {key: rng.choice(values) for key, values in of.items()
                if rng.random() < 0.7}

    container = {"name": "c", "image": "i"}
    pod = {"containers": [container]}
    selector = {"selector": {"matchLabels": {"a": "b"}}, "template": {
        "metadata": {"labels": {"a": "b"}}, "spec": pod}}
    for _ in range(40):
        yield "v1", "ConfigMap", {}, None
    for _ in range(24):
        ip = f"10.1.0.{rng.randint(1, 3)}"
        # A Pod that has its node is nominated for none.
        bound = rng.random() < 0.6
        yield "v1", "Pod", {"spec": {**pod, **some(
            hostNetwork=(True, False),
            **({"nodeName": ("node-a", "node-b")} if bound else {}),
            restartPolicy=("Always", "Never", "OnFailure"),
            schedulerName=("mine", "other"), serviceAccountName=("robot",))}}, \
            {**some(phase=("Running", "Failed", "Succeeded"),
                    **({} if bound else {"nominatedNodeName": ("node-a",)})),
             **rng.choice(({}, {"podIP": ip, "podIPs": [
                 {"ip": ip}, {"ip": "fd00::1"}]}))}
    for _ in range(24):
        namespace = rng.choice(NAMESPACES)
        about = {"kind": rng.choice(("Pod", "Job")), "namespace": namespace,
                 **some(name=FREE, uid=("u1", "u2"), apiVersion=("v1",),
                        resourceVersion=("7", "8"), fieldPath=FREE)}
        yield "v1", "Event", {
            "metadata": {"namespace": namespace}, "involvedObject": about,
            "source": some(component=("kubelet", "scheduler")),
            **some(reason=FREE, type=("Normal", "Warning"),
                   reportingComponent=("example.com/x", "kubelet"))}, None
    for kind in ("example.com/x", *FREE[1:6], "Opaque"):
        yield "v1", "Secret", {"type": kind}, None
    for node in range(4):
        yield "v1", "Node", {"spec": some(unschedulable=(True, False))}, None
    for spec in ({}, {"type": "NodePort"}, {"type": "LoadBalancer"},
                 {"clusterIP": "None"}, {"clusterIP": "10.0.0.9"}):
        yield "v1", "Service", {"spec": {"ports": [{"port": 1}], **spec}}, None
    yield "v1", "Service", {"spec": {"type": "ExternalName",
                                     "externalName": "x.io"}}, None
    for _ in range(4):
        yield "apps/v1", "ReplicaSet", {"spec": selector}, some(
            replicas=(0, 1, 2))
        yield "v1", "ReplicationController", {"spec": {
            "selector": {"a": "b"}, "template": selector["template"]}}, some(
                replicas=(0, 1, 2))
        yield "batch/v1", "Job", {"spec": {"template": {
            "spec": {**pod, "restartPolicy": "Never"}}}}, some(
                succeeded=(0, 1, 2))
        yield "resource.k8s.io/v1", "ResourceSlice", {"spec": {
            "driver": rng.choice(("one.example.com", "two.example.com")),
            "pool": {"name": rng.choice(("p1", "p2")), "generation": 1,
                     "resourceSliceCount": 1},
            **rng.choice(({"nodeName": "node-a"}, {"allNodes": True}))}}, None
        yield "v1", "PersistentVolume", {"spec": {
            "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"},
            "accessModes": ["ReadWriteOnce"]}}, None
    request = _request()
    for signer in ("example.com/one", "example.com/two"):
        yield "certificates.k8s.io/v1", "CertificateSigningRequest", {
            "spec": {"request": request, "signerName": signer,
                     "usages": ["client auth"]}}, None
    for kind, count in (("Widget", 16), ("Globe", 4)):
        for _ in range(count):
            spec = some(color=FREE, size=(0, 1, -5, 10**15),
                        on=(True, False), plain=("x",),
                        deep=({}, {"part": "x"}))
            yield f"{GROUP}/v1", kind, rng.choice((
                {"spec": spec}, {"spec": spec}, {})), None


def fill(client, rng):
    """Makes all objects; raises zoo.Refused."""
    for namespace in (*NAMESPACES, "going"):
        client.create("/api/v1/namespaces", {"metadata": {
            "name": namespace, "labels": labels(rng)}})
    client.delete("/api/v1/namespaces/going")
    zoo.make(client, [
        _crd("widgets", "Widget", "Namespaced", {
            "v1": ("color", "size", "on", "deep.part"),
            "v1beta1": ("color",)}),
        _crd("globes", "Globe", "Cluster", {"v1": ("color",)})])
    items = []
    for number, (version, kind, item, status) in enumerate(_objects(rng)):
        items.append({"apiVersion": version, "kind": kind, **item,
                      **({"status": status} if status else {}),
                      "metadata": {"name": f"{kind.lower()}-{number}",
                                   "namespace": rng.choice(NAMESPACES),
                                   "labels": labels(rng),
                                   **item.get("metadata", {})}})
    zoo.make(client, items)


def _at(value, path):
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


class Maker:
    """Random selectors, of the values that the objects have."""

    def __init__(self, rng, client):
        self.rng = rng
        self._values = {}
        for kind, fields in FIELDS.items():
            items = client.get(kube.path_of(*kind))["items"]
            for field in (*METADATA, *fields):
                found = {_at(item, field) for item in items
                         if not isinstance(_at(item, field), (dict, list))}
                self._values[kind, field] = sorted(
                    (str(value) for value in found - {None}))

    def _blank(self):
        return self.rng.choice(BLANKS)

    def _label_term(self):
        rng = self.rng
        key = rng.choice(KEYS if rng.random() < 0.93 else ODD_KEYS)
        one = lambda: rng.choice(VALUES if rng.random() < 0.95 else ODD_VALUES)
        how = rng.choice(("", "!", "=", "==", "!=", "in", "notin", "in",
                          "notin", ">", "<"))
        blank = self._blank
        if how == "":
            return key
        if how == "!":
            return "!" + blank() + key
        if how in ("<", ">") and rng.random() < 0.8:
            return f"{key}{blank()}{how}{blank()}{rng.choice(NUMBERS)}"
        if how in ("in", "notin"):
            values = ",".join(blank() + one() + blank()
                              for _ in range(rng.randint(0, 3)))
            return f"{key} {how}{blank()}({values})"
        return key + blank() + how + blank() + one()

    def labels(self):
        text = ",".join(self._blank() + self._label_term() + self._blank()
                        for _ in range(self.rng.choice((1, 1, 2, 2, 3))))
        return self._spoilt(text, "=!(),<> \tin")

    def _escaped(self, value):
        if self.rng.random() < 0.1:
            return value
        return value.replace("\\", "\\\\").replace(",", "\\,").replace(
            "=", "\\=")

    def fields(self, kind):
        rng = self.rng
        terms = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            field = rng.choice((*METADATA, *FIELDS[kind] * 3))
            values = (*self._values[kind, field] * 2, *ALSO)
            if rng.random() < 0.06:
                field = rng.choice(("", "spec.none", "metadata.uid", "status",
                                    "metadata.labels.app", "metadata\\.name",
                                    ".spec.color", "metadata.name "))
            terms.append(field + rng.choice(("=", "==", "!=")) +
                         self._escaped(rng.choice(values)))
        return self._spoilt(",".join(terms), "=!,\\ ")

    def _spoilt(self, text, with_what):
        """Now and then with something wrong in it."""
        while self.rng.random() < 0.15:
            at = self.rng.randint(0, len(text))
            text = text[:at] + self.rng.choice((
                self.rng.choice(with_what), "")) + text[
                    at + self.rng.randint(0, 1):]
        return text

    def question(self):
        """(kind, label selector, field selector); "" is none."""
        if self.rng.random() < 0.45:
            return ("", "v1", "configmaps"), self.labels(), ""
        kind = self.rng.choice(list(FIELDS))
        return kind, (self.labels() if self.rng.random() < 0.2 else ""), \
            self.fields(kind)


def answer(client, question):
    """What `kubectl get -A -o name` prints of it; None where it fails."""
    kind, label, field = question
    # kubectl takes white space off both ends.
    given = {"labelSelector": label.strip(), "fieldSelector": field.strip()}
    status, text = client.raw("GET", kube.path_of(*kind) + "?" +
                              urllib.parse.urlencode(given))
    if status >= 300:
        return None
    listed = kube.exact_json.loads(text)
    name = listed["kind"].removesuffix("List").lower() + (
        f".{kind[0]}" if kind[0] else "")
    return "".join(f"{name}/{item['metadata']['name']}\n"
                   for item in listed["items"])


def words(question):
    """The question in kubectl's words."""
    (group, version, resource), label, field = question
    name = f"{resource}.{version}.{group}" if group else resource
    return ["get", name, "-A", "-o", "name",
            *([f"--selector={label}"] if label else ()),
            *([f"--field-selector={field}"] if field else ())]
