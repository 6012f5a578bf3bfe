"""kubescribed and kubescribe as a test runs them.

    recorder = Recorder(context, cluster.kubeconfig())
    recorder.start(); recorder.wait_watching(kinds); recorder.kill()

Waits look at the cluster's file (read-only, a moment at a time) or at the
process, never at a clock alone.
"""

import contextlib
import glob
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import checker
import rig
import scenario


def _faketime_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise scenario.Failed("libfaketime is missing: tools/packages test")
    return found[0]


class Recorder:
    """One data directory and the kubescribed that writes into it."""

    def __init__(self, context, kubeconfig=None, config=None, name="one",
                 data=None, clock_offset=0):
        """`name`: the cluster that the waits look at. `clock_offset`: by how
        many seconds its wall clock is ahead."""
        self._context = context
        self._arguments = (["--config", str(config)] if config
                           else ["--kubeconfig", str(kubeconfig)])
        self.data = pathlib.Path(data or context.work / "data")
        self.name = name
        self.log = context.work / "kubescribed.log"
        self._environment = dict(os.environ)
        self._environment.pop("KUBESCRIBE_KILL_AT", None)
        self._clock_offset = clock_offset
        self.process = None
        self._starts = 0  # of recorders before this one, in the file

    @property
    def database(self):
        return self.data / f"{self.name}.db"

    # -- the process

    def start(self, kill_at=None):
        """kill_at: "POINT:N", where it is to die (test builds)."""
        self._starts = self._count_starts()
        environment = dict(self._environment)
        if kill_at:
            environment["KUBESCRIBE_KILL_AT"] = kill_at
        if self._clock_offset:
            # Not the command `faketime`: it stays in between, and takes the
            # signals.
            environment.update(
                LD_PRELOAD=_faketime_library(), DONT_FAKE_MONOTONIC="1",
                FAKETIME=f"{self._clock_offset:+d}s")
        with open(self.log, "ab") as log:
            log.write(f"--- start, kill at {kill_at}\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                [self._context.bin / "kubescribed", *self._arguments,
                 "--data", self.data, "--log-format", "text"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment)

    def _count_starts(self):
        rows = self.rows("SELECT count(*) FROM record WHERE kind = 'start'")
        return rows[0][0] if rows else 0

    def kill(self):
        """kill -9; returns when it is gone."""
        self.process.kill()
        self.process.wait()

    def wait_killed(self, timeout=60):
        """Returns when its kill point was reached."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise scenario.Failed("its kill point was never reached") from error
        if code != -signal.SIGKILL:
            raise scenario.Failed(f"kubescribed ended with {code}, see "
                                  f"{self.log}")

    def stop(self, timeout=10):
        """SIGTERM; fails unless it ends by itself with 0. Returns seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise scenario.Failed(f"no end {timeout} s after SIGTERM"
                                  ) from error
        if code != 0:
            raise scenario.Failed(f"kubescribed ended with {code}, see "
                                  f"{self.log}")
        return time.monotonic() - began

    def end(self):
        """For cleaning up: gone afterwards, whatever it did."""
        if self.process and self.process.poll() is None:
            self.kill()

    def check_running(self):
        if self.process.poll() is not None:
            raise scenario.Failed(
                f"kubescribed ended with {self.process.returncode}, see "
                f"{self.log}")

    # -- its file

    def rows(self, sql, *parameters):
        """Rows of a question to the file; [] while there is no file."""
        if not self.database.exists():
            return []
        with contextlib.closing(sqlite3.connect(
                f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            try:
                return db.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                # Before its first transaction the file has no tables.
                if "no such table" in str(error):
                    return []
                raise

    def streams(self):
        """{(group, resource, namespace): row of v_stream}."""
        return {(r["api_group"], r["resource"], r["namespace"]): r
                for r in self.rows("SELECT * FROM v_stream")}

    def wait(self, what, condition, timeout=60):
        def checked():
            self.check_running()
            return condition()
        try:
            return rig.wait_for(what, checked, timeout, 0.1)
        except rig.RigError as error:
            raise scenario.Failed(f"{error}; see {self.log}") from error

    def wait_watching(self, kinds, namespace="", timeout=60):
        """Until these kinds [(group, resource)] are listed and flow."""
        def flowing():
            streams = self.streams()
            return all(
                (row := streams.get((*kind, namespace))) is not None
                and row["state"] == "watching" and row["flowing"] == "yes"
                and not row["open_gap"] for kind in kinds)
        self.wait(f"{kinds} are watched", flowing, timeout)

    def wait_all_watching(self, timeout=90):
        """Until every stream of the file is watched, or can not be."""
        def settled():
            # Until it says so itself the rows are those of the run before.
            if self._count_starts() == self._starts:
                return False
            streams = self.streams()
            return streams and all(
                row["state"] in ("forbidden", "unavailable", "ended") or (
                    row["state"] == "watching" and not row["open_gap"])
                for row in streams.values())
        self.wait("all streams are watched", settled, timeout)

    def wait_positions(self, marks, namespace="", timeout=60):
        """Until each kind of {(group, resource): rv} is recorded to its rv."""
        def reached():
            streams = self.streams()
            return all(
                (row := streams.get((*kind, namespace))) is not None
                and checker.rv_key(row["position"]) >= checker.rv_key(rv)
                and not row["open_gap"] for kind, rv in marks.items())
        self.wait(f"the record reaches {marks}", reached, timeout)

    def check_file(self, clean=True):
        """What is wrong with the file as a file, and with what it derives."""
        wrong = []
        if clean:
            for ending in ("-wal", "-shm"):
                if pathlib.Path(f"{self.database}{ending}").exists():
                    wrong.append(f"a clean stop left {self.database}{ending}")
            if not self.rows("SELECT 1 FROM meta WHERE clean_stop = 1"):
                wrong.append("the file does not say that it was stopped cleanly")
        checked = self.rows("PRAGMA integrity_check")
        if [tuple(row) for row in checked] != [("ok",)]:
            wrong.append(f"integrity_check: {tuple(checked[0])}")
        for what, sql in FACTS:
            found = self.rows(sql)
            if found:
                wrong.append(f"{what}: {len(found)}, first {dict(found[0])}")
        return wrong

    # -- the tool

    def ask(self, *words, check=True, timeout=120):
        """kubescribe WORDS…; (exit code, stdout, stderr)."""
        done = subprocess.run(
            [self._context.bin / "kubescribe", *words, "--data", self.data],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=timeout, check=False,
            env=self._environment)
        # Bytes: text mode would translate \r\n within strings.
        out, err = done.stdout.decode(), done.stderr.decode()
        if check and done.returncode != 0:
            raise scenario.Failed(f"kubescribe {' '.join(words)} ended with "
                                  f"{done.returncode}: {err}")
        return done.returncode, out, err

    def export(self):
        return self.ask("export", "--cluster", self.name)[1]


# (what, a question that has no rows when all is well)
FACTS = (
    ("seq has holes", """
        SELECT last_seq, (SELECT count(*) FROM revision) +
          (SELECT count(*) FROM record) AS rows_there FROM meta
        WHERE last_seq <> rows_there OR last_seq <> max(
          (SELECT coalesce(max(seq), 0) FROM revision),
          (SELECT coalesce(max(seq), 0) FROM record))"""),
    ("a seq is a revision and a record", """
        SELECT seq FROM revision JOIN record USING (seq)"""),
    ("a position lies before a record of its stream", """
        SELECT s.id, s.position, v.seq, v.rv FROM stream s
        JOIN revision v ON v.stream_id = s.id AND v.epoch = s.epoch
        WHERE s.gap_cause = '' AND v.source = 1 AND v.rv <> ''
          AND (length(v.rv), v.rv) > (length(s.position), s.position)
          AND (SELECT resource FROM resource WHERE id = s.resource_id)
            <> 'events'
        LIMIT 5"""),
    ("an object is not as its newest revision says", """
        SELECT o.id, o.seq FROM object o
        JOIN revision v ON v.seq = (SELECT max(seq) FROM revision
          WHERE object_id = o.id AND late = 0)
        WHERE o.seq <> v.seq OR o.rv <> v.rv OR o.changed_at <> v.changed_at
          OR o.alive <> (v.event NOT IN (3, 6, 7))
        LIMIT 5"""),
    ("a body is missing", """
        SELECT v.seq FROM revision v LEFT JOIN body b ON b.seq = v.seq
        WHERE v.event <> 6 AND b.seq IS NULL LIMIT 5"""),
)
