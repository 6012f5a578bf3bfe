"""Many objects, and a pause: memory does not grow, and all of it is made up.

20 000 objects of 5 KB are listed and watched; then, while the recorder is
stopped, 8 000 of them change. It must hold little memory, miss nothing and
catch up; how fast, beside curl on the same changes, is printed.
"""

import base64
import concurrent.futures
import os
import subprocess
import threading
import time

import checker
import kube
import recorder as recorders
import scenario
import writers

NAMESPACE = "volume"
PATH = kube.path_of("", "v1", "configmaps", NAMESPACE)
KIND = ("", "configmaps")
OBJECTS = 20_000
CHANGES = 8_000
THREADS = 8
MEMORY = 150  # MiB


def run(context):
    objects = int(OBJECTS * context.scale)
    changes = int(CHANGES * context.scale)
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace(NAMESPACE)
        in_parallel(context, cluster, objects, create, "created")
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            recorder.start()
            began = time.monotonic()
            recorder.wait_all_watching()
            took = time.monotonic() - began
            list_rv = mark(cluster)
            recorder.wait_positions({KIND: list_rv})
            peak = memory(recorder)
            context.say(f"figure | {objects} objects of a real server: memory "
                        f"at the peak | {peak:.0f} MiB | | ")
            context.say(f"figure | {objects} objects of a real server: listed "
                        f"and watched | {took:.1f} s | | ")
            counted = count(recorder)
            context.expect([] if counted == objects else
                           [f"{counted} of {objects}"], "all are recorded")
            recorder.stop()
            start = recorder.streams()[(*KIND, "")]["position"]

            in_parallel(context, cluster, changes, change, "changed")
            last = mark(cluster)
            theirs = curl(context, cluster, start, changes)
            began = time.monotonic()
            recorder.start()
            recorder.wait_positions({KIND: last}, timeout=120)
            ours = time.monotonic() - began
            context.say(
                f"figure | catching up with a real server, from the start of "
                f"the process | {changes / ours:.0f}/s | "
                f"{changes / theirs:.0f}/s (curl) | {ours / theirs:.1f}")
            peak = max(peak, memory(recorder))
            context.expect([] if peak < MEMORY else [f"{peak:.0f} MiB"],
                           f"resident below {MEMORY} MiB")
            recorder.stop()
        finally:
            recorder.end()
        listed = cluster.client().get(kube.path_of("", "v1", "configmaps"))
    counted = count(recorder)
    context.expect([] if counted == objects + changes else
                   [f"{counted} of {objects + changes}"],
                   "every change is recorded, once")
    context.expect([dict(row) for row in recorder.rows(
        "SELECT * FROM v_gap WHERE cause <> 'start'")], "no gap")
    context.expect(recorder.check_file(), "the file is whole")
    records = checker.parse_export(recorder.export())
    context.expect(checker.check_state(records, KIND, listed, (NAMESPACE,)),
                   "the state is as the server lists it")


def in_parallel(context, cluster, how_many, write, what):
    """write(client, i) for each i, by several threads."""
    local = threading.local()

    def one(i):
        if not hasattr(local, "client"):
            local.client = cluster.client()
        write(local.client, i)

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(one, range(how_many), chunksize=100):
            pass
    took = time.monotonic() - began
    context.say(f"{how_many} {what}, {how_many / took:.0f}/s")


def create(client, i):
    text = base64.b64encode(os.urandom(3600)).decode()
    client.create(PATH, {"apiVersion": "v1", "kind": "ConfigMap",
                         "metadata": {"name": f"c{i}"},
                         "data": {"text": text, "round": "0"}})


def change(client, i):
    client.patch(f"{PATH}/c{i}", {"data": {"round": "1"}})


def mark(cluster):
    """The RV that the kind's stream must come to: that of an event of its own,
    since a bookmark may take more than a minute."""
    answer = cluster.client().create(
        kube.path_of("", "v1", "configmaps", "default"),
        {"apiVersion": "v1", "kind": "ConfigMap",
         "metadata": {"generateName": "mark-"}})
    return answer["metadata"]["resourceVersion"]


def memory(recorder):
    with open(f"/proc/{recorder.process.pid}/status", encoding="ascii") as text:
        for line in text:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise scenario.Failed("the recorder's memory cannot be read")


def count(recorder):
    return recorder.rows("SELECT count(*) FROM v_revision WHERE resource = "
                         f"'configmaps' AND namespace = '{NAMESPACE}'")[0][0]


def curl(context, cluster, start, changes):
    """Seconds until curl has got as many events."""
    url = (f"https://127.0.0.1:{cluster.port}{kube.path_of('', 'v1', 'configmaps')}?watch=1&"
           f"resourceVersion={start}")
    began = time.monotonic()
    with subprocess.Popen(
            ["curl", "-sN", "--cacert", cluster.ca_file, "-H", "@-", url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        # The token is in no list of processes.
        process.stdin.write(
            f"Authorization: Bearer {cluster.token('admin')}\n".encode())
        process.stdin.close()
        for _ in range(changes):
            if not process.stdout.readline():
                raise scenario.Failed("the server's watch ended")
        took = time.monotonic() - began
        process.kill()
    context.say(f"curl: {changes} events in {took:.1f} s")
    return took


if __name__ == "__main__":
    scenario.main(run)
