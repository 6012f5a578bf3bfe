"""What the writers got back from the API server: the truth of a test.

An entry is a body that the server answered a write with, or a deletion that
it confirmed. Entries are made in one of three moods:

    STRICT  the recorder watches, or will resume: every revision is expected
    LOOSE   history may be lost: of each object only how it ended is expected,
            what lay between may be there
    BEFORE  before the recorder's first list: only what lived at its end is
            expected, and nothing of what died
"""

import json
import threading

import exact_json

STRICT = "strict"
LOOSE = "loose"
BEFORE = "before"


class Entry:
    """One answered write. rv is "" for a deletion, body None."""

    def __init__(self, kind, namespace, name, uid, rv, text, mood, epoch):
        self.kind = kind  # (group, resource)
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.rv = rv
        self.text = text
        self.mood = mood
        self.epoch = epoch  # how often the server's history was put back

    @property
    def deleted(self):
        return self.text is None

    @property
    def body(self):
        return None if self.text is None else exact_json.loads(self.text)


class Journal:
    """All entries of a test; any thread may add."""

    def __init__(self, path=None):
        self._lock = threading.Lock()
        self.entries = []
        self.mood = BEFORE
        self.epoch = 0
        self.in_doubt = []  # writes whose answer was lost
        # (namespace, name, uid) or values that must stay secret, as they came
        self.secret_values = set()
        self._file = open(path, "w", encoding="utf-8") if path else None

    def __len__(self):
        return len(self.entries)

    def close(self):
        if self._file:
            self._file.close()
            self._file = None

    def wrote(self, kind, text):
        """The server answered a write with this object.

        An answer that is being deleted was never stored: a Pod is deleted in
        two steps, and a write in between only takes the second one.
        """
        meta = json.loads(text)["metadata"]
        if "deletionTimestamp" in meta:
            self.deleted(kind, meta.get("namespace", ""), meta["name"],
                         meta["uid"])
            return
        self._add(kind, meta.get("namespace", ""), meta["name"], meta["uid"],
                  meta["resourceVersion"], text)

    def deleted(self, kind, namespace, name, uid):
        self._add(kind, namespace, name, uid, "", None)

    def lost_answer(self, what):
        with self._lock:
            self.in_doubt.append(what)

    def _add(self, kind, namespace, name, uid, rv, text):
        with self._lock:
            entry = Entry(kind, namespace, name, uid, rv, text, self.mood,
                          self.epoch)
            self.entries.append(entry)
            if self._file:
                self._file.write(json.dumps({
                    "kind": kind, "namespace": namespace, "name": name,
                    "uid": uid, "rv": rv, "mood": entry.mood,
                    "epoch": entry.epoch, "body": text}) + "\n")
