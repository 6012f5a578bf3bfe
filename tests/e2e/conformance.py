"""What a client may rely on, as checks that run against any API server.

Each check is a function of a Script (transcript.py): it provokes something,
asks, and leaves a transcript. Two servers are alike in what a check is about
when their transcripts are equal; no check says itself what is right.
"""

import base64
import json
import time

CHECKS = []
LAST = []    # run alone, after the others: they take the history away
AGGREGATED = ("application/json;g=apidiscovery.k8s.io;v=v2;"
              "as=APIGroupDiscoveryList")
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def check(function):
    CHECKS.append(function)
    return function


def last(function):
    LAST.append(function)
    return function


# -- what the checks are made of

def config_map(name, value="v", labels=None, **metadata):
    body = {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, **metadata}, "data": {"k": value}}
    if labels:
        body["metadata"]["labels"] = labels
    return body


def event(name, ns, count=1):
    return {"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": name, "namespace": ns},
            "involvedObject": {"kind": "Pod", "namespace": ns, "name": "p"},
            "reason": "Checked", "message": "hello",
            "source": {"component": "conformance"},
            "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:00:00Z", "count": count,
            "type": "Normal", "eventTime": None, "reportingComponent": "",
            "reportingInstance": ""}


def crd(group, plural="things", kind="Thing", scope="Namespaced"):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group,
                 "names": {"plural": plural, "singular": kind.lower(),
                           "kind": kind, "listKind": f"{kind}List"},
                 "scope": scope,
                 "versions": [{
                     "name": "v1", "served": True, "storage": True,
                     "schema": {"openAPIV3Schema": {
                         "type": "object",
                         "x-kubernetes-preserve-unknown-fields": True}}}]}}


def thing(group, name, **spec):
    return {"apiVersion": f"{group}/v1", "kind": "Thing",
            "metadata": {"name": name}, "spec": spec}


def namespace(s, suffix=""):
    """A namespace of the check's own; its name."""
    name = s.space + suffix
    s.create("/api/v1/namespaces",
             {"apiVersion": "v1", "kind": "Namespace",
              "metadata": {"name": name}}, f"namespace {suffix}")
    return name


def maps(s, names="abcde", suffix=""):
    """The path of ConfigMaps in a namespace of its own, with some in it."""
    path = f"/api/v1/namespaces/{namespace(s, suffix)}/configmaps"
    for name in names:
        s.create(path, config_map(name, labels={"app": name}))
    s.settle(path)
    return path


def kind(s, scope="Namespaced"):
    """A kind of the check's own: (group, path of its collection)."""
    group = f"{s.space}.test"
    s.create(CRDS, crd(group, scope=scope), "crd")
    path = f"/apis/{group}/v1"
    if scope == "Namespaced":
        path += f"/namespaces/{namespace(s)}"
    s.until(path + "/things", 200)
    return group, path + "/things"


def no_hash(parsed):
    """Resources without the hash, which has the check's name in it."""
    for one in parsed["resources"]:
        one.pop("storageVersionHash", None)
    return parsed


def token(parsed):
    return parsed["metadata"].get("continue", "")


def known(s, name):
    """The revision that a write made."""
    return next(rv for rv, what in s._known.items() if what == name)


# -- lists

@check
def list_plain(s):
    """A list without options: its shape, its order, its revision."""
    path = maps(s, "cab")
    s.ask(path, exact=False)


@check
def list_empty(s):
    """A list of nothing, in a namespace that is and in one that is not."""
    path = maps(s, "")
    s.ask(path)
    s.ask(path + "?limit=2")
    s.ask(path + "?resourceVersion=0")
    s.ask("/api/v1/namespaces/nowhere/configmaps")


@check
def list_revision_and_match(s):
    """Every resourceVersion with every resourceVersionMatch and limit."""
    path = maps(s)
    early = known(s, "create b")
    s.patch(path + "/a", {"data": {"k": "w"}})
    s.settle(path)
    now = known(s, "patch a")
    for rv in ("", "0", str(early), str(now), "99999999", "abc", "-1",
               "1.5", "0x10", " 1"):
        for match in ("", "Exact", "NotOlderThan", "Wrong"):
            for limit in ("", "0", "2", "500"):
                if rv in ("-1", "1.5", "0x10", " 1") and (match or limit):
                    continue
                if rv == "99999999" and limit in ("0", "500"):
                    continue  # each takes the real server 3 s
                query = "&".join(f"{key}={value}" for key, value in (
                    ("resourceVersion", rv.replace(" ", "%20")),
                    ("resourceVersionMatch", match), ("limit", limit))
                    if value)
                s.ask(f"{path}?{query}")


@check
def list_at_the_past_is_exact(s):
    """Exact, and a limit alone, show the collection as it was."""
    path = maps(s, "abc")
    then = known(s, "create c")
    s.patch(path + "/a", {"data": {"k": "later"}})
    s.delete(path + "/b")
    s.create(path, config_map("d"))
    s.settle(path)
    for query in ("&resourceVersionMatch=Exact", "&limit=2", "&limit=500",
                  "&resourceVersionMatch=Exact&limit=2"):
        s.ask(f"{path}?resourceVersion={then}{query}", exact=True)


@check
def list_limits(s):
    """Limits that are none, and limits that are as large as the list."""
    path = maps(s, "abc")
    for limit in ("x", "-1", "0", "1", "3", "4", "1.5", "",
                  "99999999999999999999"):
        s.ask(f"{path}?limit={limit}")


@check
def list_pages(s):
    """Pages: one revision, how many remain, and how the last one ends."""
    path = maps(s, "abcdefg")
    page = s.ask(path + "?limit=3", exact=False)
    first = page["metadata"]["resourceVersion"]
    s.patch(path + "/a", {"data": {"k": "later"}})
    s.delete(path + "/g")
    while token(page):
        page = s.ask(f"{path}?limit=3&continue={token(page)}")
        s.note(f"the same revision: "
               f"{page['metadata']['resourceVersion'] == first}")


