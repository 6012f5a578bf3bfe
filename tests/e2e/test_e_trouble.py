"""Trouble with the server: what the recorder may not read, lapsed credentials,
an API server that is restarted, frozen and killed, and a cluster that is down.

Each part has servers and a data directory of its own; E2E_PART=NAME runs one.
"""

import json
import os
import stat
import time

import checker
import journal as journals
import kube
import recorder as recorders
import scenario
import test_b_compacted as story
import writers

CONFIGMAPS = ("", "configmaps")


def prepare(context, cluster, journal, slots):
    cluster.start()
    cluster.namespace(*writers.NAMESPACES)
    writers.install_crd(cluster.client(), writers.crd())
    writers.Writer(cluster.client(), journal, slots, context.seed,
                   None).create_all()


def judge(context, journal, recorder, lists=None, gaps=None, pairs=None,
          namespaces=writers.NAMESPACES):
    context.expect(recorder.check_file(), "the file is whole")
    pairs = pairs or writers.PAIRS
    export = recorder.export()
    context.expect(checker.check_all(export, journal, namespaces, pairs, gaps),
                   "the record is true")
    records = checker.parse_export(export)
    for pair, listed in (lists or {}).items():
        context.expect(checker.check_state(records, pair, listed, namespaces),
                       f"{pair[1]} are as the server lists them")
    return records


def lists_of(cluster):
    return {(k[0], k[2]): cluster.client().get(kube.path_of(*k))
            for k in writers.KINDS}


def one_namespace(context):
    """RBAC for one namespace only: that one is recorded, and nothing else."""
    journal = journals.Journal()
    slots = writers.slots(60)
    with context.cluster() as cluster:
        prepare(context, cluster, journal, slots)
        cluster.allow_namespace("limited", "alpha")
        config = context.work / "limited.yaml"
        config.write_text(json.dumps({"clusters": [{
            "name": "one", "kubeconfig": str(cluster.kubeconfig("limited")),
            "resources": [{"resource": "configmaps", "namespace": "alpha"},
                          {"resource": "apps/v1/deployments",
                           "namespace": ["alpha"]},
                          {"resource": "secrets", "namespace": "beta"}],
        }]}), encoding="utf-8")
        recorder = recorders.Recorder(context, config=config)
        ours = [CONFIGMAPS, ("apps", "deployments")]
        try:
            recorder.start()
            recorder.wait_watching(ours, "alpha")
            recorder.wait("secrets of beta are forbidden", lambda: (
                row := recorder.streams().get(("", "secrets", "beta")))
                and row["state"] == "forbidden")
            journal.mood = journals.STRICT
            story.write(context, cluster, journal, slots, 200, "in all three")
            kinds = [k for k in writers.KINDS if (k[0], k[2]) in ours]
            recorder.wait_positions(writers.marks(
                cluster.client(), journal, kinds), "alpha")
            recorder.stop()
        finally:
            recorder.end()
    journal.entries = [e for e in journal.entries
                       if e.namespace == "alpha" and e.kind in ours]
    records = judge(context, journal, recorder, gaps=None, pairs=ours,
                    namespaces={"alpha"})
    others = [r for r in checker.revisions(records)
              if r["namespace"] not in ("alpha", "")]
    context.expect([checker.name_of(r) for r in others],
                   "nothing of the other namespaces is recorded")


EXEC_PLUGIN = """#!/bin/sh
echo run >> '{log}'
token=$(cat '{token}')
printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":'
printf '"ExecCredential","status":{{"token":"%s"}}}}\\n' "$token"
"""


def credentials(context):
    """Tokens that lapse and come back, from a file and from a plugin."""
    for how in ("file", "exec"):
        journal = journals.Journal()
        slots = writers.slots(60)
        with context.cluster(f"creds-{how}") as cluster:
            prepare(context, cluster, journal, slots)
            token = cluster.dir / "token"
            token.write_text(cluster.token("recorder"), encoding="utf-8")
            if how == "file":
                given = {"tokenFile": str(token)}
            else:
                plugin = cluster.dir / "plugin"
                plugin.write_text(EXEC_PLUGIN.format(
                    log=cluster.dir / "plugin.log", token=token),
                    encoding="utf-8")
                plugin.chmod(stat.S_IRWXU)
                given = {"exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": str(plugin), "interactiveMode": "Never"}}
            recorder = recorders.Recorder(
                context, cluster.kubeconfig(credentials=given),
                name=cluster.name, data=context.work / f"data-{how}")
            try:
                recorder.start()
                recorder.wait_all_watching()
                journal.mood = journals.STRICT
                story.write(context, cluster, journal, slots, 100, "seen")
                recorder.stop()
                token.write_text("lapsed", encoding="utf-8")
                recorder.start()
                recorder.wait("the streams are refused", lambda: any(
                    row["state"] == "backoff"
                    for row in recorder.streams().values())
                    or "401" in recorder.log.read_text(encoding="utf-8"))
                story.write(context, cluster, journal, slots, 100, "refused")
                token.write_text(cluster.token("recorder"), encoding="utf-8")
                # A token file is read again every minute or so.
                recorder.wait_positions(writers.marks(
                    cluster.client(), journal), timeout=150)
                recorder.stop()
            finally:
                recorder.end()
            judge(context, journal, recorder, lists_of(cluster), gaps=[])


