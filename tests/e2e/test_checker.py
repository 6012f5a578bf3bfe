"""The checker finds what is wrong: every kind of damage, one at a time.

A small true record passes; then a row, a gap, a byte … is taken out or put in,
and each time the checker must speak. Needs no server.
"""

import base64
import copy
import json
import unittest

import checker
import exact_json
import journal as journals

CONFIGMAPS = ("", "configmaps")
SECRETS = ("", "secrets")
NAMESPACES = {"alpha"}
KINDS = {CONFIGMAPS, SECRETS}


def fingerprint(text):
    return base64.b64encode(f"kfr1:key:{text}".encode()).decode()


class Story:
    """A true record with its journal, built a write at a time."""

    def __init__(self):
        self.journal = journals.Journal()
        self.lines = []
        self.rv = 100
        for kind in (CONFIGMAPS, SECRETS):
            self._append(record="gap", epoch=1, cause="start", group="",
                         version="v1", resource=kind[1], namespace="",
                         **{"from": "", "to": "100"})
        self.journal.mood = journals.STRICT

    def _append(self, **fields):
        seq = len(self.lines) + 1
        now = f"2026-11-20T10:00:00.{seq:06d}Z"
        self.lines.append({"seq": seq, "cluster": "one", "recordedAt": now,
                           "changedAt": now, "notBefore": now, **fields})

    def _revision(self, kind, event, body):
        meta = body["metadata"]
        self._append(record="revision", epoch=1, event=event, group="",
                     version="v1", resource=kind[1], namespace="alpha",
                     name=meta["name"], uid=meta["uid"],
                     resourceVersion=meta["resourceVersion"],
                     evidence="received", object=body)

    def write(self, kind, name, uid, data, event="Modified"):
        self.rv += 1
        body = {"apiVersion": "v1", "kind": kind[1], "metadata": {
            "name": name, "namespace": "alpha", "uid": uid,
            "resourceVersion": str(self.rv)}, "data": data}
        self.journal.wrote(kind, json.dumps(body))
        if kind == SECRETS:
            body["data"] = {k: fingerprint(v) for k, v in data.items()}
        self._revision(kind, event, body)
        self.last = body

    def delete(self, kind):
        self.rv += 1
        body = copy.deepcopy(self.last)
        meta = body["metadata"]
        self.journal.deleted(kind, "alpha", meta["name"], meta["uid"])
        meta["resourceVersion"] = str(self.rv)
        self._revision(kind, "Deleted", body)

    def problems(self, lines=None, gaps=()):
        text = "".join(json.dumps(line) + "\n"
                       for line in (self.lines if lines is None else lines))
        return checker.check_all(text, self.journal, NAMESPACES, KINDS, gaps)


def true_story():
    story = Story()
    story.write(CONFIGMAPS, "a", "u1", {"k": "08", "n": 9007199254740993},
                "Added")
    story.write(CONFIGMAPS, "a", "u1", {"k": "null\u2028", "n": 1.5})
    story.delete(CONFIGMAPS)
    story.write(CONFIGMAPS, "a", "u2", {"k": "again"}, "Added")
    story.write(SECRETS, "s", "u3", {"p": "one"}, "Added")
    story.write(SECRETS, "s", "u3", {"p": "two"})
    story.write(SECRETS, "s", "u3", {"p": "one"})
    return story


