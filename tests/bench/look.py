"""What looking at the past costs as a process: time and memory of `kubescribe
get`, beside kubectl and a live API server of the same run.

For tests/bench/run, which hands in what it has: its options and table, and runs
of a simulated cluster.
"""

import concurrent.futures
import datetime
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

E2E = pathlib.Path(__file__).resolve().parent.parent / "e2e"
THREADS = 8
NAMESPACES = 100


class Cost:
    """Of one process: milliseconds, seconds of CPU, MiB at the peak, bytes that
    it printed."""

    def __init__(self, seconds, cpu, memory, printed):
        self.ms = seconds * 1000
        self.cpu = cpu
        self.memory = memory
        self.printed = printed


# A process begins with the peak of the one that it was forked from; so that is
# a small one.
LAUNCHER = """
import json, os, sys, time
began = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(int(sys.argv[1]), "w") as report:
    json.dump([os.waitstatus_to_exitcode(status), time.monotonic() - began,
               usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], report)
"""


def cost_of(command, runs=3, env=None):
    """The fastest of some runs; its output is counted and thrown away."""
    command = [str(word) for word in command]
    best = None
    for _ in range(runs):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
                tempfile.TemporaryFile() as report:
            subprocess.run(
                [sys.executable, "-I", "-S", "-c", LAUNCHER,
                 str(report.fileno()), *command],
                stdout=out, stderr=err, env=env, stdin=subprocess.DEVNULL,
                pass_fds=[report.fileno()], check=False)
            report.seek(0)
            code, took, cpu, memory = json.loads(report.read() or "[-1,0,0,0]")
            if code != 0:
                err.seek(0)
                sys.exit(f"tests/bench/run: {' '.join(command)}: "
                         f"{err.read().decode(errors='replace')[-2000:]}")
            cost = Cost(took, cpu, memory, out.seek(0, os.SEEK_END))
        if best is None or cost.ms < best.ms:
            best = cost
    return best


def add(table, what, ours, theirs=None, name=""):
    """Two rows: time, and memory at the peak."""
    for part, unit in ("ms", "ms"), ("memory", "MiB"):
        figure = getattr(ours, part)
        row = [f"{what}: {'time' if part == 'ms' else 'memory'}",
               f"{figure:.0f} {unit}"]
        if theirs:
            other = getattr(theirs, part)
            row += [f"{other:.0f} {unit} ({name})", f"{figure / other:.2f}"]
        table.add(*row)


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def pod(i, name_space):
    """As large as Pods are: 5 KB, as the server answers it."""
    def container(name):
        return {
            "name": name,
            "image": f"registry.example/team/{name}:v1.{i % 40}.0",
            "env": [{"name": f"SETTING_{k}", "value": f"value-{k * 37 + i}"}
                    for k in range(12)],
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"},
                          "limits": {"memory": "256Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"},
                               "periodSeconds": 10},
            "volumeMounts": [{"name": "config", "mountPath": "/etc/app"}],
        }
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"web-{i}", "namespace": name_space,
                     "labels": {"app": f"web-{i % 300}", "tier": "front"},
                     "annotations": {"checksum/config": f"{i:064x}"}},
        "spec": {"nodeName": f"node-{i % 50}",
                 "containers": [container("app"), container("proxy")],
                 "volumes": [{"name": "config",
                              "configMap": {"name": "app-config"}}]},
    }


def status(i):
    ready = {"ready": True, "started": True, "restartCount": i % 3,
             "imageID": f"sha256:{i:064x}",
             "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    return {"status": {
        "phase": "Running", "podIP": f"10.1.{i // 250}.{i % 250}",
        "startTime": "2026-01-01T00:00:00Z",
        "conditions": [{"type": kind, "status": "True",
                        "lastTransitionTime": "2026-01-01T00:00:00Z"}
                       for kind in ("PodScheduled", "Initialized",
                                    "ContainersReady", "Ready")],
        "containerStatuses": [
            dict(ready, name=name, image=f"registry.example/team/{name}")
            for name in ("app", "proxy")]}}


def fill(cluster, pods):
    """So many Pods that run, over all namespaces."""
    cluster.namespace(*(f"ns-{k}" for k in range(NAMESPACES)))
    local = threading.local()

    def one(i):
        if not hasattr(local, "client"):
            local.client = cluster.client()
        path = f"/api/v1/namespaces/ns-{i % NAMESPACES}/pods"
        local.client.create(path, pod(i, f"ns-{i % NAMESPACES}"))
        local.client.patch(f"{path}/web-{i}/status", status(i))

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(one, range(pods), chunksize=50):
            pass


