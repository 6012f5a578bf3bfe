"""What kubectl shows of a cluster, kept, and kubescribe held against it.

A look is a folder: `one.db`, what the recorder made of a cluster with the zoo
in it; `calls.jsonl`, what the real kubectl answered to each of a few hundred
questions about the same cluster, and when; `kubeconfig`. It needs no server any
more: compare() asks kubescribe the same questions as of the same instants.
"""

import collections
import concurrent.futures
import difflib
import json
import math
import os
import pathlib
import re
import subprocess
import time

import dump_tables
import exact_json
import kube

NAMESPACES = ("zoo", "zoo-two")
# The microseconds that the zoo writes (zoo.py).
_MICROS = 0.123456

# name of a format: its flags. kubectl needs a fifth of a second for an answer
# on a busy machine, so that what does not disturb each other is asked at once.
FORMATS = {
    "table": ("-A",),
    "wide": ("-A", "-o", "wide", "--show-labels", "-L",
             "app,kubernetes.io/metadata.name"),
    "plain": ("-A", "--no-headers", "--show-kind",
              "--sort-by={.metadata.creationTimestamp}"),
    "yaml": ("-A", "-o", "yaml"),
    "json": ("-A", "-o", "json"),
    "jsonpath": ("-A", "-o",
                 'jsonpath={range .items[*]}{.metadata.name}{"\\t"}'
                 '{.metadata.labels}{"\\t"}{.spec}{"\\n"}{end}'),
    "columns": ("-A", "-o",
                "custom-columns=N:.metadata.name,S:.metadata.namespace,"
                "L:.metadata.labels,X:.spec,Y:.status.conditions[*].type,"
                "Z:.metadata.labels.app"),
}
# Of one object.
ONE_FORMATS = {"one": ("-o", "yaml")}
DESCRIBE = "describe"

# Not asked, since kubectl's answer is not one to have: what Go shuffles (".*"
# and ".." over maps), errors of --sort-by in a table (it says that there are no
# resources), and kinds that cannot be watched (componentstatuses).

