"""Stopped for too long: one honest gap a stream, and the right state after it.

The recorder is stopped, writes and deletions go on, etcd is compacted and the
API server restarted. Afterwards each stream that was written to has exactly one
gap with the right bounds; what vanished is known by uid; a name that was made
again in between is another object.
"""

import random

import checker
import journal as journals
import kube
import recorder as recorders
import scenario
import writers


def run(context):
    journal = journals.Journal(context.work / "journal.jsonl")
    slots = writers.slots(100)
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace(*writers.NAMESPACES)
        writers.install_crd(cluster.client(), writers.crd())
        writers.Writer(cluster.client(), journal, slots, context.seed,
                       None).create_all()
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            recorder.start()
            recorder.wait_all_watching()
            journal.mood = journals.STRICT
            write(context, cluster, journal, slots, 300, "seen")
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            recorder.stop()
            before = recorder.streams()

            journal.mood = journals.LOOSE
            write(context, cluster, journal, slots, 300, "unseen")
            again = delete_and_make_again(cluster, journal)
            cluster.compact()
            cluster.restart_api()
            context.say("compacted and restarted")

            recorder.start()
            recorder.wait_all_watching()
            journal.mood = journals.STRICT
            write(context, cluster, journal, slots, 200, "seen again")
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            recorder.stop()
        finally:
            recorder.end()
        lists = {(k[0], k[2]): cluster.client().get(kube.path_of(*k))
                 for k in writers.KINDS}
    judge(context, journal, recorder, before, again, lists)


def write(context, cluster, journal, slots, count, what):
    writer = writers.Writer(cluster.client(), journal, slots,
                            f"{context.seed}/{what}", None)
    before = len(journal)
    while len(journal) < before + count:
        writer.write_one()
    context.say(f"{count} writes, {what}")


def delete_and_make_again(cluster, journal):
    """[(kind, name, uid before, uid after)] of one object a kind."""
    client = cluster.client()
    content = writers.Content(random.Random(1),
                              journal.secret_values)
    found = []
    for kind in writers.KINDS:
        path = kube.path_of(*kind, writers.NAMESPACES[0])
        items = client.get(path)["items"]
        meta = items[0]["metadata"]
        pair = (kind[0], kind[2])
        client.delete(f"{path}/{meta['name']}?gracePeriodSeconds=0")
        journal.deleted(pair, meta["namespace"], meta["name"], meta["uid"])
        text = client.text("POST", path,
                           writers.encode(content.new(kind, meta["name"])))
        journal.wrote(pair, text)
        found.append((pair, meta["name"], meta["uid"],
                      checker.exact_json.loads(text)["metadata"]["uid"]))
    return found


def judge(context, journal, recorder, before, again, lists):
    context.expect(recorder.check_file(), "the file is whole")
    export = recorder.export()
    records = checker.parse_export(export)
    gaps = [(*pair, "gone") for pair in writers.PAIRS]

    def problems(text):
        found = checker.check_all(text, journal, writers.NAMESPACES,
                                  writers.PAIRS)
        try:
            ours = [r for r in checker.parse_export(text)
                    if r["record"] in ("gap", "revision") and
                    checker.kind_of(r) in writers.PAIRS]
        except ValueError as error:
            return [str(error)]
        return found + checker.check_gaps(ours, gaps)

    context.expect(problems(export), "the record is true, with one gap a kind")
    context.expect(check_bounds(recorder, before), "the gaps' bounds")
    context.expect(check_again(records, again),
                   "a name made again is another object")
    for pair, listed in lists.items():
        context.expect(checker.check_state(records, pair, listed,
                                           writers.NAMESPACES),
                       f"{pair[1]} are as the server lists them")
    context.prove(export, problems)


def check_bounds(recorder, before):
    """From the position and the time at the stop, to a later position."""
    wrong = []
    for row in recorder.rows("SELECT * FROM v_gap WHERE cause <> 'start'"):
        stream = (row["api_group"], row["resource"], row["namespace"])
        was = before[stream]
        if row["cause"] != "gone":
            wrong.append(f"{stream}: a gap by {row['cause']}")
        if row["from_rv"] != was["position"]:
            wrong.append(f"{stream}: from {row['from_rv']}, but its position "
                         f"was {was['position']}")
        if checker.rv_key(row["to_rv"]) <= checker.rv_key(row["from_rv"]):
            wrong.append(f"{stream}: ends at {row['to_rv']}")
        if row["from_time"] != was["known_until"]:
            wrong.append(f"{stream}: from {row['from_time']}, but it was known "
                         f"until {was['known_until']}")
        if not row["from_time"] < row["to_time"]:
            wrong.append(f"{stream}: ends before it begins")
    counted = recorder.rows("""
        SELECT g.resource, g.changed, g.appeared, g.vanished,
          sum(v.event = 'Relisted') AS c, sum(v.event = 'Listed') AS a,
          sum(v.event = 'Vanished') AS v
        FROM v_gap g JOIN v_revision v ON v.resource = g.resource
          AND v.api_group = g.api_group AND v.source = 'list'
          AND v.seq > (SELECT max(seq) FROM v_gap s WHERE s.cause = 'start')
        WHERE g.cause = 'gone' GROUP BY g.seq""")
    for row in counted:
        if tuple(row)[1:4] != tuple(row)[4:7]:
            wrong.append(f"the counts of a gap are not its records: "
                         f"{dict(row)}")
    return wrong


def check_again(records, again):
    wrong = []
    for pair, name, old, new in again:
        events = {old: [], new: []}
        for record in checker.revisions(records):
            if checker.kind_of(record) == pair and record["uid"] in events:
                events[record["uid"]].append(record["event"])
        if events[old][-1:] != ["Vanished"]:
            wrong.append(f"{pair} {name}: the old one's end is {events[old]}")
        if events[new][:1] != ["Listed"]:
            wrong.append(f"{pair} {name}: the new one begins {events[new]}")
    return wrong


if __name__ == "__main__":
    scenario.main(run)
