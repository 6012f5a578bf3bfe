#!/usr/bin/env python3
"""Decodes every body of a file, from the pages body.md, dictionary.md and log.md
of schema/formats alone: what was recorded can be read, and its log's root
computed, without the program that did it.

  tools/decode.py FILE            prints "SEQ SHA-256" of each body
  tools/decode.py FILE --seq 7    writes body 7 to standard output
  tools/decode.py FILE --root     prints the log's size and root, computed from
                                  the records, in the lines of a checkpoint

A body that cannot be decoded, or is not what the log says was recorded, is named
on standard error, and the rest goes on.
Needs Python 3 with the package zstandard (Debian: python3-zstandard).
Exit codes: 0 all decoded, 1 some were not, or the file cannot be read, 2 wrong
usage.
"""

import argparse
import base64
import hashlib
import pathlib
import sqlite3
import struct
import sys
import urllib.parse

try:
    import zstandard
except ImportError:
    sys.exit("decode.py: needs the Python package zstandard (Debian: "
             "python3-zstandard, for /usr/bin/python3)")

BARE_DELTA, ALONE, DICTIONARY, DELTA, BARE_DICTIONARY = range(5)
LONGEST_CHAIN = 64
LARGEST = 1 << 30


class Damaged(Exception):
    """A body that cannot be decoded, and why."""


def header(size):
    """The header that bare blocks lack: one piece, no checksum, no id."""
    if size < 256:
        return b"\x28\xb5\x2f\xfd" + struct.pack("<BB", 0x20, size)
    if size < 65536 + 256:
        return b"\x28\xb5\x2f\xfd" + struct.pack("<BH", 0x60, size - 256)
    return b"\x28\xb5\x2f\xfd" + struct.pack("<BI", 0xa0, size)


def check_frame(seq, data, raw_size, bare):
    """Refuses a frame that would decode to another size than the row says."""
    try:
        frame = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as error:
        raise Damaged(f"record {seq}: {error}") from error
    if frame.content_size != raw_size:
        raise Damaged(f"record {seq}: the frame states {frame.content_size} "
                      f"bytes, the row {raw_size}")
    if not frame.has_checksum and not bare:
        raise Damaged(f"record {seq}: the frame has no checksum")


def decompress(seq, data, raw_size, needs, bare=False):
    """The content of one frame; `needs`: a dictionary, a prefix or None."""
    if not 0 <= raw_size <= LARGEST:
        raise Damaged(f"record {seq}: the row states {raw_size} bytes")
    if bare:
        data = header(raw_size) + data
    check_frame(seq, data, raw_size, bare)
    reader = zstandard.ZstdDecompressor(dict_data=needs).decompressobj()
    try:
        raw = reader.decompress(data)
    except zstandard.ZstdError as error:
        raise Damaged(f"record {seq}: {error}") from error
    if len(raw) != raw_size or not reader.eof or reader.unused_data:
        raise Damaged(f"record {seq}: the frame is cut short or has a tail")
    return raw


