"""Checker: compares what was recorded with what the writers were answered.

Shares no code with the recorder: its input is the lines of
`kubescribe export`, a journal (journal.py) and lists from the API server. Each
function returns what is wrong, as sentences; nothing is wrong when all are
empty.
"""

import base64
import collections
import re

import exact_json
import journal as journals

APPEARING = {"Added", "Modified", "Listed", "Relisted"}
GONE = {"Deleted", "Vanished", "Left"}
WATCHED = {"Added", "Modified", "Deleted"}
GAP_CAUSES = {
    "start", "gone", "rewind", "forbidden", "unavailable", "parse", "oversize",
    "storage", "damaged", "config", "lost", "pruned",
}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def parse_export(text):
    """Records of the export's lines; raises ValueError with the line."""
    records = []
    # Not splitlines: it would cut at U+2028 as well.
    for number, line in enumerate(text.split("\n"), 1):
        if not line:
            continue
        try:
            records.append(exact_json.loads(line))
        except ValueError as error:
            raise ValueError(f"export line {number}: {error}") from error
    return records


def rv_key(rv):
    """Orders resourceVersions of any length."""
    return (len(rv), rv)


def kind_of(record):
    return (record.get("group", ""), record["resource"])


def name_of(record):
    return (f"seq {record.get('seq')} {record.get('event', '')} "
            f"{record.get('resource')} {record.get('namespace', '')}/"
            f"{record.get('name')} rv {record.get('resourceVersion')}")


def revisions(records):
    return [r for r in records if r["record"] == "revision"]


def in_time(records):
    """Revisions that were not late, older than what was known by then."""
    return [r for r in revisions(records) if not r.get("late")]


# -- the record in itself


def check_sequence(records):
    """seq starts at 1, has no hole and no double, and is in order."""
    wrong = []
    expected = 1
    for record in records:
        seq = int(record["seq"])
        if seq != expected:
            wrong.append(f"seq {seq} stands where {expected} belongs")
        expected = seq + 1
    return wrong


def check_times(records):
    """recordedAt never goes back; notBefore ≤ changedAt ≤ recordedAt."""
    wrong = []
    before = ""
    changed = {}
    for record in records:
        recorded = record["recordedAt"]
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", recorded):
            wrong.append(f"{name_of(record)}: recordedAt is {recorded!r}")
        if recorded < before and record["record"] != "clock":
            wrong.append(f"{name_of(record)}: recordedAt goes back")
        before = recorded
        if record["record"] != "revision":
            continue
        at = record["changedAt"]
        not_before = record.get("notBefore") or at
        if not not_before <= at <= recorded:
            wrong.append(f"{name_of(record)}: changedAt {at} is outside of "
                         f"{not_before} … {recorded}")
        if record.get("late"):
            continue
        if at < changed.get(record["uid"], ""):
            wrong.append(f"{name_of(record)}: changedAt goes back in its uid")
        changed[record["uid"]] = at
    return wrong


def check_unique(records):
    """A revision is there once: (epoch, resource, uid, resourceVersion)."""
    wrong = []
    seen = {}
    for record in revisions(records):
        rv = record.get("resourceVersion") or ""
        if not rv:
            continue
        key = (record["epoch"], kind_of(record), record["uid"], rv)
        if key in seen:
            wrong.append(f"{name_of(record)} is there twice, first as seq "
                         f"{seen[key]}")
        seen[key] = record["seq"]
    return wrong


def check_order(records, loose=()):
    """RVs rise within a uid, and within what a kind's watch delivered.

    Kinds of `loose` are exempt from the second (several streams each).
    """
    wrong = []
    of_uid = {}
    of_kind = {}
    for record in in_time(records):
        rv = record.get("resourceVersion") or ""
        if not rv:
            continue
        kind = kind_of(record)
        key = (record["epoch"], kind, record["uid"])
        if rv_key(rv) < of_uid.get(key, (0, "")):
            wrong.append(f"{name_of(record)}: older than its uid's last")
        of_uid[key] = rv_key(rv)
        if record["event"] in WATCHED and kind not in loose:
            key = (record["epoch"], kind)
            # Events that expire together share one.
            if rv_key(rv) < of_kind.get(key, (0, "")):
                wrong.append(f"{name_of(record)}: older than its stream's last")
            of_kind[key] = rv_key(rv)
    return wrong


