"""etcd put back from an older copy: a new epoch, and nothing mixed up.

The server counts anew, so that the same resourceVersions return with other
content. Both are recorded, apart from each other, and the state afterwards is
the server's. With the recorder stopped meanwhile, the server's count may have
passed the recorded one before it looks again: then only the objects' own RVs
tell.
"""

import checker
import journal as journals
import kube
import recorder as recorders
import scenario
import test_b_compacted as story
import writers


def run(context):
    journal = journals.Journal(context.work / "journal.jsonl")
    slots = writers.slots(60)
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace(*writers.NAMESPACES)
        writers.install_crd(cluster.client(), writers.crd())
        writers.Writer(cluster.client(), journal, slots, context.seed,
                       None).create_all()
        cluster.copy_etcd()
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            recorder.start()
            recorder.wait_all_watching()
            journal.mood = journals.STRICT
            story.write(context, cluster, journal, slots, 300, "to be lost")
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            cluster.restore_etcd()
            context.say(f"put back, now at {cluster.revision()}")
            recorder.wait("a new epoch of each kind", lambda: {
                (r["api_group"], r["resource"]) for r in recorder.rows(
                    "SELECT k.api_group, k.resource FROM epoch e "
                    "JOIN stream s ON s.id = e.stream_id "
                    "JOIN resource k ON k.id = s.resource_id")
            } >= set(writers.PAIRS), 120)
            recorder.wait_all_watching()
            journal.epoch = 1
            story.write(context, cluster, journal, slots, 300, "after")
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            recorder.stop()
        finally:
            recorder.end()
        lists = {(k[0], k[2]): cluster.client().get(kube.path_of(*k))
                 for k in writers.KINDS}
    judge(context, journal, recorder, lists)


def judge(context, journal, recorder, lists):
    context.expect(recorder.check_file(), "the file is whole")
    export = recorder.export()
    records = checker.parse_export(export)

    def problems(text):
        return checker.check_all(text, journal, writers.NAMESPACES,
                                 writers.PAIRS)

    context.expect(problems(export), "the record of both epochs is true")
    for pair in writers.PAIRS:
        causes = [r["cause"] for r in records if r["record"] == "gap"
                  and checker.kind_of(r) == pair and r["cause"] != "start"]
        if causes != ["rewind"]:
            raise scenario.Failed(f"{pair}: gaps {causes}, not one rewind")
        reused = {}
        for record in checker.revisions(records):
            if checker.kind_of(record) == pair and record["resourceVersion"]:
                reused.setdefault(record["resourceVersion"], set()).add(
                    record["epoch"])
        count = sum(len(epochs) > 1 for epochs in reused.values())
        context.say(f"{pair[1]}: {count} RVs in two epochs")
        context.expect(checker.check_state(
            records, pair, lists[pair], writers.NAMESPACES),
            f"{pair[1]} are as the server lists them")
    context.prove(export, problems)


if __name__ == "__main__":
    scenario.main(run)
