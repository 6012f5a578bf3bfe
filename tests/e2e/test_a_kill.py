"""Killed 30 times and more: nothing lost, nothing twice, nothing out of order.

Four writers make 10 000 writes to 400 objects while kubescribed is killed with
kill -9: at random instants, at named points of a transaction, and in its first
list. Afterwards every body that a writer was answered with is recorded exactly
once.
"""

import time

import checker
import journal as journals
import recorder as recorders
import scenario
import writers

TX_POINTS = ("tx.begun", "tx.revision", "tx.rows", "tx.position",
             "tx.before-commit", "tx.after-commit")
LIST_POINTS = ("list.item", "list.recorded", "list.end")
RANDOM_KILLS = 15
POINT_KILLS = 15
WRITES = 10_000
OBJECTS = 400


def killed_while_listing(context, recorder):
    """Dies at points of the first list, which begins anew each time."""
    points = [(name, context.rng.randrange(1, 20)) for name in LIST_POINTS]
    points.append(("tx.before-commit", context.rng.randrange(1, 6)))
    for name, count in points:
        recorder.start(kill_at=f"{name}:{count}")
        recorder.wait_killed()
        context.say(f"killed at {name}:{count}, in the first list")


def plan(context):
    """The kills to come, in random order: ("POINT:N" or None) each."""
    kills = [None] * max(1, round(RANDOM_KILLS * context.scale))
    for i in range(max(1, round(POINT_KILLS * context.scale))):
        name = TX_POINTS[i % len(TX_POINTS)]
        kills.append(f"{name}:{context.rng.randrange(1, 15)}")
    context.rng.shuffle(kills)
    return kills


def run(context):
    journal = journals.Journal(context.work / "journal.jsonl")
    slots = writers.slots(OBJECTS)
    writes = int(WRITES * context.scale)
    with context.cluster() as cluster:
        cluster.start()
        cluster.namespace(*writers.NAMESPACES)
        writers.install_crd(cluster.client(), writers.crd())
        writers.Writer(cluster.client(), journal, slots, context.seed,
                       None).create_all()
        context.say(f"{len(journal)} objects made")
        recorder = recorders.Recorder(context, cluster.kubeconfig())
        try:
            killed_while_listing(context, recorder)
            recorder.start()
            recorder.wait_all_watching()
            context.say("everything is listed and watched")
            journal.mood = journals.STRICT
            kill_while_written(context, cluster, journal, slots, recorder,
                               writes)
            recorder.wait_positions(writers.marks(cluster.client(), journal))
            took = recorder.stop()
            context.say(f"stopped in {took:.1f} s")
        finally:
            recorder.end()
    judge(context, journal, recorder, writes)


def kill_while_written(context, cluster, journal, slots, recorder, writes):
    kills = plan(context)
    pace = writers.Pace()
    crew = writers.Crew(cluster, journal, slots, context.seed, 4, pace)
    crew.start()
    try:
        recorder.kill()
        for number, point in enumerate(kills, 1):
            # Some of the writes happen while nobody looks.
            pace.allow(writes // len(kills))
            recorder.start(kill_at=point)
            if point:
                recorder.wait_killed()
                context.say(f"kill {number}: at {point}")
            else:
                pause = context.rng.uniform(0.02, 2.0)
                time.sleep(pause)
                recorder.kill()
                context.say(f"kill {number}: after {pause:.2f} s")
            crew.check()
        recorder.start()
        while len(journal) < writes:
            pace.allow(200)
            time.sleep(0.2)
            crew.check()
    finally:
        crew.stop()
    context.say(f"{len(journal)} answered writes")


def judge(context, journal, recorder, writes):
    context.expect(journal.in_doubt, "every write was answered")
    if len(journal) < writes:
        raise scenario.Failed(f"only {len(journal)} writes")
    context.expect(recorder.check_file(), "the file is whole")
    export = recorder.export()

    def problems(text):
        return checker.check_all(
            text, journal, writers.NAMESPACES, writers.PAIRS, [])

    context.expect(problems(export), "every answered write is recorded once")
    context.prove(export, problems)


if __name__ == "__main__":
    scenario.main(run)