@check
def list_pages_of_all_namespaces(s):
    """Pages over namespaces, with a selector that keeps others out."""
    for suffix in ("-x", "-y"):
        path = f"/api/v1/namespaces/{namespace(s, suffix)}/secrets"
        for name in "ab":
            s.create(path, {"apiVersion": "v1", "kind": "Secret", "metadata": {
                "name": name, "labels": {"of": s.space}}})
    s.settle("/api/v1/secrets")
    page = s.ask("/api/v1/secrets?labelSelector=of%3D" + s.space)
    group, path = kind(s)
    other = namespace(s, "-z")
    for name in "ab":
        s.create(path, thing(group, name))
        s.create(f"/apis/{group}/v1/namespaces/{other}/things",
                 thing(group, name))
    path = f"/apis/{group}/v1/things"
    s.settle(path)
    page = s.ask(path + "?limit=3")
    page = s.ask(f"{path}?limit=3&continue={token(page)}")
    s.ask(path)


@check
def list_pages_with_a_selector(s):
    """Pages of a selection tell no remaining count."""
    path = maps(s, "")
    for index, name in enumerate("abcdefgh"):
        s.create(path, config_map(name, labels={"odd": str(index % 2)}))
    s.settle(path)
    page = s.ask(path + "?limit=2&labelSelector=odd%3D1")
    while token(page):
        page = s.ask(f"{path}?limit=2&labelSelector=odd%3D1"
                     f"&continue={token(page)}")
    s.ask(path + "?limit=4&labelSelector=odd%3D1")
    s.ask(path + "?limit=2&fieldSelector=metadata.name%3Dc")


@check
def list_continue_with_other_options(s):
    """A token with a revision, with a match, with another limit."""
    path = maps(s)
    page = s.ask(path + "?limit=2")
    at = page["metadata"]["resourceVersion"]
    more = f"{path}?continue={token(page)}"
    for query in ("", "&limit=1", "&limit=0", "&resourceVersion=0",
                  f"&resourceVersion={at}", "&resourceVersionMatch=Exact",
                  f"&resourceVersion={at}&resourceVersionMatch=Exact",
                  "&resourceVersionMatch=NotOlderThan",
                  "&resourceVersion=abc"):
        s.ask(more + query)


@check
def list_tokens_that_are_none(s):
    """Tokens that were never given out."""
    path = maps(s, "ab")
    other = base64.urlsafe_b64encode(json.dumps(
        {"v": "meta.k8s.io/v1", "rv": 5, "start": ""}).encode())
    for text in ("e30", "bm8", "e30&resourceVersion=5",
                 "e30&resourceVersionMatch=Exact",
                 other.decode().rstrip("=")):
        s.ask(f"{path}?limit=1&continue={text}")


@check
def list_of_custom_resources(s):
    """Custom resources: sorted keys, metadata behind the items."""
    group, path = kind(s)
    s.ask(path)
    for name in "abc":
        s.create(path, thing(group, name, z=1, a={"y": 1, "b": [2]}))
    s.settle(path)
    s.ask(path)
    page = s.ask(path + "?limit=2")
    s.ask(f"{path}?limit=2&continue={token(page)}")
    s.ask(path + "?limit=2&resourceVersion=0")
    s.ask(path + "?labelSelector=x&limit=2")
    s.ask(path + "?fieldSelector=metadata.name%3Db")
    s.ask(path + "?fieldSelector=spec.z%3D1")


@check
def list_of_uncached_events(s):
    """Events come from etcd itself: limit counts at revision 0 too."""
    ns = namespace(s)
    path = f"/api/v1/namespaces/{ns}/events"
    for name in "abc":
        s.create(path, event(name, ns))
    s.ask(path)
    s.ask(path + "?limit=2")
    s.ask(path + "?limit=2&resourceVersion=0")
    s.ask(path + "?resourceVersion=0")
    s.ask(path + "?resourceVersion=99999999")
    s.ask(f"{path}?resourceVersion={known(s, 'create a')}"
          "&resourceVersionMatch=Exact")


@check
def list_of_both_event_groups(s):
    """Both Event groups show the same objects, each in its shape."""
    ns = namespace(s)
    s.create(f"/api/v1/namespaces/{ns}/events", event("e", ns, 3))
    for group in ("/api/v1", "/apis/events.k8s.io/v1"):
        s.ask(f"{group}/namespaces/{ns}/events")
        s.ask(f"{group}/namespaces/{ns}/events/e")


@check
def list_wire_form(s):
    """Small bodies tell their length, larger ones are chunked."""
    path = maps(s, "a")
    s.ask(path, framing=True)
    for index in range(20):
        s.create(path, config_map(f"n{index:02}", "x" * 300))
    s.settle(path)
    s.ask(path, framing=True)
    s.ask(path + "/a", framing=True)
    s.ask(path + "?limit=1", framing=True)


@check
def list_gzip(s):
    """Lists above 128 KiB are zipped for those who accept it."""
    path = maps(s, "a")
    accept = {"Accept-Encoding": "gzip"}
    s.ask(path, headers=accept, framing=True)
    for index in range(3):
        s.create(path, config_map(f"n{index:02}", "x" * 60000))
    s.settle(path)
    s.ask(path, headers=accept, framing=True, shape=len)
    s.ask(path, headers={"Accept-Encoding": "identity"}, framing=True,
          shape=len)
    s.ask(path + "/n00", headers=accept, framing=True, shape=len)


@check
def list_label_selectors(s):
    """What label selectors select."""
    path = maps(s, "ab")
    s.create(path, config_map("c"))
    s.create(path, config_map("d", labels={"app": "", "n": "5"}))
    s.settle(path)

    def names(parsed):
        return [one["metadata"]["name"] for one in parsed["items"]]
    for selector in ("app=a", "app==a", "app!=a", "app", "!app", "app=",
                     "app in (a,b)", "app notin (a,b)", "app in (a), n",
                     "app=a,app=b", "n>4", "n>5", "n<6", "app notin (a)",
                     " app = a ", "", ",", "app in ()", "app in (a,)"):
        quoted = "".join(f"%{ord(c):02X}" for c in selector)
        s.ask(f"{path}?labelSelector={quoted}",
              shape=lambda p: names(p) if "items" in p else p)


