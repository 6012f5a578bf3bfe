-- Pruning: history that is given up so that the file stays within bounds.
--
-- A prune has a cut, `before_at` and `before_seq`. Of each object of its kinds
-- the newest revision that had come and happened by then stays, as the baseline,
-- and whatever came or happened later; the revisions before it go, and objects
-- whose last life had ended by then go as a whole. So every question about a
-- time from before_at on, or a seq from before_seq on, is answered as before.
-- The other records stay. No seq and no object id is given twice.
--
-- A cut by number of revisions is one for each object (`pruned_object`): the
-- oldest of those that it keeps.
--
-- It goes on in short transactions, the first of which writes the record and
-- the row here, so that nothing is ever missing that no record tells of.

-- One row a prune.
CREATE TABLE pruned (
  -- Its record, of the kind `prune`.
  seq INTEGER PRIMARY KEY REFERENCES record (seq),
  -- The cut; NULL: each object was cut to its newest `keep` revisions.
  before_at INTEGER,
  before_seq INTEGER,
  keep INTEGER,
  -- age, size, count: which bound asked for it; budget: the disk was full;
  -- asked: a person did.
  reason TEXT NOT NULL,
  -- What has gone so far: revisions, lives that had ended, bytes of bodies.
  revisions INTEGER NOT NULL DEFAULT 0,
  objects INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  -- Objects up to this id are through.
  at_object INTEGER NOT NULL DEFAULT 0,
  -- 0: it goes on.
  done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1))
) STRICT;
CREATE INDEX pruned_open ON pruned (seq) WHERE done = 0;

-- The kinds that a prune was for; none: all.
CREATE TABLE pruned_resource (
  seq INTEGER NOT NULL REFERENCES pruned (seq),
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  PRIMARY KEY (seq, resource_id)
) STRICT, WITHOUT ROWID;

-- Of a kind that was pruned by time: states at lower resourceVersions of this
-- epoch are not known any more.
CREATE TABLE pruned_rv (
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  epoch INTEGER NOT NULL,
  rv TEXT NOT NULL,
  PRIMARY KEY (resource_id, epoch)
) STRICT, WITHOUT ROWID;

-- Objects that were cut to a number of revisions: of the time from `from_at` to
-- before_at, and of what had come before before_seq, nothing is known any more.
CREATE TABLE pruned_object (
  object_id INTEGER PRIMARY KEY REFERENCES object (id),
  from_at INTEGER NOT NULL,
  before_at INTEGER NOT NULL,
  before_seq INTEGER NOT NULL,
  -- The resourceVersion of the oldest revision that it kept, and its epoch.
  before_rv TEXT NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;
CREATE INDEX pruned_object_at ON pruned_object (before_at);

CREATE VIEW v_pruned AS
SELECT
  p.seq,
  strftime('%Y-%m-%dT%H:%M:%S', r.recorded_at / 1000000, 'unixepoch')
    || printf('.%06dZ', r.recorded_at % 1000000) AS recorded,
  p.reason,
  coalesce((SELECT group_concat(CASE k.api_group WHEN '' THEN k.resource
                                ELSE k.resource || '.' || k.api_group END, ', ')
            FROM pruned_resource s JOIN resource k ON k.id = s.resource_id
            WHERE s.seq = p.seq), '*') AS resources,
  strftime('%Y-%m-%dT%H:%M:%S', p.before_at / 1000000, 'unixepoch')
    || printf('.%06dZ', p.before_at % 1000000) AS before_time,
  p.before_seq, p.keep, p.revisions, p.objects, p.bytes,
  CASE p.done WHEN 1 THEN 'done' ELSE 'going on' END AS state
FROM pruned p
JOIN record r ON r.seq = p.seq;
