"""Lists of the past are the lists that the server gave then.

While writers write, lists are taken from the server. `kubescribe get --rv` of
a list's own resourceVersion equals it exactly. In pauses of the writers `--at`
of that moment, on the recorder's clock, equals it too, and is certain. All of
it once with one clock and once with the recorder's five minutes ahead and
behind.
"""

import datetime
import random
import threading
import time

import checker
import exact_json
import journal as journals
import kube
import recorder as recorders
import scenario
import writers

OFFSETS = (0, 300, -300)
ROUNDS = 5


class Taken:
    """A list, when it was taken (our clock) and whether writers paused."""

    def __init__(self, kind, listed, at, paused):
        self.kind = kind
        self.rv = listed["metadata"]["resourceVersion"]
        self.items = listed.get("items") or []
        self.at = at
        self.paused = paused


def take(client, kind, paused):
    at = datetime.datetime.now(datetime.timezone.utc)
    return Taken(kind, client.get(kube.path_of(*kind)), at, paused)


def run(context):
    for offset in OFFSETS:
        context.say(f"-- the recorder's clock is {offset:+d} s off")
        with context.cluster(f"clock{offset:+d}") as cluster:
            cluster.start()
            record_and_ask(context, cluster, offset)


def record_and_ask(context, cluster, offset):
    journal = journals.Journal()
    slots = writers.slots(100)
    cluster.namespace(*writers.NAMESPACES)
    writers.install_crd(cluster.client(), writers.crd())
    writers.Writer(cluster.client(), journal, slots, context.seed,
                   None).create_all()
    recorder = recorders.Recorder(
        context, cluster.kubeconfig(), name=cluster.name,
        data=context.work / f"data{offset:+d}", clock_offset=offset)
    try:
        recorder.start()
        recorder.wait_all_watching()
        recorder.wait_watching(writers.PAIRS)
        journal.mood = journals.STRICT
        taken = write_and_list(context, cluster, journal, slots)
        recorder.wait_positions(writers.marks(cluster.client(), journal))
        time.sleep(1)
        ask_all(context, recorder, taken, offset, "while it records")
        recorder.stop()
    finally:
        recorder.end()
    context.expect(recorder.check_file(), "the file is whole")
    ask_all(context, recorder, taken, offset, "from the stopped file")


def write_and_list(context, cluster, journal, slots):
    """Lists taken amid the writes and in pauses of them."""
    client = cluster.client()
    taken = []
    gate = threading.Event()
    gate.set()
    crew = writers.Crew(cluster, journal, slots, context.seed, 2, gate.wait)
    crew.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(context.rng.uniform(0.3, 0.8))
            for kind in writers.KINDS:
                taken.append(take(client, kind, False))
            gate.clear()
            # Longer than a write takes and than it takes to arrive.
            time.sleep(1.5)
            for kind in writers.KINDS:
                taken.append(take(client, kind, True))
            time.sleep(0.5)
            gate.set()
            crew.check()
    finally:
        gate.set()
        crew.stop()
    context.say(f"{len(journal)} writes, {len(taken)} lists")
    return taken


def ask_all(context, recorder, taken, offset, when):
    wrong = []
    asked = random.Random(context.seed).sample(taken, min(20, len(taken)))
    for one in asked:
        wrong += compare(recorder, one, ["--rv", one.rv])
        if one.paused:
            at = one.at + datetime.timedelta(seconds=offset)
            wrong += compare(recorder, one, [
                "--at", at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")])
    context.expect(wrong, f"{len(asked)} lists are answered {when}")


def compare(recorder, one, when):
    """What is wrong with the answer for a list's own moment."""
    group, version, resource = one.kind
    name = f"{resource}.{group}" if group else resource
    what = f"get {name} {' '.join(when)}"
    code, out, err = recorder.ask(
        "get", name, "-A", "--cluster", recorder.name, "-o", "json",
        "--show-managed-fields", *when, check=False)
    if code not in (0, 3):
        return [f"{what}: exit code {code}: {err}"]
    # That values of Secrets are fingerprints is a note, and no doubt.
    doubts = [line for line in err.splitlines()
              if line.strip() and not line.startswith("note: ")]
    if doubts:
        return [f"{what} is not certain: {doubts}"]
    answer = exact_json.loads(out) if out.strip() else {"items": []}
    wrong = []
    items = {i["metadata"]["uid"]: i for i in answer.get("items") or []}
    for item in one.items:
        meta = item["metadata"]
        found = items.pop(meta["uid"], None)
        label = f"{what}: {meta['namespace']}/{meta['name']}"
        if found is None:
            wrong.append(f"{label} is missing")
            continue
        record = {"group": group, "version": version}
        left = checker.comparable(item, record)
        right = checker.comparable(found, record)
        for body in (left, right):
            body.pop("kind", None)
        if resource == "secrets":
            left = checker.without_values(left)
            right = checker.without_values(right)
        difference = exact_json.first_difference(left, right)
        if difference:
            wrong.append(f"{label}: {difference}")
    wrong += [f"{what}: {i['metadata']['name']} was not there"
              for i in items.values()]
    return wrong


if __name__ == "__main__":
    scenario.main(run)