class CheckerTest(unittest.TestCase):

    def setUp(self):
        self.story = true_story()
        self.assertEqual(self.story.problems(), [])

    def damaged(self, change):
        """Problems after change(lines), and after it with seq made whole."""
        lines = copy.deepcopy(self.story.lines)
        change(lines)
        plain = self.story.problems(lines)
        for seq, line in enumerate(lines, 1):
            line["seq"] = seq
        whole = self.story.problems(lines)
        return plain, whole

    def found(self, change):
        plain, whole = self.damaged(change)
        self.assertTrue(plain)
        self.assertTrue(whole, "found by seq alone")

    def test_every_row_taken_out_is_found(self):
        for index in range(len(self.story.lines)):
            with self.subTest(row=self.story.lines[index]):
                self.found(lambda lines, i=index: lines.pop(i))

    def test_every_row_twice_is_found(self):
        for index in range(2, len(self.story.lines)):
            with self.subTest(row=self.story.lines[index]):
                self.found(lambda lines, i=index: lines.insert(
                    i, copy.deepcopy(lines[i])))

    def test_every_swap_of_one_uid_is_found(self):
        def swap(lines, i):
            lines[i], lines[i + 1] = lines[i + 1], lines[i]
        for index in (2, 3, 6, 7):
            with self.subTest(row=self.story.lines[index]):
                self.found(lambda lines, i=index: swap(lines, i))

    def test_every_byte_of_a_body_counts(self):
        """A changed character anywhere in an object is found."""
        for index, line in enumerate(self.story.lines):
            if line["record"] != "revision":
                continue
            for path in self._scalars(line["object"]):
                def change(lines, i=index, p=path):
                    holder = lines[i]["object"]
                    for key in p[:-1]:
                        holder = holder[key]
                    value = holder[p[-1]]
                    holder[p[-1]] = (value + 1 if isinstance(
                        value, (int, float)) else value + "x")
                with self.subTest(row=line["seq"], path=path):
                    self.found(change)

    def test_every_name_beside_the_body_counts(self):
        for key in ("group", "resource", "namespace", "name", "uid", "epoch",
                    "resourceVersion", "event"):
            with self.subTest(key=key):
                self.found(lambda lines, k=key: lines[3].update({k: "other"}))

    def _scalars(self, value, path=()):
        for key, item in value.items():
            if isinstance(item, dict):
                yield from self._scalars(item, (*path, key))
            elif path[:1] != ("data",) or not str(item).startswith("a2Zy"):
                yield (*path, key)

    def test_number_text_counts(self):
        text = json.dumps({"n": 1.0})
        self.assertIsNotNone(exact_json.first_difference(
            exact_json.loads(text), exact_json.loads('{"n": 1}')))
        self.assertIsNotNone(exact_json.first_difference(
            exact_json.loads('{"n": 9007199254740993}'),
            exact_json.loads('{"n": 9007199254740992}')))
        self.assertIsNotNone(exact_json.first_difference(
            exact_json.loads('{"n": 1}'), exact_json.loads('{"n": "1"}')))

    def test_an_invented_row_is_found(self):
        def invent(lines):
            row = copy.deepcopy(lines[-1])
            row["resourceVersion"] = "999"
            row["object"]["metadata"]["resourceVersion"] = "999"
            lines.append(row)
        self.found(invent)

    def test_a_gap_that_is_not_expected_is_found(self):
        def gap(lines):
            lines.append(dict(lines[0], cause="gone",
                              recordedAt=lines[-1]["recordedAt"]))
        self.found(gap)

    def test_a_gap_that_is_missing_is_found(self):
        self.assertTrue(self.story.problems(gaps=[("", "configmaps", "gone")]))

    def test_two_values_under_one_fingerprint_are_found(self):
        def same(lines):
            lines[-2]["object"]["data"]["p"] = lines[-1]["object"]["data"]["p"]
        self.found(same)

    def test_one_value_under_two_fingerprints_is_found(self):
        self.found(lambda lines: lines[-1]["object"]["data"].update(
            p=fingerprint("other")))

    def test_a_secret_value_in_the_export_is_found(self):
        value = "canary-7-s3cr3t"
        self.story.journal.secret_values.add(value)
        for shift in range(3):
            leak = base64.b64encode(b"x" * shift + value.encode()).decode()
            with self.subTest(shift=shift):
                def spill(lines, leak=leak):
                    lines[0]["message"] = leak
                self.found(spill)
        self.found(lambda lines: lines[0].update(message=f"is {value}"))

    def test_a_deletion_as_vanished_is_found(self):
        def vanish(lines):
            lines[4].update(event="Vanished", resourceVersion="")
        self.found(vanish)

    def test_times_that_go_back_are_found(self):
        self.found(lambda lines: lines[5].update(
            recordedAt="2026-11-20T09:00:00.000000Z"))
        self.found(lambda lines: lines[3].update(
            changedAt="2026-11-20T09:00:00.000000Z"))

    def test_state_differs_from_a_list(self):
        records = checker.parse_export(
            "".join(json.dumps(line) + "\n" for line in self.story.lines))
        item = copy.deepcopy(self.story.lines[5]["object"])
        listed = exact_json.loads(json.dumps({"items": [item]}))
        self.assertEqual(checker.check_state(records, CONFIGMAPS, listed), [])
        self.assertTrue(checker.check_state(records, CONFIGMAPS, {}))
        item["metadata"]["uid"] = "u9"
        listed = exact_json.loads(json.dumps({"items": [item]}))
        self.assertEqual(
            len(checker.check_state(records, CONFIGMAPS, listed)), 2)


if __name__ == "__main__":
    unittest.main()