def check_lives(records):
    """Each uid of an epoch: appears first, and nothing follows its end."""
    wrong = []
    alive = {}
    for record in in_time(records):
        uid = (record["epoch"], kind_of(record), record["uid"])
        event = record["event"]
        known = alive.get(uid)
        if event in ("Added", "Listed") and known:
            wrong.append(f"{name_of(record)}: its uid was there before")
        if event in GONE and not known and event != "Vanished":
            wrong.append(f"{name_of(record)}: its uid was not there")
        if known is False and event in APPEARING:
            wrong.append(f"{name_of(record)}: its uid had ended")
        alive[uid] = event in APPEARING
    return wrong


def check_gaps(records, expected=None):
    """Every gap is expected, and every expected one is there.

    `start` gaps are one a stream, (group, resource, namespace). `expected`
    gives the other gaps as a list of (group, resource, cause), or is None
    where all are to be accepted.
    """
    wrong = []
    found = collections.Counter()
    starts = collections.Counter()
    for record in records:
        if record["record"] != "gap":
            continue
        cause = record["cause"]
        if cause not in GAP_CAUSES:
            wrong.append(f"seq {record['seq']}: no gap cause: {cause!r}")
        if cause == "start":
            starts[(*kind_of(record), record.get("namespace") or "")] += 1
        else:
            found[(*kind_of(record), cause)] += 1
    for stream, count in starts.items():
        if count > 1:
            wrong.append(f"{count} start gaps of {stream}")
    streams = {stream[:2] for stream in starts}
    for kind in {kind_of(r) for r in revisions(records)} - streams:
        wrong.append(f"{kind} has revisions and no start gap")
    if expected is not None:
        wanted = collections.Counter(expected)
        for gap, count in (found - wanted).items():
            wrong.append(f"{count} gap(s) not expected: {gap}")
        for gap, count in (wanted - found).items():
            wrong.append(f"{count} gap(s) missing: {gap}")
    return wrong


# -- the record against the journal


def comparable(body, record):
    """The body as compared: list items come without apiVersion and kind."""
    body = dict(body)
    group, version = record.get("group", ""), record["version"]
    body.setdefault("apiVersion", f"{group}/{version}" if group else version)
    return body


