#!/usr/bin/env python3
"""Decodes every body of a file, from schema/formats/body.md and dictionary.md
alone: what was recorded can be read without the program that did it.

  tools/decode.py FILE            prints "SEQ SHA-256" of each body
  tools/decode.py FILE --seq 7    writes body 7 to standard output

A body that cannot be decoded is named on standard error, and the rest goes on.
Needs Python 3 with the package zstandard (Debian: python3-zstandard).
Exit codes: 0 all decoded, 1 some were not, or the file cannot be read, 2 wrong
usage.
"""

import argparse
import hashlib
import pathlib
import sqlite3
import sys
import urllib.parse

try:
    import zstandard
except ImportError:
    sys.exit("decode.py: needs the Python package zstandard (Debian: "
             "python3-zstandard, for /usr/bin/python3)")

ALONE, DICTIONARY, DELTA = 1, 2, 3
LONGEST_CHAIN = 64
LARGEST = 1 << 30


class Damaged(Exception):
    """A body that cannot be decoded, and why."""


def check_frame(seq, data, raw_size):
    """Refuses a frame that would decode to another size than the row says."""
    try:
        frame = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as error:
        raise Damaged(f"record {seq}: {error}") from error
    if frame.content_size != raw_size or not 0 <= raw_size <= LARGEST:
        raise Damaged(f"record {seq}: the frame states {frame.content_size} "
                      f"bytes, the row {raw_size}")
    if not frame.has_checksum:
        raise Damaged(f"record {seq}: the frame has no checksum")


def decompress(seq, data, raw_size, needs):
    """The content of one frame; `needs`: a dictionary, a prefix or None."""
    check_frame(seq, data, raw_size)
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
            elif encoding == DICTIONARY:
                raw = decompress(seq, data, raw_size,
                                 self._dictionary(seq, dictionary))
            elif encoding == DELTA:
                if base is None or not 0 < base < seq:
                    raise Damaged(f"record {seq} builds on record {base}")
                chain.append((seq, data, raw_size))
                if len(chain) >= LONGEST_CHAIN:
                    raise Damaged(f"record {seq}: the chain is too long")
                seq = base
                raw = self._decoded.pop(base, None)
            else:
                raise Damaged(f"record {seq}: unknown encoding {encoding}")
        for seq, data, raw_size in reversed(chain):
            prefix = zstandard.ZstdCompressionDict(
                raw, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            raw = decompress(seq, data, raw_size, prefix)
        self._decoded[seq if not chain else chain[0][0]] = raw
        while len(self._decoded) > 1000:
            self._decoded.pop(next(iter(self._decoded)))
        return raw


def decode(options):
    """Prints what is asked for; how many bodies could not be decoded."""
    path = urllib.parse.quote(str(options.file.absolute()))
    bodies = Bodies(sqlite3.connect(f"file:{path}?mode=ro", uri=True))
    failed = 0
    for seq in ([options.seq] if options.seq is not None
                else list(bodies.seqs())):
        try:
            raw = bodies.read(seq)
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