@check
def list_selectors_that_are_none(s):
    """Selectors that cannot be read."""
    path = maps(s, "a")
    for selector in ("a=b=c", "a foo b", "!", "=", "a in", "(", "a,,b",
                     "-a=b", "a=-b", "a>b", "a in (b"):
        quoted = "".join(f"%{ord(c):02X}" for c in selector)
        s.ask(f"{path}?labelSelector={quoted}")
    for selector in ("foo", "spec.x=y", "metadata.name", "=b", "a=b=c"):
        quoted = "".join(f"%{ord(c):02X}" for c in selector)
        s.ask(f"{path}?fieldSelector={quoted}")


@check
def list_field_selectors(s):
    """Which fields each kind can be selected by, and what the others get."""
    def count(parsed):
        return parsed if parsed["kind"] == "Status" else parsed["kind"]
    for path in (
            "/api/v1/configmaps", "/api/v1/endpoints", "/api/v1/events",
            "/api/v1/limitranges", "/api/v1/namespaces", "/api/v1/nodes",
            "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes",
            "/api/v1/pods", "/api/v1/resourcequotas", "/api/v1/secrets",
            "/api/v1/serviceaccounts", "/api/v1/services",
            "/apis/apiregistration.k8s.io/v1/apiservices",
            "/apis/apps/v1/controllerrevisions", "/apis/apps/v1/daemonsets",
            "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets",
            "/apis/apps/v1/statefulsets", "/apis/events.k8s.io/v1/events",
            "/apis/batch/v1/cronjobs", "/apis/batch/v1/jobs",
            "/apis/networking.k8s.io/v1/ingresses",
            "/apis/rbac.authorization.k8s.io/v1/roles", CRDS,
            "/apis/coordination.k8s.io/v1/leases"):
        for field in ("metadata.name", "metadata.namespace", "spec.x",
                      "status.phase", "spec.nodeName", "type", "reason",
                      "involvedObject.name", "regarding.name",
                      "status.successful", "spec.unschedulable",
                      "spec.clusterIP", "status.replicas"):
            s.ask(f"{path}?fieldSelector={field}%3Dnone&limit=1", shape=count)


@check
def list_fields_select(s):
    """What field selectors select."""
    path = maps(s, "abc")
    for selector in ("metadata.name=b", "metadata.name!=b",
                     "metadata.name==b", "metadata.namespace=" + s.space,
                     "metadata.namespace=other",
                     "metadata.name!=a,metadata.name!=b",
                     "metadata.name=a,metadata.name=b"):
        quoted = selector.replace("=", "%3D").replace("!", "%21")
        s.ask(f"{path}?fieldSelector={quoted}")
    ns = s.space
    secrets = f"/api/v1/namespaces/{ns}/secrets"
    s.create(secrets, {"apiVersion": "v1", "kind": "Secret",
                       "metadata": {"name": "s"}, "data": {"k": "dg=="}})
    s.settle(secrets)
    s.ask(secrets + "?fieldSelector=type%3DOpaque")
    s.ask(secrets + "?fieldSelector=type%3Dother")
    s.create(f"/api/v1/namespaces/{ns}/events", event("e", ns))
    for selector in ("involvedObject.name%3Dp", "reason%3DChecked",
                     "type%3DWarning", "source%3Dconformance"):
        s.ask(f"/api/v1/namespaces/{ns}/events?fieldSelector={selector}")


@check
def list_send_initial_events(s):
    """sendInitialEvents is nothing for lists."""
    path = maps(s, "a")
    for query in ("sendInitialEvents=true", "sendInitialEvents=false",
                  "sendInitialEvents=x", "sendInitialEvents=",
                  "sendInitialEvents=true&resourceVersionMatch=Wrong",
                  "watch=0&sendInitialEvents=true"):
        s.ask(f"{path}?{query}")


@check
def list_unknown_options(s):
    """Options that do not exist are passed over."""
    path = maps(s, "a")
    for query in ("nothing=1", "pretty=false", "timeoutSeconds=5",
                  "allowWatchBookmarks=true", "watch=false", "watch=0"):
        s.ask(f"{path}?{query}")


@check
def accept(s):
    """Which Accept headers get JSON, and what the others get."""
    path = maps(s, "a")
    for accepted in ("application/json", "*/*", "application/*",
                     "text/html,*/*", "application/json;charset=utf-8",
                     "application/json;as=Nothing;v=v1;g=no,application/json",
                     "text/html"):
        for where in (path, path + "/a"):
            s.ask(where, headers={"Accept": accepted})


# -- one object

@check
def get_one(s):
    """One object, and one that is not."""
    path = maps(s, "a")
    s.ask(path + "/a")
    s.ask(path + "/a?resourceVersion=0")
    s.ask(path + "/none")
    s.ask("/api/v1/namespaces/nowhere/configmaps/a")
    s.ask("/apis/apps/v1/namespaces/default/deployments/none")
    s.ask("/api/v1/namespaces/" + s.space)
    s.ask("/api/v1/namespaces/none")


@check
def get_watch_is_a_get(s):
    """watch=1 on one object's own path is no watch."""
    path = maps(s, "a")
    s.ask(path + "/a?watch=1")
    s.ask(path + "/none?watch=1")


@check
def get_custom_resource(s):
    """One custom resource, and one that is not."""
    group, path = kind(s)
    s.create(path, thing(group, "a", b=1, a=2))
    s.ask(path + "/a")
    s.ask(path + "/none")
    s.ask(f"/apis/{group}/v1/things/a")
    s.ask(f"/apis/{group}/v1/nopes")
    s.ask(f"/apis/{group}/v2/things")
    s.ask(f"/apis/{group}/v2")
    s.ask(f"{path}/a/x")


@check
def get_cluster_scoped_custom_resource(s):
    """A cluster-scoped kind, also where it is not."""
    group, path = kind(s, "Cluster")
    s.create(path, thing(group, "a", b=1))
    s.settle(path)
    s.ask(path)
    s.ask(path + "/a")
    s.ask(f"/apis/{group}/v1/namespaces/default/things")
    s.ask(f"/apis/{group}/v1/namespaces/default/things/a")
    s.watch(path + "?watch=1", 1)


