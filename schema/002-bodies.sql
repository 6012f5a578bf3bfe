-- Bodies that build on others: see formats/body.md and formats/dictionary.md.

-- What many bodies have in common; encoding 2 of `body` needs it. Rows are
-- never changed.
CREATE TABLE dictionary (
  -- As in the dictionary itself and in each frame that was made with it.
  -- 32768: the one that the program ships; from 32800: trained on this file.
  id INTEGER PRIMARY KEY,
  made_at INTEGER NOT NULL,
  -- It was trained on records up to this seq; 0: it came with the program.
  trained_to INTEGER NOT NULL,
  -- A zstd dictionary (RFC 8878, section 5).
  data BLOB NOT NULL
) STRICT;

-- body.encoding is now one of
--   1  a zstd frame of its own
--   2  a zstd frame with the dictionary `dictionary`
--   3  a zstd frame with the decoded body of the row `base` as its prefix
ALTER TABLE body ADD COLUMN dictionary INTEGER REFERENCES dictionary (id);
-- A lower seq, and a revision of the same object.
ALTER TABLE body ADD COLUMN base INTEGER REFERENCES body (seq);