def check_journal(records, entries, namespaces, kinds):
    """Each answered write is recorded once, equal, and nothing else is.

    Looks at revisions of `kinds` [(group, resource)] in `namespaces`.
    """
    wrong = []
    ranks = _epoch_ranks(records)
    by_key = {}
    ends = {}
    for record in revisions(records):
        if kind_of(record) not in kinds or record["namespace"] not in namespaces:
            continue
        rank = ranks[(kind_of(record), record["epoch"])]
        life = (rank, kind_of(record), record["uid"])
        if record["event"] in GONE:
            ends.setdefault(life, []).append(record)
        else:
            by_key[(*life, record["resourceVersion"])] = record

    required, optional, gone, free, never = _expectations(entries)
    older = {(e.kind, e.uid, e.rv): e for e in entries if not e.deleted}
    for key, entry in {**optional, **required}.items():
        record = by_key.pop(key, None)
        if record is None:
            if key in required:
                wrong.append(f"not recorded: {key[1:]}")
            continue
        wrong += _compare(record, entry)
    for life, entry in never.items():
        if life in ends:
            wrong.append(f"{name_of(ends[life][0])}: ended before it was known")
    last = {}
    for entry in entries:
        if not entry.deleted:
            life = (entry.epoch, entry.kind, entry.uid)
            if life not in last or rv_key(entry.rv) > rv_key(last[life].rv):
                last[life] = entry
    for key, record in by_key.items():
        if (key[:3] in gone or key[:3] in free) and (
                "deletionTimestamp" in record["object"]["metadata"]):
            # The first step of a Pod's deletion, which answers nobody. After
            # a restore its last write may be one of the epoch before.
            if key[:3] in last:
                wrong += _compare_end(record, last[key[:3]])
            continue
        # A new epoch begins with what is left of the one before.
        entry = older.get(key[1:])
        if key[0] > 0 and entry and entry.epoch < key[0]:
            wrong += _compare(record, entry)
        else:
            wrong.append(f"{name_of(record)}: no writer was answered this")

    for life, entry in gone.items():
        found = ends.pop(life, [])
        if len(found) != 1:
            wrong.append(f"{len(found)} ends of {life[1:]} are recorded, not 1")
            continue
        if found[0]["event"] == "Vanished":
            if entry.mood == journals.STRICT:
                wrong.append(f"{name_of(found[0])}: it was deleted in sight")
        elif life in last:
            wrong += _compare_end(found[0], last[life])
    known = {(e.kind, e.uid): e.epoch for e in reversed(entries)}
    for life, found in ends.items():
        lost_by_restore = (found[0]["event"] == "Vanished" and
                           known.get(life[1:], life[0]) < life[0])
        if life not in never and life not in free and not lost_by_restore:
            wrong.append(f"{name_of(found[0])}: nobody deleted it")
    return wrong


def _epoch_ranks(records):
    """(kind, epoch id) -> 0, 1, … in the order of the kind's epochs."""
    ranks = {}
    count = collections.Counter()
    for record in revisions(records):
        key = (kind_of(record), record["epoch"])
        if key not in ranks:
            ranks[key] = count[kind_of(record)]
            count[kind_of(record)] += 1
    return ranks


def _expectations(entries):
    """What the moods of the journal promise.

    Revisions that are required or optional; lives that must have one end
    (gone), may have one (free), or were never to be seen (never).
    """
    required, optional, gone, free, never = {}, {}, {}, {}, {}
    # Answers reach the journal a little out of order: RVs decide.
    lives = collections.defaultdict(list)
    for entry in entries:
        lives[(entry.epoch, entry.kind, entry.uid)].append(entry)
    for life, all_of_it in lives.items():
        end = next((e for e in all_of_it if e.deleted), None)
        written = sorted((e for e in all_of_it if not e.deleted),
                         key=lambda e: rv_key(e.rv))
        for index, entry in enumerate(written):
            key = (*life, entry.rv)
            later = written[index + 1:]
            final_of_mood = not any(e.mood == entry.mood for e in later) and (
                end is None or end.mood != entry.mood)
            if entry.mood == journals.STRICT:
                required[key] = entry
            elif final_of_mood:
                required[key] = entry
            elif entry.mood == journals.LOOSE:
                optional[key] = entry
        if end is None:
            continue
        if end.mood == journals.BEFORE:
            never[life] = end
        elif end.mood == journals.LOOSE and all(
                e.mood == journals.LOOSE for e in written):
            # Came and went unseen, or seen in part.
            optional.update({(*life, e.rv): e for e in written})
            free[life] = end
        else:
            gone[life] = end
    return required, optional, gone, free, never


def _compare(record, entry):
    for key, value in (("namespace", entry.namespace), ("name", entry.name)):
        if record[key] != value:
            return [f"{name_of(record)}: {key} is not {value!r}"]
    left = comparable(record["object"], record)
    right = comparable(entry.body, record)
    if "kind" not in left:
        right.pop("kind", None)
    if entry.kind == ("", "secrets"):
        left, right = without_values(left), without_values(right)
    found = exact_json.first_difference(left, right)
    return [f"{name_of(record)}: differs at {found}"] if found else []


