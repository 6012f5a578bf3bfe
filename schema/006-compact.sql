-- The form that is given out: files of this version open in every later one.
-- Nothing above changes any more; what is to be otherwise comes as 007.
--
-- Of a revision, what is the same for most takes no room: `not_before` and
-- `changed_at` are mostly `recorded_at`, so the row has how much they lie
-- before it (a 0 has no bytes in SQLite), and the columns of their names are
-- computed from that. Two indexes of every revision go:
--
--   revision_changed  changed_at never decreases with seq among the revisions of
--                     an object that are not late, and for most it is
--                     recorded_at, which never decreases in the file (but where
--                     the clock was set back: records `clock`). So the state at
--                     a time T is the highest seq of two: of `revision_object`
--                     up to the last seq recorded by T, and of
--                     `revision_lagging`, which has only what happened before
--                     it was recorded
--   revision_rv       whether a resourceVersion is recorded already is mostly
--                     told by the object's row: it is higher than all of them

DROP VIEW v_revision;
DROP VIEW v_object;

CREATE TABLE revision_compact (
  seq INTEGER PRIMARY KEY,
  object_id INTEGER NOT NULL REFERENCES object (id),
  -- The stream that brought it.
  stream_id INTEGER NOT NULL REFERENCES stream (id),
  -- resourceVersions compare within one epoch only.
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  -- 1 Added, 2 Modified, 3 Deleted (from a watch); 4 Listed (not known
  -- before), 5 Relisted (changed since; what lay between is in the gap),
  -- 6 Vanished (known, and missing: its final state is unknown), from a list;
  -- 7 Left (deleted, or no longer selected). After 3, 6 and 7 it is gone.
  event INTEGER NOT NULL CHECK (event BETWEEN 1 AND 7),
  -- 1 watch, 2 list, 3 audit.
  source INTEGER NOT NULL CHECK (source BETWEEN 1 AND 3),
  -- '' where event is Vanished. Recorded once in an object and epoch.
  rv TEXT NOT NULL,
  -- The resourceVersion of the list or audit that found it; else ''.
  list_rv TEXT NOT NULL,
  -- apps/v1.
  api_version TEXT NOT NULL,
  -- When it was written; the same for all records of one transaction.
  recorded_at INTEGER NOT NULL,
  -- How long before recorded_at not_before and changed_at lie.
  not_before_lag INTEGER,
  changed_lag INTEGER NOT NULL,
  -- What changed_at rests on: 1 received, 2 managedFields,
  -- 3 creationTimestamp, 4 deletionTimestamp.
  evidence INTEGER NOT NULL CHECK (evidence BETWEEN 1 AND 4),
  -- 1: older than what was known when it came; never the current state.
  late INTEGER NOT NULL CHECK (late IN (0, 1)),
  -- 1 full, 2 metadata only, 3 stub: it could not be kept, and the body is a
  -- JSON object that says why.
  body_kind INTEGER NOT NULL CHECK (body_kind BETWEEN 1 AND 3),
  salt BLOB NOT NULL CHECK (length(salt) = 16),
  -- It happened in [not_before, recorded_at]. NULL: nothing is known.
  not_before INTEGER AS (recorded_at - not_before_lag) VIRTUAL,
  -- The best evidence of when it happened. Never decreases within one object,
  -- but for late revisions.
  changed_at INTEGER AS (recorded_at - changed_lag) VIRTUAL
) STRICT;

INSERT INTO revision_compact (seq, object_id, stream_id, epoch, event, source,
  rv, list_rv, api_version, recorded_at, not_before_lag, changed_lag, evidence,
  late, body_kind, salt)
SELECT seq, object_id, stream_id, epoch, event, source, rv, list_rv,
  api_version, recorded_at, recorded_at - not_before, recorded_at - changed_at,
  evidence, late, body_kind, salt
FROM revision ORDER BY seq;

DROP TABLE revision;
ALTER TABLE revision_compact RENAME TO revision;