# Questions that are not about one kind. "words" is their kind.
WORDS = """
get all -A
get all -n zoo
get all -n zoo -o wide
get all -n zoo -o name
get all -n zoo --show-labels
get all -n zoo-empty
get zoo -A
get po,svc -n zoo
get pods,services -A -o wide
get pods,deployments.apps,svc -n zoo --no-headers
get po,svc -n zoo -o name
get po,cm -n zoo-two -o yaml
get po,cm -n zoo-two -o json
get deploy/deployed svc/cluster-ip -n zoo
get deploy/deployed svc/cluster-ip -n zoo -o yaml
get pod/rich pod/gated -n zoo
get pod rich gated -n zoo
get pods rich -n zoo -o wide --show-labels -L app
get pods.v1. -n zoo-two
get deployments.v1.apps -n zoo
get deployments.apps -n zoo
get pods.example.com -n zoo
get pods.v1.example.com -A
get animals.v1beta1.example.com -A
get animals.v1beta1.example.com -A -o yaml
get an -A
get animal cat -n zoo
get events.events.k8s.io -n zoo
get events.v1.events.k8s.io -n zoo -o wide
get hpa.v1.autoscaling -n zoo
get pods -n zoo -l app=web
get pods -A -l app=web,tier=front
get pods -A -l app!=web
get pods -A -l tier
get pods -A -l !tier
get pods -A -l app,tier notin (front)
get pods -A -l app in (web,rich)
get pods -A -l app=none
get pods -n zoo -l app=none
get pods -n zoo --field-selector status.phase=Running
get pods -A --field-selector metadata.name=rich
get pods -A --field-selector spec.nodeName=node-a,status.phase!=Running
get events -n zoo --field-selector involvedObject.name=plain-running
get events -n zoo --field-selector type=Warning -o wide
get services -n zoo --field-selector spec.type=LoadBalancer
get pods -n zoo --field-selector foo=bar
get deploy,jobs,pods -A -l a=b --field-selector foo=bar,metadata.name=x
get pods
get pods -n zoo-empty
get pods -n no-such-namespace
get pods -A -o json -l app=none
get pods -n zoo-empty -o yaml
get pods -n zoo-empty -o name
get pods -n zoo-empty -o wide --no-headers
get pods -n zoo-empty -o custom-columns=N:.metadata.name
get pods -n zoo-empty -o jsonpath={.items}
get pod none -n zoo
get pod none rich -n zoo
get pod none -n zoo --ignore-not-found
get pod rich none -n zoo -o name
get pod rich none -n zoo -o yaml
get pods,svc -n zoo-empty
get namespaces --ignore-not-found
get stones
get stones -n zoo
get stones -A
get unused -A
get nodes
get nodes --show-kind
get nodes,pv,sc
get pods -n zoo --sort-by=.metadata.name
get pods -n zoo --sort-by=.status.phase
get pods -n zoo --sort-by=.spec.nodeName
get pods -n zoo --sort-by={.status.containerStatuses[0].restartCount}
get pods -n zoo --sort-by=.status.containerStatuses[0].restartCount --no-headers
get pv --sort-by=.spec.capacity.storage
get pods -n zoo --sort-by=metadata.name -o yaml
get pods -n zoo --sort-by=.metadata.name -o name
get events -n zoo --sort-by=.lastTimestamp
get pods -n zoo -o custom-columns=NAME:.metadata.name,IMAGES:.spec.containers[*].image
get pods -n zoo -o custom-columns=NAME:metadata.name,RSRC:.metadata.resourceVersion --no-headers
get pods -n zoo -o custom-columns=A:{.status.podIPs[*].ip},B:.metadata.annotations.one,C:.spec.containers[0].ports
get pod rich -n zoo -o custom-columns=A:.spec.volumes[*].name,B:.spec.tolerations
get po,svc -n zoo -o custom-columns=K:.kind,N:.metadata.name
get pods -n zoo -o jsonpath={.items[*].metadata.name}
get pods -n zoo -o jsonpath={.items[?(@.status.phase=="Running")].metadata.name}
get pods -n zoo -o jsonpath={range .items[*]}{.metadata.name}{"="}{.status.phase}{"\\n"}{end}
get pods -n zoo -o jsonpath={.items[0]}
get pods -n zoo -o jsonpath={.items[0:3].metadata.name}
get pods -n zoo -o jsonpath={.items[-1:].metadata.name}
get pods -n zoo -o jsonpath={.kind}{.apiVersion}{.metadata}
get pod rich -n zoo -o jsonpath={.spec.containers[*].env[?(@.value)].name}
get pod rich -n zoo -o jsonpath={.spec.tolerations[*]['key','operator']}
get pod rich -n zoo -o jsonpath={.metadata.annotations.example\\.com/long}
get pod rich -n zoo -o jsonpath={.no.such}
get pod rich -n zoo -o jsonpath={.metadata.labels['app']}
get pod rich -n zoo -o jsonpath-as-json={.spec.containers[*].name}
get pods -n zoo -o jsonpath-as-json={.items[*].metadata.labels}
get cm hard-for-yaml -n zoo -o yaml
get cm hard-for-yaml -n zoo -o json
get cm hard-for-yaml -n zoo -o jsonpath={.data}
get cm hard-for-yaml -n zoo -o custom-columns=D:.data
get pod rich -n zoo -o yaml --show-managed-fields
get pods -n zoo-two -o json --show-managed-fields
get deploy deployed -n zoo -o yaml --show-managed-fields=true
get pods --all-namespaces=true --show-labels=true --no-headers=true
get pods -n zoo --label-columns=app --label-columns tier
get pods -n zoo -Lapp,tier --show-labels
get pods -n zoo -owide
get ns,no
get crd
""".strip().splitlines()
DESCRIBE_WORDS = """
describe pods -n zoo -l app=web
describe pod/rich svc/cluster-ip -n zoo
describe pods -n zoo-empty
describe pod none -n zoo
describe pod init -n zoo
describe deploy deployed -n zoo --show-events=false
describe nodes node-a
""".strip().splitlines()