def _compare_end(record, entry):
    """DELETED carries the last content under the deletion's own RV."""
    wrong = []
    rv = record.get("resourceVersion") or ""
    if rv_key(rv) <= rv_key(entry.rv):
        wrong.append(f"{name_of(record)}: its RV is not above {entry.rv}")
    left = comparable(record["object"], record)
    right = comparable(entry.body, record)
    if left["metadata"].get("resourceVersion") != rv:
        wrong.append(f"{name_of(record)}: its body is of another RV")
    for body in (left, right):
        meta = dict(body["metadata"])
        for key in ("resourceVersion", "deletionTimestamp",
                    "deletionGracePeriodSeconds", "generation"):
            meta.pop(key, None)
        body["metadata"] = meta
    if entry.kind == ("", "secrets"):
        left, right = without_values(left), without_values(right)
    found = exact_json.first_difference(left, right)
    if found:
        wrong.append(f"{name_of(record)}: differs at {found}")
    return wrong


def _secret_values(body):
    """(path, value) of all that redaction takes out of a Secret."""
    for part in ("data", "stringData"):
        for key, value in (body.get(part) or {}).items():
            yield f"{part}.{key}", value
    notes = body["metadata"].get("annotations") or {}
    if LAST_APPLIED in notes:
        yield "last-applied", notes[LAST_APPLIED]


def without_values(body):
    body = dict(body)
    for part in ("data", "stringData"):
        if body.get(part):
            body[part] = dict.fromkeys(body[part], "hidden")
    notes = body["metadata"].get("annotations") or {}
    if LAST_APPLIED in notes:
        body["metadata"] = dict(body["metadata"], annotations=dict(
            notes, **{LAST_APPLIED: "hidden"}))
    return body


def check_secrets(records, entries, export_text, secret_values):
    """Fingerprints: equal exactly when the values are, for one name and key.

    And no value is anywhere in the export.
    """
    wrong = []
    ranks = _epoch_ranks(records)
    written = {}
    for entry in entries:
        if entry.kind == ("", "secrets") and not entry.deleted:
            written[(entry.epoch, entry.uid, entry.rv)] = entry
    print_of, value_of = {}, {}
    for record in revisions(records):
        if kind_of(record) != ("", "secrets") or not record.get("object"):
            continue
        # One RV may have another content in a later epoch; what a restore
        # left was written in one before, and is listed.
        rank = ranks[(kind_of(record), record["epoch"])]
        listed = record["event"] in ("Listed", "Relisted")
        entry = next((written[key] for key in
                      ((at, record["uid"], record["resourceVersion"])
                       for at in range(rank, -1 if listed else rank - 1, -1))
                      if key in written), None)
        if entry is None:
            continue
        values = dict(_secret_values(entry.body))
        for path, fingerprint in _secret_values(record["object"]):
            where = (record["namespace"], record["name"], path)
            value = values.get(path)
            if not _is_fingerprint(fingerprint):
                wrong.append(f"{name_of(record)}: {path} is no fingerprint")
            if print_of.setdefault((where, value), fingerprint) != fingerprint:
                wrong.append(f"{where}: one value has two fingerprints")
            if value_of.setdefault((where, fingerprint), value) != value:
                wrong.append(f"{where}: two values have one fingerprint")
    for value in secret_values:
        plain = value.split("\u2028")[0]
        for form in (plain, *_base64_forms(plain.encode()),
                     plain.encode().hex()):
            if form in export_text:
                wrong.append(f"the export holds a secret value, as {form[:12]}…")
    return wrong


def _is_fingerprint(text):
    try:
        return base64.b64decode(text, validate=True).startswith(b"kfr1:")
    except ValueError:
        return False


