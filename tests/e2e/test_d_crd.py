"""A kind that comes, changes, goes and comes again while it is recorded.

A CRD is installed, used, edited, deleted and installed again. Its objects are
recorded within 10 s of the CRD being established; its removal ends them; the
second kind of that name has other objects; and each change of what the server
serves is a record.
"""

import time

import checker
import journal as journals
import kube
import recorder as recorders
import scenario
import writers

GIZMOS = ("d.kubescribe.invalid", "v1", "gizmos")
PAIR = (GIZMOS[0], GIZMOS[2])
# From the CRD being established until its objects are recorded.
LIMIT = 10


def gizmo_crd(**extra):
    return writers.crd(GIZMOS[0], GIZMOS[2], "Gizmo", extra)


class Gizmos:
    """Writes objects of the kind and journals them."""

    def __init__(self, client, journal):
        self._client = client
        self._journal = journal
        self._path = kube.path_of(*GIZMOS, "alpha")

    def make(self, name):
        text = self._client.text("POST", self._path, {
            "apiVersion": f"{GIZMOS[0]}/v1", "kind": "Gizmo",
            "metadata": {"name": name}, "spec": {"made": name}})
        self._journal.wrote(PAIR, text)
        return checker.exact_json.loads(text)["metadata"]

    def change(self, name, value):
        text = self._client.text(
            "PATCH", f"{self._path}/{name}", {"spec": {"value": value}},
            "application/merge-patch+json")
        self._journal.wrote(PAIR, text)
        return checker.exact_json.loads(text)["metadata"]

    def remove_kind(self):
        """Deletes the CRD; its objects go with it."""
        items = self._client.get(self._path)["items"]
        self._client.delete(writers.crd_path(f"{GIZMOS[2]}.{GIZMOS[0]}"))
        for item in items:
            meta = item["metadata"]
            self._journal.deleted(PAIR, "alpha", meta["name"], meta["uid"])


def wait_recorded(context, recorder, meta, limit, what):
    began = time.monotonic()
    recorder.wait(f"{what} is recorded", lambda: recorder.rows(
        "SELECT 1 FROM v_revision WHERE uid = ? AND rv = ?", meta["uid"],
        meta["resourceVersion"]), limit)
    context.say(f"{what} is recorded after {time.monotonic() - began:.1f} s")


def wait_ended(recorder, uid):
    recorder.wait("its end is recorded", lambda: recorder.rows(
        "SELECT 1 FROM v_revision WHERE uid = ? AND event IN "
        "('Deleted', 'Vanished')", uid), 30)


def run(context):
    journal = journals.Journal(context.work / "journal.jsonl")
    # How a CRD's watch ends and begins is the server's affair; of each object
    # the last state must be there.
    journal.mood = journals.LOOSE
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace("alpha")
        client = cluster.client()
        gizmos = Gizmos(client, journal)
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            recorder.start()
            recorder.wait_all_watching()

            writers.install_crd(client, gizmo_crd())
            meta = gizmos.make("first")
            wait_recorded(context, recorder, meta, LIMIT, "the first object")
            recorder.wait_watching([PAIR])
            journal.mood = journals.STRICT
            gizmos.make("second")
            wait_recorded(context, recorder, gizmos.change("second", "08"), 5,
                          "a change")

            # A new printer column closes the kind's watches.
            journal.mood = journals.LOOSE
            definition = client.get(
                writers.crd_path(f"{GIZMOS[2]}.{GIZMOS[0]}"))
            edited = definition["spec"]["versions"]
            edited[0]["additionalPrinterColumns"] = [
                {"name": "Value", "type": "string", "jsonPath": ".spec.value"}]
            client.patch(writers.crd_path(f"{GIZMOS[2]}.{GIZMOS[0]}"),
                         {"spec": {"versions": edited}})
            wait_recorded(context, recorder, gizmos.change("first", "edited"),
                          30, "a change after the edit")

            gizmos.remove_kind()
            wait_ended(recorder, meta["uid"])
            client.close()
            recorder.wait("the stream has ended", lambda: recorder.streams()[
                (*PAIR, "")]["state"] in ("ended", "unavailable"), 60)
            context.say("the kind is gone")

            writers.install_crd(client, gizmo_crd())
            again = gizmos.make("first")
            wait_recorded(context, recorder, again, LIMIT,
                          "the first object of the second kind")
            recorder.wait_watching([PAIR])
            recorder.stop()
        finally:
            recorder.end()
        listed = client.get(kube.path_of(*GIZMOS))
    judge(context, journal, recorder, listed)


def judge(context, journal, recorder, listed):
    context.expect(recorder.check_file(), "the file is whole")
    export = recorder.export()
    records = checker.parse_export(export)

    def problems(text):
        return checker.check_all(text, journal, {"alpha"}, {PAIR})

    context.expect(problems(export), "the record is true")
    context.expect(checker.check_state(records, PAIR, listed, {"alpha"}),
                   "gizmos are as the server lists them")
    crds = [r["event"] for r in checker.revisions(records)
            if r["resource"] == "customresourcedefinitions"
            and r["name"] == f"{GIZMOS[2]}.{GIZMOS[0]}"]
    if crds.count("Added") != 2 or crds.count("Deleted") != 1:
        raise scenario.Failed(f"the CRD's own record is {crds}")
    discovery = [r for r in records if r["record"] == "discovery"]
    # At the start, and as the kind came, went and came.
    if len(discovery) < 4:
        raise scenario.Failed(f"{len(discovery)} records of discovery")
    context.say(f"ok: {len(discovery)} records of discovery")


if __name__ == "__main__":
    scenario.main(run)