def servers():
    """The folder of kube-apiserver, etcd and kubectl; none: there is none."""
    found = subprocess.run([E2E.parent.parent / "tools" / "servers", "--find"],
                           stdout=subprocess.PIPE, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


def beside_kubectl(options, table, wait_for):
    """10 000 Pods of a real API server."""
    place = servers()
    if place is None:
        print("  no kube-apiserver here: tools/servers builds one",
              file=sys.stderr)
        return
    sys.path.insert(0, str(E2E))
    import rig  # pylint: disable=import-outside-toplevel
    pods = 300 if options.quick else 10000
    work = pathlib.Path(tempfile.mkdtemp(prefix="kubescribe-bench-"))
    try:
        with rig.Cluster(place, work) as cluster:
            cluster.start()
            fill(cluster, pods)
            kubeconfig = cluster.kubeconfig()
            data = work / "data"
            with open(work / "log", "wb") as log:
                recorder = subprocess.Popen(
                    [options.bin / "kubescribed", "--kubeconfig", kubeconfig,
                     "--data", data], stdout=log, stderr=log)
            try:
                wait_for("the Pods to be recorded",
                         lambda: recorded_pods(data) >= pods)
                time.sleep(2)
                at = now()
            finally:
                recorder.terminate()
                recorder.wait()
            ask(options, table, data, at, pods,
                [pathlib.Path(place) / "kubectl", "--kubeconfig", kubeconfig])
    finally:
        shutil.rmtree(work, ignore_errors=True)


def recorded_pods(data):
    for path in data.glob("*.db"):
        try:
            base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                return base.execute("SELECT count(*) FROM v_object WHERE "
                                    "resource = 'pods'").fetchone()[0]
            finally:
                base.close()
        except sqlite3.OperationalError:
            pass
    return 0


def ask(options, table, data, at, pods, kubectl):
    get = [options.bin / "kubescribe", "get", "--data", data, "--at", at]
    cache = data.parent / "kubectl-cache"
    for what, words in (
            (f"get pods -A of {pods} at a time", ["pods", "-A"]),
            (f"get pods -A -o json of {pods} at a time",
             ["pods", "-A", "-o", "json"]),
            (f"get pods of a namespace ({pods // NAMESPACES}) at a time",
             ["pods", "-n", "ns-42"]),
            ("get one Pod at a time", ["pod", "web-42", "-n", "ns-42"])):
        live = [kubectl[0], "get", *words, *kubectl[1:], "--cache-dir", cache]
        add(table, what, cost_of(get + words), cost_of(live),
            "kubectl, live")


def grown(options, table, run, wait_for):
    """The same question of the same moment, with ten times the history. The
    recorder is stopped for it, and the disk has what it wrote: neither what its
    write-ahead log holds just then nor what the kernel still has to write is a
    matter of history."""
    objects = 1000 if options.quick else 20000
    run.record("- resource: pods\n")
    wait_for("all Pods", run.watching)
    at = now()
    base = 2 * run.revisions()
    last = {}
    for times in 1, 10:
        wait_for("history", lambda t=times: run.revisions() >= base * t, limit=1200)
        run.sim.send_signal(signal.SIGSTOP)
        run.stop_recorder()
        os.sync()
        for form in "wide", "json":
            cost = cost_of([options.bin / "kubescribe", "get", "pods", "-A",
                            "-o", form, "--data", run.dir / "data", "--at",
                            at])
            add(table, f"get pods -A -o {form}, {objects} objects, "
                f"{run.revisions()} revisions", cost, last.get(form),
                "a tenth of the history")
            last[form] = cost
        run.sim.send_signal(signal.SIGCONT)
        run.record("- resource: pods\n")


def one_of_many(options, table):
    """One object of a large file, as a process."""
    records = 100_000 if options.quick else 10_000_000
    with tempfile.TemporaryDirectory(prefix="kubescribe-bench-",
                                     dir="/var/tmp") as folder:
        path = pathlib.Path(folder) / "many.db"
        subprocess.run([options.bin / "make_history", path, str(records)],
                       check=True)
        # Halfway through it, by what make_history calls its time.
        middle = str(1_700_000_000 + records // 40)
        cost = cost_of([options.bin / "kubescribe", "get", "pods", "object-1",
                        "-n", "ns0", "--file", path, "--at", middle], 10)
        add(table, f"one Pod at a time, of a file of {records} records", cost)


def many_clusters(options, table, run, wait_for, clusters):
    """One question to all clusters, beside one to each in turn."""
    run.record("- resource: pods\n")
    wait_for("all databases", lambda: len(run.databases()) == clusters)
    time.sleep(5)
    run.settle()
    run.stop_recorder()
    command = [options.bin / "kubescribe", "get", "pods", "-A", "--data",
               run.dir / "data"]
    together = cost_of(command + ["--all-clusters"])
    one = cost_of(command + ["--cluster", run.databases()[0].stem])
    add(table, f"get pods -A --all-clusters of {clusters}", together, one,
        "one cluster")


def large_answer(options, table, run, wait_for):
    """Memory does not grow with the answer."""
    run.record("- resource: pods\n")
    wait_for("all Pods", run.watching, limit=900)
    run.settle()
    run.stop_recorder()
    pods = run.query("SELECT count(*) FROM v_object WHERE resource = 'pods' "
                     "AND state = 'alive'")[0][0]
    cost = cost_of([options.bin / "kubescribe", "get", "pods", "-A", "-o",
                    "json", "--data", run.dir / "data"], 1)
    add(table, f"get pods -A -o json of {pods}, {cost.printed >> 20} MiB",
        cost)
