"""The rig, the writers and the checker work together, on the real server.

A recorder in miniature (standin.py) records what the writers do; the checker
must find nothing wrong, and must find each damage done to that record.
"""

import time

import checker
import journal as journals
import kube
import rig
import scenario
import standin
import writers


def run(context):
    journal = journals.Journal(context.work / "journal.jsonl")
    slots = writers.slots(100)
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace(*writers.NAMESPACES)
        writers.install_crd(cluster.client(), writers.crd())
        crew = writers.Crew(cluster, journal, slots, context.seed)
        crew.start()
        time.sleep(1)
        crew.stop()
        context.say(f"{len(journal)} answered writes before the recorder")

        recorder = standin.Standin(cluster, writers.KINDS)
        recorder.start()
        journal.mood = journals.STRICT
        crew = writers.Crew(cluster, journal, slots, f"{context.seed}+")
        began, before = time.monotonic(), len(journal)
        crew.start()
        time.sleep(4)
        crew.stop()
        rate = (len(journal) - before) / (time.monotonic() - began)
        context.say(f"{len(journal) - before} answered writes, {rate:.0f}/s")
        context.expect(journal.in_doubt, "every write was answered")

        admin = cluster.client()
        for kind in writers.KINDS:
            last = max((e.rv for e in journal.entries
                        if e.kind == (kind[0], kind[2])), key=checker.rv_key)
            rig.wait_for(f"{kind} is recorded up to {last}", lambda: (
                checker.rv_key(recorder.position(kind)) >=
                checker.rv_key(last)))
        time.sleep(0.5)  # deletions come without an RV to wait for
        export = recorder.export()
        context.expect(checker.check_all(
            export, journal, writers.NAMESPACES, writers.PAIRS, []),
            "the record is true")
        records = checker.parse_export(export)
        for kind in writers.KINDS:
            context.expect(checker.check_state(
                records, (kind[0], kind[2]), admin.get(kube.path_of(*kind)),
                writers.NAMESPACES), f"{kind[2]} are as the server lists them")

    context.prove(export, lambda text: checker.check_all(
        text, journal, writers.NAMESPACES, writers.PAIRS, []))


if __name__ == "__main__":
    scenario.main(run, needs_programs=False)