def restarted(context):
    """Restarted gently, frozen for a while, killed: the state is right after
    each, nothing is lost where the server can still deliver it."""
    journal = journals.Journal(context.work / "restarted.jsonl")
    slots = writers.slots(60)
    with context.cluster("restarted") as cluster:
        prepare(context, cluster, journal, slots)
        recorder = recorders.Recorder(
            context, cluster.kubeconfig(), name=cluster.name,
            data=context.work / "data-restarted")
        try:
            recorder.start()
            recorder.wait_all_watching()
            journal.mood = journals.STRICT
            story.write(context, cluster, journal, slots, 100, "before")
            recorder.wait_positions(writers.marks(cluster.client(), journal))

            cluster.freeze()
            time.sleep(5)
            cluster.thaw()
            story.write(context, cluster, journal, slots, 100, "after thawing")
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            context.say("frozen and thawed")

            for how in ("restart", "kill"):
                # What is written right before the end may be lost with the
                # server's watch cache.
                journal.mood = journals.LOOSE
                story.write(context, cluster, journal, slots, 50, "unsure")
                if how == "kill":
                    cluster.kill_api()
                    time.sleep(3)
                    cluster.start_api()
                else:
                    cluster.restart_api()
                story.write(context, cluster, journal, slots, 50, "unsure")
                recorder.wait_positions(
                    writers.marks(cluster.client(), journal), timeout=120)
                recorder.wait_all_watching()
                journal.mood = journals.STRICT
                story.write(context, cluster, journal, slots, 50, "surely")
                recorder.wait_positions(
                    writers.marks(cluster.client(), journal))
                context.say(f"after a {how}")
            recorder.stop()
        finally:
            recorder.end()
        judge(context, journal, recorder, lists_of(cluster))


def two_clusters(context):
    """One of two is down: the other is recorded; then both are."""
    journal = journals.Journal()
    slots = writers.slots(60)
    with context.cluster("up") as up, context.cluster("down") as down:
        prepare(context, up, journal, slots)
        down.start()  # once, for its certificate
        down.stop()
        config = context.work / "two.yaml"
        config.write_text(json.dumps({"clusters": [
            {"name": c.name, "kubeconfig": str(c.kubeconfig())}
            for c in (up, down)]}), encoding="utf-8")
        recorder = recorders.Recorder(context, config=config, name="up",
                                      data=context.work / "data-two")
        try:
            recorder.start()
            recorder.wait_all_watching()
            journal.mood = journals.STRICT
            story.write(context, up, journal, slots, 100, "one is down")
            recorder.wait_positions(writers.marks(up.client(), journal))
            code, out, err = recorder.ask("status", check=False)
            if "down" not in out + err:
                raise scenario.Failed(f"status ({code}) is silent about the "
                                      f"cluster that is down: {out}{err}")
            down.start()
            recorder.name = "down"
            recorder.wait_watching([CONFIGMAPS], timeout=120)
            context.say("the other one is recorded, too")
            recorder.name = "up"
            recorder.stop()
        finally:
            recorder.end()
        judge(context, journal, recorder, lists_of(up), gaps=[])
        recorder.name = "down"
        context.expect(recorder.check_file(), "the second file is whole")


PARTS = (one_namespace, credentials, restarted, two_clusters)


def run(context):
    chosen = os.environ.get("E2E_PART")
    for part in PARTS:
        if chosen in (None, part.__name__):
            context.say(f"-- {part.__name__}: {part.__doc__.splitlines()[0]}")
            part(context)


if __name__ == "__main__":
    scenario.main(run)