@check
def paths_that_lead_nowhere(s):
    """Unknown resources, groups, versions, scopes and paths."""
    for path in ("/api/v1/nopes", "/api/v1/nopes?watch=1", "/api/v2/pods",
                 "/api/v2", "/apis/apps/v1/nopes", "/apis/apps/v9",
                 "/apis/apps/v9/deployments", "/apis/no.group",
                 "/apis/no.group/v1", "/apis/no.group/v1/things",
                 "/apis/no.group/v1/namespaces/default/things",
                 "/api/v1/configmaps/a", "/api/v1/namespaces/default/nodes",
                 "/api/v1/namespaces/default/configmaps/a/x", "/nothing",
                 "/nothing/at/all", "/apis/apps/v1/namespaces",
                 "/api/v1/watch/nopes"):
        s.ask(path)


@check
def methods_that_are_not_allowed(s):
    """Methods that a path does not have."""
    path = maps(s, "a")
    for method, where in (("POST", path + "/a"), ("PUT", path),
                          ("PATCH", path), ("POST", "/version"),
                          ("POST", "/api/v1"),
                          ("DELETE", "/api/v1"), ("BREW", path), ("BREW", path + "/a")):
        s.ask(where, method)


# -- writes

@check
def write_create(s):
    """Creating: once, twice, in no namespace, in another, without a name."""
    path = f"/api/v1/namespaces/{namespace(s)}/configmaps"
    s.ask(path, "POST", config_map("a", labels={"x": "y"}))
    s.ask(path, "POST", config_map("a"))
    s.ask(path, "POST", config_map("b", namespace="default"))
    s.ask(path, "POST", {"apiVersion": "v1", "kind": "ConfigMap",
                         "metadata": {}})
    s.ask("/api/v1/namespaces/nowhere/configmaps", "POST", config_map("a"))
    s.ask("/api/v1/configmaps", "POST", config_map("a"))
    s.ask(f"/api/v1/namespaces/{s.space}/secrets", "POST",
          {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"},
           "data": {"k": "dg=="}})
    s.ask("/api/v1/namespaces", "POST", {"apiVersion": "v1",
          "kind": "Namespace", "metadata": {"name": s.space + "-n"}})


@check
def write_replace(s):
    """Replacing: with the right revision, a wrong one, none, no change."""
    path = maps(s, "a")
    at = known(s, "create a")
    s.ask(path + "/a", "PUT", config_map("a", "w", resourceVersion=str(at)))
    s.ask(path + "/a", "PUT", config_map("a", "x", resourceVersion=str(at)))
    s.ask(path + "/a", "PUT", config_map("a", "y"))
    s.ask(path + "/a", "PUT", config_map("a", "y"))
    s.ask(path + "/a", "PUT", config_map("b"))
    s.ask(path + "/none", "PUT", config_map("none"))


@check
def write_patch(s):
    """Merge patches: of data, of labels, of nothing, of a wrong revision."""
    path = maps(s, "a")
    merge = "application/merge-patch+json"
    at = known(s, "create a")
    for body in ({"data": {"k": "w", "l": "m"}}, {"data": {"k": None}},
                 {"data": {"l": "m"}}, {},
                 {"metadata": {"labels": {"app": None, "x": "y"}}},
                 {"metadata": {"annotations": {"a": "b"}}},
                 {"metadata": {"resourceVersion": str(at)},
                  "data": {"k": "z"}}):
        s.ask(path + "/a", "PATCH", body, content_type=merge)
    s.ask(path + "/none", "PATCH", {}, content_type=merge)
    s.ask(path + "/a", "PATCH", {"data": {"s": "t"}},
          content_type="application/strategic-merge-patch+json")
    s.ask(path + "/a", "PATCH", {"data": {"s": "u"}})


@check
def write_delete(s):
    """Deleting one: what is there, what is not any more."""
    path = maps(s, "a")
    s.ask(path + "/a", "DELETE")
    s.ask(path + "/a", "DELETE")
    group, path = kind_in(s)
    s.create(path, thing(group, "a"))
    s.ask(path + "/a", "DELETE")
    s.ask(path + "/a", "DELETE")


def kind_in(s):
    """As kind(), in the check's namespace that is there already."""
    group = f"{s.space}.test"
    s.create(CRDS, crd(group), "crd")
    path = f"/apis/{group}/v1/namespaces/{s.space}/things"
    s.until(path, 200)
    return group, path


@check
def write_delete_collection(s):
    """Deleting many, by selector and all; each is an event of its own."""
    path = maps(s, "abcd")
    at = s.position(path)
    s.ask(path + "?labelSelector=app%20in%20(a,b)", "DELETE")
    s.ask(path)
    s.ask(path, "DELETE")
    s.ask(path)
    s.watch(f"{path}?watch=1&resourceVersion={at}", 4)
    group, path = kind_in(s)
    s.create(path, thing(group, "a"))
    s.settle(path)
    s.ask(path, "DELETE")


@check
def write_finalizers(s):
    """A finalizer holds an object until it is taken away."""
    path = maps(s, "")
    s.create(path, config_map("a", finalizers=["example.com/wait"]))
    at = s.position(path)
    s.ask(path + "/a", "DELETE")
    s.ask(path + "/a", "DELETE")
    s.ask(path + "/a", "PATCH", {"metadata": {"finalizers": None}},
          content_type="application/merge-patch+json")
    s.ask(path + "/a")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 2)


@check
def write_custom_resource(s):
    """Custom resources: generation, sorted keys, replace needs a revision."""
    group, path = kind(s)
    s.ask(path, "POST", thing(group, "a", z=1, a={"y": 1, "b": 2}))
    s.ask(path, "POST", thing(group, "a"))
    s.ask(path + "/a", "PUT", thing(group, "a", z=2))
    merge = "application/merge-patch+json"
    s.ask(path + "/a", "PATCH", {"spec": {"z": 2}}, content_type=merge)
    s.ask(path + "/a", "PATCH", {"metadata": {"labels": {"l": "m"}}},
          content_type=merge)
    s.ask(path + "/a", "PATCH", {"spec": {"z": 2}}, content_type=merge)
    s.ask(path, "POST", {"apiVersion": f"{group}/v1", "kind": "Thing",
                         "metadata": {}})