-- Every index ends with seq, since that is the table's own key.
CREATE INDEX revision_object ON revision (object_id);
CREATE INDEX revision_lagging ON revision (object_id, changed_at)
  WHERE late = 0 AND changed_lag <> 0;
-- Objects whose revisions are not all in order of time.
CREATE INDEX revision_odd ON revision (object_id)
  WHERE late = 1 OR changed_lag < 0;
-- Late revisions are few, and are in no order of time otherwise.
CREATE INDEX revision_late ON revision (changed_at) WHERE late = 1;

-- The highest resourceVersion (a number) of all its revisions of `epoch`, where
-- that is not `rv`; else 0.
ALTER TABLE object ADD COLUMN above_rv INTEGER NOT NULL DEFAULT 0;
UPDATE object SET above_rv = coalesce((
  SELECT nullif(max(CAST(v.rv AS INTEGER)),
    iif(object.rv GLOB '*[^0-9]*' OR length(object.rv) > 18, 0,
        CAST(object.rv AS INTEGER)))
  FROM revision v
  WHERE v.object_id = object.id AND v.epoch = object.epoch
    AND v.rv <> '' AND v.rv NOT GLOB '*[^0-9]*' AND length(v.rv) <= 18), 0);

CREATE VIEW v_revision AS
SELECT
  v.seq,
  strftime('%Y-%m-%dT%H:%M:%S', v.changed_at / 1000000, 'unixepoch')
    || printf('.%06dZ', v.changed_at % 1000000) AS changed,
  CASE v.event WHEN 1 THEN 'Added' WHEN 2 THEN 'Modified'
    WHEN 3 THEN 'Deleted' WHEN 4 THEN 'Listed' WHEN 5 THEN 'Relisted'
    WHEN 6 THEN 'Vanished' WHEN 7 THEN 'Left' END AS event,
  k.api_group, k.resource, o.namespace, o.name, v.rv,
  CASE v.source WHEN 1 THEN 'watch' WHEN 2 THEN 'list'
    WHEN 3 THEN 'audit' END AS source,
  CASE v.evidence WHEN 1 THEN 'received' WHEN 2 THEN 'managedFields'
    WHEN 3 THEN 'creation' WHEN 4 THEN 'deletion' END AS evidence,
  strftime('%Y-%m-%dT%H:%M:%S', v.not_before / 1000000, 'unixepoch')
    || printf('.%06dZ', v.not_before % 1000000) AS not_before,
  strftime('%Y-%m-%dT%H:%M:%S', v.recorded_at / 1000000, 'unixepoch')
    || printf('.%06dZ', v.recorded_at % 1000000) AS recorded,
  v.late, v.epoch, v.list_rv, v.api_version, o.uid,
  CASE v.body_kind WHEN 1 THEN 'full' WHEN 2 THEN 'metadata'
    WHEN 3 THEN 'stub' END AS body,
  coalesce(b.raw_size, 0) AS bytes,
  coalesce(length(b.data), 0) AS stored_bytes
FROM revision v
JOIN object o ON o.id = v.object_id
JOIN resource k ON k.id = o.resource_id
LEFT JOIN body b ON b.seq = v.seq;

CREATE VIEW v_object AS
SELECT
  k.api_group, k.resource, o.namespace, o.name, o.uid,
  CASE o.alive WHEN 1 THEN 'alive' ELSE 'gone' END AS state,
  o.rv,
  strftime('%Y-%m-%dT%H:%M:%S', o.changed_at / 1000000, 'unixepoch')
    || printf('.%06dZ', o.changed_at % 1000000) AS changed,
  strftime('%Y-%m-%dT%H:%M:%S', o.recorded_at / 1000000, 'unixepoch')
    || printf('.%06dZ', o.recorded_at % 1000000) AS recorded,
  (SELECT count(*) FROM revision v WHERE v.object_id = o.id) AS revisions,
  o.seq, o.id AS object_id
FROM object o
JOIN resource k ON k.id = o.resource_id;