class Call:
    """One question: the program's words, of which kind and format it is."""

    def __init__(self, kind, form, words, answer=None):
        self.kind = kind
        self.form = form
        self.words = list(words)
        self.answer = answer or {}

    def line(self):
        return json.dumps({"kind": self.kind, "form": self.form,
                           "words": self.words, **self.answer},
                          ensure_ascii=False)

    def __str__(self):
        return " ".join(w if re.fullmatch(r"[\w.,/=:@%+-]+", w) else
                        "'" + w.replace("'", "'\\''") + "'"
                        for w in self.words)


def _words(line):
    """A line of WORDS; blanks within a jsonpath or a selector do not part."""
    line = line.replace("range .items", "range\x00.items")
    words = line.split()
    if "-l" in words:  # the last one
        at = words.index("-l")
        words[at + 1:] = [" ".join(words[at + 1:])] if not any(
            w.startswith("-") for w in words[at + 1:]) else words[at + 1:]
    return [w.replace("\x00", " ").replace("\\\\", "\\") for w in words]


def wanted(kind, form, kinds, forms):
    return (not kinds or kind in kinds or kind.split(".")[0] in kinds) and (
        not forms or form in forms)


def calls(client, kinds=(), forms=()):
    """Every question about what the cluster has."""
    for group, version, resource, _, namespaced in sorted(
            {k[2] + "." + k[0]: k for k in dump_tables.kinds(client)}.values(),
            key=lambda k: (k[0], k[2])):
        kind = f"{resource}.{group}" if group else resource
        if not (not kinds or kind in kinds or resource in kinds):
            continue
        items = client.get(kube.path_of(group, version, resource))["items"]
        everywhere = lambda flags: [f for f in flags
                                    if namespaced or f != "-A"]
        for form, flags in FORMATS.items():
            if not forms or form in forms:
                yield Call(kind, form, ["get", kind, *everywhere(flags)])
        if items:
            first = ([i for i in items
                      if i["metadata"].get("namespace") == "zoo"] or items)[0]
            place = _place(first)
            for form, flags in ONE_FORMATS.items():
                if not forms or form in forms:
                    yield Call(kind, form, ["get", kind, *place, *flags])
        if not forms or DESCRIBE in forms:
            yield Call(kind, DESCRIBE, ["describe", kind, *everywhere(["-A"])])
    for form, lines in (("get", WORDS), (DESCRIBE, DESCRIBE_WORDS)):
        for line in lines:
            if wanted("words", form, kinds, forms):
                yield Call("words", form, _words(line))
    if wanted("words", "short", kinds, forms):
        names = sorted(_short_names(client))
        for at in range(0, len(names), 12):
            words = ["get", ",".join(names[at:at + 12])]
            yield Call("words", "short", [*words, "-n", "zoo"])
            yield Call("words", "short", [*words, "-n", "zoo-two", "-o",
                                          "name"])


def _place(item):
    meta = item["metadata"]
    namespace = meta.get("namespace")
    return [meta["name"], *(["-n", namespace] if namespace else [])]


def _short_names(client):
    names = set()
    for path in ("/api/v1", *(
            f"/apis/{group['preferredVersion']['groupVersion']}"
            for group in client.get("/apis")["groups"])):
        status, text = client.raw("GET", path)
        if status == 200:
            for item in exact_json.loads(text)["resources"]:
                if {"list", "watch"} <= set(item["verbs"]):
                    names.update(item.get("shortNames", ()))
                    names.add(item["singularName"] or item["kind"].lower())
    return names