def _base64_forms(raw):
    """What base64 of any text around `raw` must contain."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        # Cut what depends on the neighbours.
        yield encoded[4 if shift else 0:len(encoded) - 4]


# -- the record against the server


def state(records, kinds=None):
    """{(kind, uid): record}: what lives at the end, by replaying.

    Within a uid the last one in time decides; check_order has the RVs.
    """
    live = {}
    for record in in_time(records):
        kind = kind_of(record)
        if kinds is not None and kind not in kinds:
            continue
        key = (kind, record["uid"])
        if record["event"] in GONE:
            live.pop(key, None)
        else:
            live[key] = record
    return live


def check_state(records, kind, listed, namespaces=None):
    """What lives at the end is what the server lists: uid, RV and body.

    `listed`: the server's list of that kind, parsed.
    """
    wrong = []
    live = {uid: record for (_, uid), record in state(records, {kind}).items()
            if namespaces is None or record["namespace"] in namespaces}
    for item in listed.get("items") or []:
        meta = item["metadata"]
        if namespaces is not None and meta.get("namespace") not in namespaces:
            continue
        record = live.pop(meta["uid"], None)
        what = f"{kind[1]} {meta.get('namespace', '')}/{meta['name']}"
        if record is None:
            wrong.append(f"{what} lives and is not in the record")
        elif record["resourceVersion"] != meta["resourceVersion"]:
            wrong.append(f"{what} is at {meta['resourceVersion']}, the record "
                         f"at {record['resourceVersion']}")
        elif kind != ("", "secrets"):
            left = comparable(record["object"], record)
            right = comparable(item, record)
            left.pop("kind", None)
            right.pop("kind", None)
            found = exact_json.first_difference(left, right)
            if found:
                wrong.append(f"{what} differs at {found}")
    for record in live.values():
        wrong.append(f"{name_of(record)} lives in the record only")
    return wrong


# -- all of it


def damages(text, rng, kinds, namespaces, rounds=5):
    """(what, damaged export) of a true export: the checker must find each.

    Rows of these kinds and namespaces are damaged: those that check_journal
    compares.
    """
    lines = text.rstrip("\n").split("\n")
    records = parse_export(text)

    def joined(*parts):
        return "".join(line + "\n" for part in parts for line in part)

    # Of a Secret's body only what repeats can be compared; of a deletion's not
    # what the server added.
    rows = [i for i, record in enumerate(records)
            if record["record"] == "revision" and record["event"] in APPEARING
            and kind_of(record) in kinds and record["namespace"] in namespaces
            and record["resource"] != "secrets"
            and "deletionTimestamp" not in record["object"]["metadata"]]
    for _ in range(rounds):
        i = rng.choice(rows)
        yield f"row {i + 1} taken out", joined(lines[:i], lines[i + 1:])
        yield f"row {i + 1} twice", joined(lines[:i + 1], lines[i:])
        line = lines[i]
        places = [at for at in range(line.index('"object"') + 9, len(line))
                  if line[at].isalnum() and line[at - 1] != "\\"]
        at = rng.choice(places)
        changed = "x" if line[at] != "x" else "y"
        yield (f"byte {at} of row {i + 1} changed, after "
               f"{line[max(0, at - 60):at + 1]}"), joined(
            lines[:i], [line[:at] + changed + line[at + 1:]], lines[i + 1:])
    gaps = [i for i, r in enumerate(records) if r["record"] == "gap"]
    for i in rng.sample(gaps, min(2, len(gaps))):
        yield f"the gap in row {i + 1} taken out", joined(
            lines[:i], lines[i + 1:])


def check_all(text, journal, namespaces, kinds, expected_gaps=None,
              loose_order=()):
    """Everything that needs only the export and the journal."""
    try:
        records = parse_export(text)
    except ValueError as error:
        return [str(error)]
    kinds = {tuple(kind) for kind in kinds}
    return (check_sequence(records) + check_times(records) +
            check_unique(records) + check_order(records, loose_order) +
            check_lives(records) + check_gaps(records, expected_gaps) +
            check_journal(records, journal.entries, set(namespaces), kinds) +
            check_secrets(records, journal.entries, text,
                          journal.secret_values))