class Bodies:
    """The bodies of one open file."""

    def __init__(self, base):
        self._base = base
        columns = {row[1] for row in base.execute("PRAGMA table_info(body)")}
        self._columns = ("encoding, raw_size, data, dictionary, base"
                         if "base" in columns else
                         "encoding, raw_size, data, NULL, NULL")
        self._dictionaries = {}
        # The body decoded last of each chain, by seq: read in order, each
        # needs only the one before.
        self._decoded = {}

    def seqs(self):
        """All that have a row."""
        for row in self._base.execute("SELECT seq FROM body ORDER BY seq"):
            yield row[0]

    def _dictionary(self, seq, number):
        if number not in self._dictionaries:
            row = self._base.execute(
                "SELECT data FROM dictionary WHERE id = ?",
                (number,)).fetchone()
            if row is None:
                raise Damaged(f"record {seq}: dictionary {number} is missing")
            self._dictionaries[number] = zstandard.ZstdCompressionDict(
                row[0], dict_type=zstandard.DICT_TYPE_FULLDICT)
        return self._dictionaries[number]

    def read(self, seq):
        """The bytes of one body."""
        chain = []
        raw = None
        while raw is None:
            row = self._base.execute(
                f"SELECT {self._columns} FROM body WHERE seq = ?",
                (seq,)).fetchone()
            if row is None:
                raise Damaged(f"record {seq} is missing")
            encoding, raw_size, data, dictionary, base = row
            if encoding == ALONE:
                raw = decompress(seq, data, raw_size, None)
            elif encoding in (DICTIONARY, BARE_DICTIONARY):
                raw = decompress(seq, data, raw_size,
                                 self._dictionary(seq, dictionary),
                                 encoding == BARE_DICTIONARY)
            elif encoding in (DELTA, BARE_DELTA):
                if base is not None and encoding == BARE_DELTA:
                    base = seq - base
                if base is None or not 0 < base < seq:
                    raise Damaged(f"record {seq} builds on record {base}")
                chain.append((seq, data, raw_size, encoding == BARE_DELTA))
                if len(chain) >= LONGEST_CHAIN:
                    raise Damaged(f"record {seq}: the chain is too long")
                seq = base
                raw = self._decoded.pop(base, None)
            else:
                raise Damaged(f"record {seq}: unknown encoding {encoding}")
        for seq, data, raw_size, bare in reversed(chain):
            prefix = zstandard.ZstdCompressionDict(
                raw, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            raw = decompress(seq, data, raw_size, prefix, bare)
        self._decoded[seq if not chain else chain[0][0]] = raw
        while len(self._decoded) > 1000:
            self._decoded.pop(next(iter(self._decoded)))
        return raw


def text(value):
    """A text of a leaf; NULL is as empty as ''."""
    raw = (value or "").encode("utf-8", "surrogateescape")
    return struct.pack(">I", len(raw)) + raw


def numbers(*values):
    """Numbers of a leaf."""
    return b"".join(struct.pack(">q", value) for value in values)


class Root:
    """The Merkle tree of RFC 6962, as far as its root needs it."""

    def __init__(self):
        self._peaks = []  # (leaves, hash), the largest first
        self.size = 0

    def add(self, node):
        """The hash of the next leaf."""
        leaves = 1
        while self._peaks and self._peaks[-1][0] == leaves:
            node = self._join(self._peaks.pop()[1], node)
            leaves *= 2
        self._peaks.append((leaves, node))
        self.size += 1

    @staticmethod
    def _join(left, right):
        return hashlib.sha256(b"\1" + left + right).digest()

    def hash(self):
        """The root over the leaves so far."""
        if not self._peaks:
            return hashlib.sha256().digest()
        node = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            node = self._join(left, node)
        return node


REVISION = """
SELECT v.epoch, v.event, v.source, v.evidence, v.late, v.body_kind,
  v.recorded_at, v.changed_at, v.not_before, v.rv, v.list_rv, v.api_version,
  k.api_group, k.resource, o.namespace, o.name, o.uid, v.stream_id, v.salt
FROM revision v LEFT JOIN object o ON o.id = v.object_id
LEFT JOIN resource k ON k.id = o.resource_id WHERE v.seq = ?"""
RECORD = "SELECT recorded_at, kind, detail, stream_id, salt FROM record " \
    "WHERE seq = ?"
STREAM = """
SELECT k.api_group, k.resource, s.namespace, s.label_selector, s.field_selector
FROM stream s JOIN resource k ON k.id = s.resource_id WHERE s.id = ?"""


def salt_of(base, seq, stored):
    """The salt of a revision whose row has `stored`."""
    if stored is not None:
        return stored
    row = base.execute("SELECT seed FROM salt_seed WHERE place = ?",
                       ((seq - 1) // 256,)).fetchone()
    if row is None:
        raise Damaged(f"record {seq} has neither a salt nor a seed")
    return hashlib.sha256(row[0] + numbers(seq)).digest()[:16]


def leaf_of(base, seq, body):
    """The leaf of a record, with the byte 00 in front; None: it is pruned."""
    def stream(number):
        row = base.execute(STREAM, (number,)).fetchone() or [""] * 5
        return b"".join(map(text, row))

    def commitment(salt):
        return hashlib.sha256(salt + body).digest()

    row = base.execute(REVISION, (seq,)).fetchone()
    if row is not None:
        not_before = (b"\0" if row[8] is None else b"\1" + numbers(row[8]))
        return (b"\0\1\1" + numbers(seq, *row[:8]) + not_before
                + b"".join(map(text, row[9:17])) + stream(row[17])
                + commitment(salt_of(base, seq, row[18])))
    row = base.execute(RECORD, (seq,)).fetchone()
    if row is None:
        return None
    where = b"\0" if row[3] == 0 else b"\1" + stream(row[3])
    return (b"\0\1\2" + numbers(seq, row[0]) + text(row[1]) + text(row[2])
            + where + commitment(row[4]))


def hash_in_tile(base, seq):
    """The hash of a leaf as the log has it."""
    place, at = divmod(seq - 1, 256)
    row = base.execute("SELECT hashes FROM tile WHERE level = 0 AND place = ?",
                       (place,)).fetchone()
    if row is None or len(row[0]) < 32 * (at + 1):
        raise Damaged(f"record {seq} is missing")
    return row[0][32 * at:32 * (at + 1)]


def check_leaf(base, seq, body):
    """Refuses a body that is not what the log says was recorded."""
    leaf = leaf_of(base, seq, body)
    if leaf and hashlib.sha256(leaf).digest() != hash_in_tile(base, seq):
        raise Damaged(f"record {seq} is not what was recorded")


def print_root(base, bodies):
    """Prints the lines of the file's checkpoint; how many records failed."""
    last, name = base.execute("SELECT last_seq, file_id FROM meta").fetchone()
    having = set(bodies.seqs())
    root = Root()
    for seq in range(1, last + 1):
        try:
            body = bodies.read(seq) if seq in having else b""
            leaf = leaf_of(base, seq, body)
            root.add(hash_in_tile(base, seq) if leaf is None else
                     hashlib.sha256(leaf).digest())
        except Damaged as error:
            print(f"{seq}: {error}", file=sys.stderr)
            return 1
    print(f"kubescribe.dev/{name}\n{root.size}")
    print(base64.b64encode(root.hash()).decode())
    return 0


def decode(options):
    """Prints what is asked for; how many bodies could not be decoded."""
    path = urllib.parse.quote(str(options.file.absolute()))
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    base.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    bodies = Bodies(base)
    if options.root:
        return print_root(base, bodies)
    logged = base.execute("SELECT count(*) FROM sqlite_schema "
                          "WHERE name = 'tile'").fetchone()[0]
    failed = 0
    for seq in ([options.seq] if options.seq is not None
                else list(bodies.seqs())):
        try:
            raw = bodies.read(seq)
            if logged:
                check_leaf(base, seq, raw)
        except Damaged as error:
            print(f"{seq}: {error}", file=sys.stderr)
            failed += 1
            continue
        if options.seq is not None:
            sys.stdout.buffer.write(raw)
        else:
            print(seq, hashlib.sha256(raw).hexdigest())
    return failed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--seq", type=int)
    parser.add_argument("--root", action="store_true")
    options = parser.parse_args()
    try:
        return 1 if decode(options) else 0
    except sqlite3.Error as error:
        print(f"decode.py: {options.file}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
