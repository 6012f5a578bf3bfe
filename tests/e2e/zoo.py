"""A zoo: objects of every kind in every state, put into a real API server.

    zoo.fill(cluster.client())     # all of tests/e2e/zoo/*.yaml

The files are read in the order of their names. Each document is one object, or

    template: {apiVersion: v1, kind: Pod, spec: {…}}
    objects: [{metadata: {name: a}, status: {…}}, …]

where each object is the template with what it says itself: mappings are merged,
anything else is replaced. `status` is written through the subresource. A text
"ago 3h" is that time before the filling, "ago 3h us" the same with
microseconds. What stands under `zoo` is for the loader:

    zoo: {delete: true}     deleted after it was made; a finalizer keeps it
    zoo: {since: 33}        only where the server is 1.33 or newer
    zoo: {until: 32}        only where it is 1.32 or older
    zoo: {approval: {…}}    of a CSR: the status for its approval subresource
"""

import copy
import datetime
import pathlib
import re
import time

import kube
import yaml

FOLDER = pathlib.Path(__file__).resolve().parent / "zoo"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class _Loader(yaml.SafeLoader):
    """YAML 1.2's idea of plain text, as Kubernetes has it: times are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:timestamp",
                           "tag:yaml.org,2002:bool",
                           "tag:yaml.org,2002:value")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])


def merged(base, over):
    """`over` laid over `base`; neither is changed."""
    if isinstance(base, dict) and isinstance(over, dict):
        result = dict(base)
        for key, value in over.items():
            result[key] = merged(base[key], value) if key in base else value
        return copy.deepcopy(result)
    return copy.deepcopy(over)


def read(folder=FOLDER):
    """Every object of the zoo, in the order in which they are made."""
    for path in sorted(folder.glob("*.yaml")):
        with open(path, encoding="utf-8") as file:
            for document in yaml.load_all(file, _Loader):
                if document is None:
                    continue
                if "objects" not in document:
                    yield document
                    continue
                for item in document["objects"]:
                    yield merged(document.get("template", {}), item)


def _times(value, now):
    """`value` with each "ago 3h" as the time that it stands for."""
    if isinstance(value, dict):
        return {key: _times(inner, now) for key, inner in value.items()}
    if isinstance(value, list):
        return [_times(inner, now) for inner in value]
    if isinstance(value, str):
        found = re.fullmatch(r"(ago|in) ((?:\d+[smhd])+)( us)?", value)
        if found:
            seconds = sum(int(number) * _UNITS[unit] for number, unit in
                          re.findall(r"(\d+)([smhd])", found[2]))
            if found[1] == "in":
                seconds = -seconds
            when = now - datetime.timedelta(seconds=seconds)
            return when.strftime("%Y-%m-%dT%H:%M:%S") + (
                ".123456Z" if found[3] else "Z")
    return value


class _Kinds:
    """(apiVersion, kind) -> (resource, namespaced), as the server says."""

    def __init__(self, client):
        self._client = client
        self._known = {}

    def find(self, api_version, kind):
        key = (api_version, kind)
        if key not in self._known:
            self._read(api_version)
        return self._known.get(key)

    def _read(self, api_version):
        root = "/api/" if "/" not in api_version else "/apis/"
        status, text = self._client.raw("GET", root + api_version)
        if status != 200:
            return
        for item in kube.exact_json.loads(text)["resources"]:
            if "/" not in item["name"]:
                self._known[api_version, item["kind"]] = (
                    item["name"], item["namespaced"])


def minor_of(client):
    """36 of a server 1.36."""
    return int(re.match(r"\d+", client.get("/version")["minor"])[0])


class Refused(Exception):
    """The server did not take an object of the zoo."""


def fill(client, only=None):
    """Makes every object, or those for which only(object) is true.

    Returns how many. Raises Refused with all that the server did not take.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    minor = minor_of(client)
    made = []
    for item in read():
        keeper = item.pop("zoo", {})
        if not keeper.get("since", 0) <= minor <= keeper.get("until", 999):
            continue
        if not only or only(item):
            made.append((_times(item, now), _times(keeper, now)))
    _make_all(client, made)
    return len(made)


def make(client, items):
    """Makes these objects, each with its status if it has one; "zoo" is the
    namespace of what names none. Raises Refused."""
    _make_all(client, [(item, {}) for item in items])


def _make_all(client, items):
    kinds = _Kinds(client)
    refused = [problem for item, keeper in items
               if (problem := _make(client, kinds, item, keeper))]
    if refused:
        raise Refused(f"{len(refused)} objects were refused:\n  " +
                      "\n  ".join(refused))


def _make(client, kinds, item, keeper):
    """"" or what was wrong."""
    meta = item["metadata"]
    what = f"{item['kind']} {meta.get('name')}"
    found = kinds.find(item["apiVersion"], item["kind"])
    if not found:
        return f"{what}: {item['apiVersion']} does not serve it"
    resource, namespaced = found
    group, _, version = item["apiVersion"].rpartition("/")
    namespace = meta.setdefault("namespace", "zoo") if namespaced else ""
    path = kube.path_of(group, version, resource, namespace)
    status = item.pop("status", None)
    code, text = client.raw("POST", path, item)
    if code == 409:  # some are there from the start
        code, text = client.raw("PATCH", f"{path}/{meta['name']}", item,
                                "application/merge-patch+json")
    if code >= 300:
        return f"{what}: {text.strip()[:400]}"
    name = kube.exact_json.loads(text)["metadata"]["name"]
    for sub, value in (("approval", keeper.get("approval")),
                       ("status", status)):
        if value is None:
            continue
        code, text = client.raw("PATCH", f"{path}/{name}/{sub}",
                                {"status": value},
                                "application/merge-patch+json")
        if code >= 300:
            return f"{what}, {sub}: {text.strip()[:400]}"
    if item["kind"] == "CustomResourceDefinition":
        _wait_established(client, f"{path}/{name}")
    if keeper.get("delete"):
        client.raw("DELETE", f"{path}/{name}")
    return ""


def _wait_established(client, path, timeout=30):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        status = client.get(path).get("status") or {}
        conditions = status.get("conditions") or []
        if any(c["type"] == "Established" and c["status"] == "True"
               for c in conditions):
            break
        time.sleep(0.1)
    # The endpoints follow the condition by a moment.
    crd = client.get(path)["spec"]
    for version in crd["versions"]:
        while version["served"] and time.monotonic() < end:
            status, _ = client.raw("GET", kube.path_of(
                crd["group"], version["name"], crd["names"]["plural"]))
            if status == 200:
                break
            time.sleep(0.1)