# -- watches

@check
def watch_from_a_position(s):
    """Events after a revision, in order, with their revisions."""
    path = maps(s, "ab")
    at = s.position(path)
    s.create(path, config_map("c"))
    s.patch(path + "/c", {"data": {"k": "w"}})
    s.patch(path + "/a", {"data": {"k": "w"}})
    s.delete(path + "/c")
    s.create(path, config_map("c", "new"), "create c again")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 5)
    s.watch(f"{path}?watch=1&resourceVersion={known(s, 'patch c')}", 3)


@check
def watch_live(s):
    """Events that happen while the watch is open."""
    path = maps(s, "a")
    at = s.position(path)

    def writes():
        s.create(path, config_map("b"))
        s.patch(path + "/b", {"data": {"k": "w"}})
        s.delete(path + "/b")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 3, writes)


@check
def watch_from_now(s):
    """Without a revision and from 0: first what there is."""
    path = maps(s, "cab")
    for query in ("watch=1", "watch=1&resourceVersion=0"):
        s.watch(f"{path}?{query}", 3)
        s.watch(f"{path}?{query}&timeoutSeconds=1")
        s.watch(f"{path}?{query}&allowWatchBookmarks=true&timeoutSeconds=1")


@check
def watch_flag(s):
    """What counts as asking for a watch."""
    path = maps(s, "a")
    at = s.position(path)
    for flag in ("1", "true", "x", "True", ""):
        s.watch(f"{path}?watch={flag}&resourceVersion={at}&timeoutSeconds=1")
    s.ask(path + "?watch=false")


@check
def watch_prefix(s):
    """The old form of the path, for collections and for one object."""
    path = maps(s, "ab").replace("/api/v1/", "/api/v1/watch/")
    s.watch(path, 2)
    s.watch(path + "/b?timeoutSeconds=1")
    s.watch(path + "/b?watch=false&timeoutSeconds=1")
    s.watch("/api/v1/watch/namespaces/" + s.space + "?timeoutSeconds=1")


@check
def watch_from_the_future(s):
    """A revision that is not yet: silence, and no error."""
    path = maps(s, "a")
    s.watch(path + "?watch=1&resourceVersion=99999999&timeoutSeconds=1")
    s.watch("/api/v1/events?watch=1&resourceVersion=99999999"
            "&timeoutSeconds=1")

    def later():
        s.create(path, config_map("b"))
        s.patch(path + "/b", {"data": {"k": "w"}})
    s.watch(path + "?watch=1&resourceVersion=99999999&timeoutSeconds=2"
            "&allowWatchBookmarks=true", during=later)


@check
def watch_wrong_options(s):
    """Revisions and timeouts that are none."""
    path = maps(s, "a")
    for query in ("resourceVersion=abc", "resourceVersion=-1",
                  "timeoutSeconds=x", "resourceVersion=1.0",
                  "limit=x", "fieldSelector=spec.x%3Dy",
                  "labelSelector=a%3Db%3Dc"):
        s.watch(f"{path}?watch=1&{query}", 1)


@check
def watch_ignores_list_options(s):
    """limit and continue are nothing for a watch."""
    path = maps(s, "ab")
    s.watch(path + "?watch=1&limit=1", 2)
    s.watch(f"{path}?watch=1&continue=e30&resourceVersion="
            f"{known(s, 'create a')}", 1)
    s.watch(path + "?watch=1&timeout=1s", 2)


@check
def watch_ends(s):
    """The deadline is an orderly end; the connection can be used again."""
    path = maps(s, "a")
    at = s.position(path)
    s.watch(f"{path}?watch=1&timeoutSeconds=1&resourceVersion={at}")
    s.watch(f"{path}?watch=1&timeoutSeconds=1&resourceVersion={at}"
            "&allowWatchBookmarks=true")
    s.ask(f"{path}?watch=1&timeoutSeconds=1&resourceVersion={at}",
          framing=True)


@check
def watch_bookmark_before_the_end(s):
    """A bookmark comes two seconds before the deadline.

    That of custom resources does not always come, so it is not asked for.
    """
    path = maps(s, "a")
    at = s.position(path)
    s.watch(f"{path}?watch=1&timeoutSeconds=4&resourceVersion={at}"
            "&allowWatchBookmarks=true", bookmarks=True)
    s.watch(f"{path}?watch=1&timeoutSeconds=4&resourceVersion={at}",
            bookmarks=True)


@check
def watch_bookmarks_of_kinds(s):
    """The bookmark of each kind: its type's empty fields."""
    group, things = kind(s)
    found = {}

    def one(path):
        connection = s.target.connect()
        try:
            connection.request(
                "GET", path + "?watch=1&sendInitialEvents=true&limit=1"
                "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
                None, {"Authorization": f"Bearer {s.target.tokens['admin']}"})
            answer = connection.getresponse()
            while True:
                line = json.loads(answer.readline())
                if line["type"] == "BOOKMARK":
                    found[path] = line
                    return
        finally:
            connection.close()
    paths = [
        "/api/v1/" + name for name in (
            "configmaps", "endpoints", "events", "limitranges", "namespaces",
            "nodes", "persistentvolumeclaims", "persistentvolumes", "pods",
            "resourcequotas", "secrets", "serviceaccounts", "services")] + [
        "/apis/apps/v1/" + name for name in (
            "controllerrevisions", "daemonsets", "deployments", "replicasets",
            "statefulsets")] + [
        "/apis/events.k8s.io/v1/events", "/apis/batch/v1/jobs",
        "/apis/batch/v1/cronjobs", "/apis/networking.k8s.io/v1/ingresses",
        "/apis/rbac.authorization.k8s.io/v1/roles",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/apiregistration.k8s.io/v1/apiservices", CRDS,
        "/apis/coordination.k8s.io/v1/leases", things]
    for path in paths:
        one(path)
        event_seen = found[path]
        s.note(path.replace(s.space, "SPACE"))
        event_seen["object"]["metadata"]["resourceVersion"] = "any"
        s.note(s._plain(s._json(event_seen)))