def run(program, words, environment):
    done = subprocess.run(
        [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, check=False, env=environment, timeout=120)
    return (done.returncode, done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"))


def environment_of(folder):
    """No terminal, no colour, no home of a person; times in UTC."""
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith(("KUBE", "LC_", "LANG"))}
    environment.update(HOME=str(folder), KUBECONFIG=f"{folder}/kubeconfig",
                       TZ="UTC", NO_COLOR="1", LC_ALL="C.UTF-8")
    return environment


def ask_kubectl(kubectl, folder, client, kinds, forms, jobs):
    """Writes calls.jsonl; returns how many calls there are."""
    environment = environment_of(folder)
    questions = list(calls(client, kinds, forms))
    # The first one fills the cache of discovery, which all share.
    run(kubectl, ["api-resources"], environment)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        answers = pool.map(lambda call: ask_within_a_second(
            kubectl, call.words, environment), questions)
        with open(folder / "calls.jsonl", "w", encoding="utf-8",
                  errors="surrogateescape") as out:
            for call, call.answer in zip(questions, answers):
                out.write(call.line() + "\n")
    return len(questions)


def ask_within_a_second(kubectl, words, environment):
    """An answer of which no age was computed a second after another, unless
    that does not come about in some tries."""
    # One request to the server computes all ages at once.
    ticking = words[0] == "get" and ("," in words[1] or words[1] == "all")
    for _ in range(4 if ticking else 1):
        began = time.time()
        code, out, err = run(kubectl, words, environment)
        ended = time.time()
        if len(_instants(began, ended)) == 1:
            break
        # From the start of a second there is most time.
        if ended - began < 1:
            time.sleep(1 - (time.time() - _MICROS - 0.02) % 1)
    return {"began": began, "ended": ended, "code": code, "out": out,
            "err": err}


def _instants(began, ended):
    """Instants of [began, ended] at which all ages are those of some instant
    of it: one in each part, cut where a second or a microsecond text ends."""
    cuts = sorted(
        cut for second in range(math.floor(began) - 1, math.ceil(ended) + 1)
        for cut in (second, second + _MICROS) if began < cut < ended)
    edges = [began, *cuts, ended]
    return [(low + high) / 2 for low, high in zip(edges, edges[1:])]


def load(folder, kinds=(), forms=()):
    with open(pathlib.Path(folder) / "calls.jsonl", encoding="utf-8",
              errors="surrogateescape") as file:
        for line in file:
            answer = json.loads(line)
            call = Call(answer.pop("kind"), answer.pop("form"),
                        answer.pop("words"), answer)
            if wanted(call.kind, call.form, kinds, forms):
                yield call


def _rfc3339(instant):
    whole = math.floor(instant)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + \
        f".{int((instant - whole) * 1e6):06d}Z"


def _plain_err(text):
    """stderr without what each of the programs adds on its own."""
    return "".join(line for line in text.splitlines(True)
                   if not line.startswith(("Warning: ", "warning: ", "note: ",
                                           "hint: ", "I", "W1", "E1")))


def _limits_in_order(text):
    """kubectl goes through the resources of a limit in any order."""
    return re.sub(r"(?m)(?:^ ?(?:Container|Pod|PersistentVolumeClaim) .*\n)+",
                  lambda m: "".join(sorted(m[0].splitlines(True))), text)


def _masked(call, text):
    """Values of Secrets are recorded as fingerprints: not compared."""
    if call.form == DESCRIBE and call.kind in ("namespaces", "limitranges"):
        return _limits_in_order(text)
    if not call.kind.startswith("secrets"):
        return text
    if call.form == DESCRIBE:
        return re.sub(r"(?<=\n====\n)(?:\S+: .*\n)+", lambda m: re.sub(
            r"(?m)^(\S+: +).*$", r"\1-", m[0]), text)
    if call.form in ("yaml", "one"):
        return re.sub(r"(?m)^( *)data:\n((?:\1  .*\n)+)", lambda m:
                      f"{m[1]}data:\n" + re.sub(r"(?m): .*$", ": -", m[2]),
                      text)
    if call.form == "json":
        return re.sub(r'("data": \{)([^}]*)(\})', lambda m: m[1] + re.sub(
            r'": ".*?"', '": "-"', m[2]) + m[3], text)
    return text


class Difference:
    """One answer that is not kubectl's."""

    def __init__(self, call, what, expected, got, err):
        self.call = call
        self.what = what
        self.err = err
        self.diff = list(difflib.unified_diff(
            expected.splitlines(True), got.splitlines(True), "kubectl",
            "kubescribe", n=1))

    def text(self, limit):
        lines = [line if line.endswith("\n") else line + "\\no newline\n"
                 for line in self.diff]
        shown = "".join(line if len(line) < 400 else line[:400] + "…\n"
                        for line in lines[:limit])
        more = len(lines) - limit
        return (f"$ {self.call}   [{self.call.kind} {self.call.form} "
                f"{self.what}]\n{shown}" +
                (f"… {more} lines more\n" if more > 0 else "") +
                "".join(f"stderr: {line}\n"
                        for line in self.err.splitlines()[:3]))


def compare_one(kubescribe, folder, call):
    """None, or the Difference of one call."""
    environment = environment_of(folder)
    place = ["--file", f"{folder}/one.db"]
    if call.words[0] == DESCRIBE:
        place.append("--show-changes=false")  # kubectl has no such section
    answer = call.answer
    if "the server could not find the requested resource" in answer["err"]:
        return None  # kubectl describes a version that this server has not
    if not answer["out"]:
        _, out, err = run(kubescribe, [*call.words, *place], environment)
        expected, got = _plain_err(answer["err"]), _plain_err(err)
        if out:
            return Difference(call, "stdout", "", out, err)
        if expected != got:
            return Difference(call, "stderr", expected, got, "")
        return None
    expected = _masked(call, answer["out"])
    best = None
    # Of an Event with a time of its own to the microsecond an age can change
    # anywhere in between.
    instants = [*_instants(answer["began"], answer["ended"]),
                answer["began"], answer["ended"]]
    if "leases" in call.kind or "events" in call.kind:
        # Written all the time: what kubectl saw may be recorded a bit later.
        instants += [answer["ended"] + step / 4 for step in range(9)]
    told = []
    for instant in instants:
        _, out, err = run(
            kubescribe, [*call.words, *place, "--at", _rfc3339(instant)],
            environment)
        got = _masked(call, out)
        if got == expected:
            return None
        told.append(got.split("\n"))
        found = Difference(call, "stdout", expected, got, err)
        if best is None or len(found.diff) < len(best.diff):
            best = found
    # The lines of one answer of kubectl are of several instants.
    lines = expected.split("\n")
    if all(len(each) == len(lines) for each in told) and all(
            any(each[at] == line for each in told)
            for at, line in enumerate(lines)):
        return None
    return best


def compare(kubescribe, folder, kinds=(), forms=(), jobs=2):
    """(how many were compared, the differences)."""
    questions = list(load(folder, kinds, forms))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(
            lambda call: compare_one(kubescribe, folder, call), questions))
    return len(questions), [d for d in found if d]


def report(count, differences, limit=12, shown=40):
    """Text: grouped by kind, the least different first."""
    by_kind = collections.defaultdict(list)
    for difference in differences:
        by_kind[difference.call.kind].append(difference)
    lines = []
    left = shown
    for kind, found in sorted(by_kind.items()):
        forms = collections.Counter(d.call.form for d in found)
        lines.append(f"=== {kind}: " + ", ".join(
            f"{form} {n}" if n > 1 else form for form, n in forms.items()))
        for difference in found:
            if left > 0:
                lines.append(difference.text(limit))
                left -= 1
    lines.append(f"{count} comparisons, {len(differences)} differences")
    forms = collections.Counter(d.call.form for d in differences)
    if forms:
        lines.append("by format: " + ", ".join(
            f"{form} {n}" for form, n in forms.most_common()))
    return "\n".join(lines)
