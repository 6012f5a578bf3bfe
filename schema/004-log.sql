-- The log: what shows any record that was changed, removed, inserted or moved.
-- formats/log.md says how its bytes are made, with a worked example.
--
-- Record `seq` is leaf `seq - 1` of one Merkle tree (RFC 6962) of the file. A
-- leaf covers the record's header (all that answers use, ids resolved to what
-- they stand for), its salt and the exact bytes of its body, however these are
-- encoded. Records from before this migration are leaves too: the first writer
-- that opens the file adds them, a thousand a transaction.

-- The tree's hashes in tiles 256 wide, each in the transaction of the records
-- that it covers. Level 0 has the leaves' hashes; a hash of level n + 1 is the
-- root of a full tile of level n. Only the last tile of a level may be partial;
-- of no hashes there is no row.
CREATE TABLE tile (
  level INTEGER NOT NULL,
  -- It has the hashes from 256 * place on.
  place INTEGER NOT NULL,
  -- 1 to 256 of 32 bytes each.
  hashes BLOB NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192
                              AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

-- What the recorder vouched for: the tree as it was, signed. Only records that
-- were on disk are under it.
CREATE TABLE checkpoint (
  -- How many records it covers: those up to this seq.
  size INTEGER PRIMARY KEY,
  made_at INTEGER NOT NULL,
  -- The tree's root at that size.
  root BLOB NOT NULL CHECK (length(root) = 32),
  -- The signed note (C2SP signed-note, tlog-checkpoint), as it was given out.
  note TEXT NOT NULL
) STRICT;

CREATE VIEW v_checkpoint AS
SELECT
  size,
  strftime('%Y-%m-%dT%H:%M:%S', made_at / 1000000, 'unixepoch')
    || printf('.%06dZ', made_at % 1000000) AS made,
  lower(hex(root)) AS root
FROM checkpoint;