@check
def watch_list(s):
    """sendInitialEvents: what there is, the marked bookmark, what happens."""
    path = maps(s, "ab")
    query = ("?watch=1&sendInitialEvents=true"
             "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
    s.watch(path + query, 4, lambda: s.create(path, config_map("c")))
    s.settle(path)
    s.watch(path + query + "&labelSelector=app%3Da&timeoutSeconds=1")
    s.watch(path + query + "&labelSelector=app%3Dnone&timeoutSeconds=1")
    s.watch(f"{path}{query}&resourceVersion={known(s, 'create c')}"
            "&timeoutSeconds=1")
    s.watch(path + query + "&resourceVersion=0&timeoutSeconds=1")
    s.watch(path + query.replace("&allowWatchBookmarks=true", "") +
            "&timeoutSeconds=1")
    s.watch(path + query.replace("sendInitialEvents=true",
                                 "sendInitialEvents=false") +
            "&timeoutSeconds=1")
    s.watch(f"{path}?watch=1&sendInitialEvents=false"
            "&resourceVersionMatch=NotOlderThan"
            f"&resourceVersion={known(s, 'create b')}", 1)


@check
def watch_list_of_custom_resources(s):
    """A watch-list of custom resources, one of them at least."""
    group, path = kind(s)
    query = ("?watch=1&sendInitialEvents=true&timeoutSeconds=1"
             "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
    s.watch(path + query)
    s.create(path, thing(group, "a", z=1, a=2))
    s.settle(path)
    s.watch(path + query)


@check
def watch_list_from_the_future(s):
    """A watch-list from a revision that is not yet is an error event."""
    path = maps(s, "a")
    s.watch(path + "?watch=1&sendInitialEvents=true&resourceVersion=99999999"
            "&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            "&timeoutSeconds=5")


@check
def watch_list_options(s):
    """What sendInitialEvents needs, and what needs it."""
    path = maps(s, "a")
    for query in ("sendInitialEvents=true", "sendInitialEvents=false",
                  "sendInitialEvents=true&resourceVersionMatch=Exact",
                  "sendInitialEvents=true&resourceVersionMatch=Wrong",
                  "resourceVersionMatch=NotOlderThan",
                  "resourceVersionMatch=NotOlderThan&resourceVersion=5",
                  "resourceVersionMatch=Exact",
                  "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                  "&continue=e30"):
        s.watch(f"{path}?watch=1&{query}", 1)


@check
def watch_label_selector(s):
    """Entering a selection is ADDED, leaving it DELETED with what it was."""
    path = maps(s, "")
    at = s.position(path)
    s.create(path, config_map("a", labels={"in": "no"}))
    s.patch(path + "/a", {"metadata": {"labels": {"in": "yes"}}}, "enter")
    s.patch(path + "/a", {"data": {"k": "inside"}}, "inside")
    s.patch(path + "/a", {"metadata": {"labels": {"in": "no"}},
                          "data": {"k": "outside"}}, "leave")
    s.patch(path + "/a", {"data": {"k": "unseen"}}, "unseen")
    s.patch(path + "/a", {"metadata": {"labels": {"in": "yes"}}}, "again")
    s.delete(path + "/a")
    query = f"?watch=1&resourceVersion={at}&labelSelector="
    s.watch(path + query + "in%3Dyes", 5)
    s.watch(path + query + "in%21%3Dyes", 4)
    s.watch(path + query + "in", 7)
    s.watch(path + query + "none&timeoutSeconds=1")


@check
def watch_field_selector(s):
    """One object by its name, as kubectl -w watches it."""
    path = maps(s, "ab")
    at = s.position(path)
    s.patch(path + "/a", {"data": {"k": "w"}})
    s.patch(path + "/b", {"data": {"k": "w"}})
    s.delete(path + "/b")
    s.watch(f"{path}?watch=1&fieldSelector=metadata.name%3Db"
            f"&resourceVersion={at}", 2)
    s.watch(path + "?watch=true&resourceVersion=0"
            "&fieldSelector=metadata.name%3Da", 1)


@check
def watch_one_namespace(s):
    """A namespace alone, and all of them through a selector."""
    path = maps(s, "", "-x")
    other = maps(s, "", "-y")
    at = s.position(path)
    for where, name in ((path, "a"), (other, "b"), (path, "c")):
        s.create(where, config_map(name, labels={"of": s.space}))
    s.delete(other + "/b")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 2)
    s.watch(f"{other}?watch=1&resourceVersion={at}", 2)
    s.watch(f"/api/v1/configmaps?watch=1&resourceVersion={at}"
            f"&labelSelector=of%3D{s.space}", 4)


@check
def watch_events(s):
    """Core Events: from etcd itself, without bookmarks until the end."""
    ns = namespace(s)
    path = f"/api/v1/namespaces/{ns}/events"
    at = s.position(path)
    s.create(path, event("e", ns))
    s.patch(path + "/e", {"count": 2})
    s.delete(path + "/e")
    s.watch(f"{path}?watch=1&resourceVersion={at}"
            "&allowWatchBookmarks=true", 3)
    s.watch(f"{path}?watch=1&resourceVersion={at}&timeoutSeconds=4"
            "&allowWatchBookmarks=true", bookmarks=True)
    s.watch(path + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=1")
    s.watch(path + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=1"
            "&resourceVersion=0")


@check
def watch_events_of_both_groups(s):
    """The same Event in both groups: the same revisions and uid."""
    ns = namespace(s)
    path = f"/api/v1/namespaces/{ns}/events"
    at = s.position(path)
    s.create(path, event("e", ns))
    s.patch(path + "/e", {"count": 2})
    s.delete(path + "/e")
    for group in ("/api/v1", "/apis/events.k8s.io/v1"):
        s.watch(f"{group}/namespaces/{ns}/events?watch=1"
                f"&resourceVersion={at}", 3)


@check
def watch_custom_resources(s):
    """Events of custom resources: sorted keys, generations."""
    group, path = kind(s)
    at = s.position(path)
    s.create(path, thing(group, "a", z=1, a=2))
    s.patch(path + "/a", {"spec": {"z": 2}})
    s.patch(path + "/a", {"metadata": {"labels": {"l": "m"}}}, "label a")
    s.delete(path + "/a")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 4)


@check
def watch_gzip(s):
    """A watch is not zipped, whatever is accepted."""
    path = maps(s, "a")
    s.watch(path + "?watch=1", 1, headers={"Accept-Encoding": "gzip"})


# -- kinds that come and go

@check
def crd_created(s):
    """What becomes of a new CRD, and what is served then."""
    at = s.position(CRDS)
    group = f"{s.space}.test"
    s.create(CRDS, crd(group), "crd")
    s.until(f"/apis/{group}/v1/things", 200)
    s.watch(f"{CRDS}?watch=1&resourceVersion={at}"
            f"&fieldSelector=metadata.name%3Dthings.{group}", 3)
    s.ask(f"/apis/{group}")
    s.ask(f"/apis/{group}/v1", shape=no_hash)
    s.ask(f"/apis/{group}/v1/things")


@check
def crd_edited(s):
    """An edit of a CRD's spec ends its watches and its history."""
    group, path = kind(s)
    s.create(path, thing(group, "a"))
    at = s.settle(path)

    def edit():
        s.create(path, thing(group, "b"))
        status, _, _ = s.quiet(
            "PATCH", f"{CRDS}/things.{group}",
            {"spec": {"names": {"shortNames": ["tg"]}}},
            content_type="application/merge-patch+json")
        s.note(f"edited: {status}")
    s.watch(f"{path}?watch=1&resourceVersion={at}", during=edit)
    # A server that is busy serves the old storage for a while, and then none.
    old = f"{path}?watch=1&resourceVersion={at}&timeoutSeconds=1"
    s.until(old, 200, "Expired")
    s.watch(old)
    s.ask(path)
    now = s.settle(path)
    s.create(path, thing(group, "c"))
    s.watch(f"{path}?watch=1&resourceVersion={now}", 1)
    s.ask(f"/apis/{group}/v1", shape=no_hash)


@check
def crd_label_is_no_edit(s):
    """A change of a CRD's labels leaves its watches alone."""
    group, path = kind(s)
    at = s.settle(path)

    def edit():
        s.quiet("PATCH", f"{CRDS}/things.{group}",
                {"metadata": {"labels": {"l": "m"}}},
                content_type="application/merge-patch+json")
        s.create(path, thing(group, "a"))
    s.watch(f"{path}?watch=1&resourceVersion={at}&timeoutSeconds=3",
            during=edit)


@check
def crd_deleted(s):
    """A deleted CRD deletes its objects, ends its watches, and is 404."""
    group, path = kind(s)
    for name in "ab":
        s.create(path, thing(group, name))
    at = s.settle(path)
    crds = s.position(CRDS)
    s.watch(f"{path}?watch=1&resourceVersion={at}",
            during=lambda: s.delete(f"{CRDS}/things.{group}"))
    s.until(f"{CRDS}/things.{group}", 404)
    s.ask(path)
    s.ask(f"/apis/{group}/v1")
    s.watch(f"{path}?watch=1&resourceVersion={at}", 1)
    s.watch(f"{CRDS}?watch=1&resourceVersion={crds}"
            f"&fieldSelector=metadata.name%3Dthings.{group}", 3)
    s.create(CRDS, crd(group), "crd again")
    s.until(path, 200)
    s.ask(path)


# -- discovery

GROUPS = ("apps", "events.k8s.io", "batch", "networking.k8s.io",
          "rbac.authorization.k8s.io", "apiextensions.k8s.io",
          "coordination.k8s.io", "apiregistration.k8s.io")
# What the simulated cluster serves of them.
RESOURCES = {
    "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes",
    "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas",
    "secrets", "serviceaccounts", "services", "apiservices",
    "controllerrevisions", "daemonsets", "deployments", "replicasets",
    "statefulsets", "cronjobs", "jobs", "ingresses", "clusterroles", "roles",
    "customresourcedefinitions", "leases", "bindings", "componentstatuses"}


def common_resources(parsed):
    """A list of resources cut to those that both have."""
    parsed["resources"] = sorted(
        (one for one in parsed["resources"] if one["name"] in RESOURCES),
        key=lambda one: one["name"])
    return parsed


def common_groups(parsed):
    """A list of groups cut to those that both have, in a fixed order."""
    key = "items" if "items" in parsed else "groups"

    def name(one):
        return one.get("metadata", one).get("name", "")
    parsed[key] = sorted(
        (one for one in parsed[key] if name(one) in GROUPS + ("",)), key=name)
    for one in parsed[key]:
        for version in one["versions"]:
            if "resources" not in version:
                continue
            version["resources"] = sorted(
                (r for r in version["resources"] if r["resource"] in RESOURCES),
                key=lambda r: r["resource"])
            for resource in version["resources"]:
                resource.pop("subresources", None)
    return parsed


@check
def discovery_legacy(s):
    """/api, /apis, the groups and their resources."""
    def no_address(parsed):
        parsed["serverAddressByClientCIDRs"][0]["serverAddress"] = "here"
        return parsed
    s.ask("/api", shape=no_address)
    s.ask("/apis", shape=common_groups)
    s.ask("/api/v1", shape=common_resources)
    for group in GROUPS:
        s.ask(f"/apis/{group}")
        s.ask(f"/apis/{group}/v1", shape=common_resources)


@check
def discovery_aggregated(s):
    """The aggregated form of both roots."""
    for root in ("/api", "/apis"):
        s.ask(root, headers={"Accept": AGGREGATED}, shape=common_groups)


@check
def discovery_negotiation(s):
    """Which Accept headers get which form."""
    def what(parsed):
        return parsed.get("kind"), parsed.get("message")
    old = AGGREGATED.replace("v=v2", "v=v2beta1")
    for accepted in (AGGREGATED + ",application/json",
                     f"{AGGREGATED},{old},application/json",
                     f"{old},{AGGREGATED},application/json",
                     "application/json," + AGGREGATED, old + ",*/*",
                     "application/json;as=APIGroupDiscoveryList;v=v2;"
                     "g=apidiscovery.k8s.io", "*/*", "application/json",
                     "text/html", old):
        for root in ("/api", "/apis"):
            s.ask(root, headers={"Accept": accepted}, shape=what)
    s.ask("/apis/apps/v1", headers={"Accept": AGGREGATED}, shape=what)
    s.ask("/apis/apps/v1", headers={"Accept": AGGREGATED + ",*/*"}, shape=what)


@check
def discovery_of_a_custom_kind(s):
    """How a CRD's kind is discovered, in both forms."""
    group, _ = kind(s)
    s.until(f"/apis/{group}", 200)

    def own(parsed):
        return [one for one in parsed["items"]
                if one["metadata"].get("name") == group]
    s.ask(f"/apis/{group}")
    s.ask(f"/apis/{group}/v1", shape=no_hash)
    for _ in range(100):
        _, _, text = s.quiet("GET", "/apis", headers={"Accept": AGGREGATED})
        if own(json.loads(text)):
            break
        time.sleep(0.1)
    s.ask("/apis", headers={"Accept": AGGREGATED}, shape=own)


@check
def version_and_health(s):
    """/version, and the three that say ok."""
    def shape(parsed):
        return {key: value if key in ("major", "minor", "gitVersion",
                                      "platform") else "any"
                for key, value in parsed.items()}
    s.note(f"{list(json.loads(s.quiet('GET', '/version')[2]))}")
    s.ask("/version", shape=shape)
    for path in ("/readyz", "/healthz", "/livez"):
        s.ask(path, framing=True)
        s.ask(path, user="")


# -- who may do what

@check
def access_bad_token(s):
    """A token that nobody has."""
    path = maps(s, "a")
    for where in (path, path + "?watch=1", "/apis", "/version", "/readyz",
                  "/nothing"):
        s.ask(where, user="nobody-has-this", framing=True)


@check
def access_anonymous(s):
    """No token at all."""
    path = maps(s, "a")
    for where in (path, path + "/a", path + "?watch=1", "/api", "/apis",
                  "/nothing", "/api/v1/nopes"):
        s.ask(where, user="")
    s.ask("/version", user="", shape=lambda p: "any")


@check
def access_none(s):
    """A user without rights: reads, watches, writes, discovery."""
    path = maps(s, "a")
    for where in (path, path + "/a", path + "?watch=1",
                  path.replace("/v1/", "/v1/watch/"), "/api/v1/pods",
                  "/apis/apps/v1/deployments",
                  "/apis/apps/v1/namespaces/x/deployments/y",
                  "/api/v1/namespaces", "/api/v1/namespaces/" + s.space,
                  "/api/v1/nopes", "/apis/no.group/v1/things", "/nothing",
                  "/apis/no.group", "/api/v1/namespaces/x/pods/y/log",
                  path + "?fieldSelector=metadata.name%3Da"):
        s.ask(where, user="limited", framing=True)
    s.ask("/version", user="limited", shape=lambda p: "any")
    s.ask("/apis", user="limited", shape=common_groups)
    for method, where in (("POST", path), ("PUT", path + "/a"),
                          ("PATCH", path + "/a"), ("DELETE", path + "/a"),
                          ("DELETE", path)):
        s.ask(where, method, user="limited")


@check
def access_one_namespace(s):
    """A user who may read one namespace."""
    for where in ("/api/v1/namespaces/readable/configmaps",
                  "/api/v1/namespaces/readable/configmaps/none",
                  "/api/v1/namespaces/other/configmaps",
                  "/api/v1/configmaps", "/api/v1/nodes",
                  "/apis/apps/v1/namespaces/readable/deployments"):
        s.ask(where, user="reader")
    s.watch("/api/v1/namespaces/readable/secrets?watch=1&timeoutSeconds=1",
            user="reader")
    s.watch("/api/v1/secrets?watch=1&timeoutSeconds=1", user="reader")
    s.ask("/api/v1/namespaces/readable/configmaps", "POST", config_map("a"),
          user="reader")


@check
def access_one_kind(s):
    """A user who may read one kind everywhere."""
    for where in ("/api/v1/configmaps?labelSelector=none",
                  "/api/v1/namespaces/readable/configmaps",
                  "/api/v1/secrets",
                  "/api/v1/namespaces/readable/secrets/x"):
        s.ask(where, user="mapper")
    s.watch("/api/v1/configmaps?watch=1&labelSelector=none"
            "&timeoutSeconds=1", user="mapper")


# -- history taken away; each is called with what takes it

@last
def history_is_gone(s, forget):
    """Positions and tokens that are too old, and the replacement token."""
    path = maps(s, "abcd")
    ns = s.space
    events = f"/api/v1/namespaces/{ns}/events"
    s.create(events, event("e", ns))
    group, things = kind_in(s)
    s.create(things, thing(group, "a"))
    page = s.ask(path + "?limit=2")
    old = known(s, "create a")
    s.patch(path + "/a", {"data": {"k": "later"}})
    s.delete(path + "/d")
    s.close()
    forget()
    s.until(things, 200)
    s.create(path, config_map("z"), "create after")
    s.settle(path)
    for where in (path, events, things):
        s.watch(f"{where}?watch=1&resourceVersion={old}&timeoutSeconds=3")
    gone = s.ask(f"{path}?limit=2&continue={token(page)}")
    s.ask(f"{path}?limit=2&continue={token(gone)}")
    s.ask(f"{path}?resourceVersion={old}&resourceVersionMatch=Exact")
    s.ask(f"{path}?resourceVersion={old}&limit=2")
    s.ask(f"{path}?resourceVersion={old}&resourceVersionMatch=NotOlderThan")
    s.ask(f"{path}?resourceVersion={old}")
    s.ask(f"{events}?resourceVersion={old}&resourceVersionMatch=Exact")
