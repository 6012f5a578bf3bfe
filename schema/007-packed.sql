-- Smaller rows. Nothing above changes any more; what is to be otherwise comes as
-- 008. Nothing is asked in another way: columns whose values are packed keep their
-- names and are computed, but `salt` (see there).
--
-- Of a revision, five small numbers are one, `traits`, which is 0 or 1 (and has
-- no bytes in SQLite) for what is added or modified on a watch. A
-- resourceVersion that is a number is stored as one, a uid that is a UUID as its
-- 16 bytes (objects from before this migration keep the text), and an object's
-- `changed_at` as a revision's. `recorded_packed` is recorded_at since 2029
-- begins: SQLite has six bytes for what lies within 4.4 years of that, and eight
-- for the rest. Salts come from a seed that 256 records share.

DROP VIEW v_revision;
DROP VIEW v_object;
DROP VIEW v_stream;

CREATE TABLE revision_packed (
  seq INTEGER PRIMARY KEY,
  object_id INTEGER NOT NULL REFERENCES object (id),
  -- The stream that brought it.
  stream_id INTEGER NOT NULL REFERENCES stream (id),
  -- resourceVersions compare within one epoch only.
  epoch INTEGER NOT NULL REFERENCES epoch (id),
  -- event - 1, + 8 * (source - 1), + 32 * (evidence - 1), + 128 * late,
  -- + 256 * (body_kind - 1).
  traits INTEGER NOT NULL CHECK (
    traits BETWEEN 0 AND 767 AND traits & 7 < 7 AND traits >> 3 & 3 < 3),
  -- '' where event is Vanished. A number where it reads as one, else text.
  -- Recorded once in an object and epoch.
  rv_packed ANY NOT NULL,
  -- The resourceVersion of the list or audit that found it; else ''.
  list_rv TEXT NOT NULL,
  -- apps/v1.
  api_version TEXT NOT NULL,
  recorded_packed INTEGER NOT NULL,
  -- How long before recorded_at not_before and changed_at lie.
  not_before_lag INTEGER,
  changed_lag INTEGER NOT NULL,
  -- NULL: it comes from salt_seed.
  salt BLOB CHECK (length(salt) = 16),
  -- 1 Added, 2 Modified, 3 Deleted (from a watch); 4 Listed (not known
  -- before), 5 Relisted (changed since; what lay between is in the gap),
  -- 6 Vanished (known, and missing: its final state is unknown), from a list;
  -- 7 Left (deleted, or no longer selected). After 3, 6 and 7 it is gone.
  event INTEGER AS ((traits & 7) + 1) VIRTUAL,
  -- 1 watch, 2 list, 3 audit.
  source INTEGER AS ((traits >> 3 & 3) + 1) VIRTUAL,
  -- What changed_at rests on: 1 received, 2 managedFields,
  -- 3 creationTimestamp, 4 deletionTimestamp.
  evidence INTEGER AS ((traits >> 5 & 3) + 1) VIRTUAL,
  -- 1: older than what was known when it came; never the current state.
  late INTEGER AS (traits >> 7 & 1) VIRTUAL,
  -- 1 full, 2 metadata only, 3 stub: it could not be kept, and the body is a
  -- JSON object that says why.
  body_kind INTEGER AS ((traits >> 8) + 1) VIRTUAL,
  rv TEXT AS (CAST(rv_packed AS TEXT)) VIRTUAL,
  -- When it was written; the same for all records of one transaction.
  recorded_at INTEGER AS (recorded_packed + 1861920000000000) VIRTUAL,
  -- It happened in [not_before, recorded_at]. NULL: nothing is known.
  not_before INTEGER AS (recorded_at - not_before_lag) VIRTUAL,
  -- The best evidence of when it happened. Never decreases within one object,
  -- but for late revisions.
  changed_at INTEGER AS (recorded_at - changed_lag) VIRTUAL
) STRICT;

INSERT INTO revision_packed (seq, object_id, stream_id, epoch, traits,
  rv_packed, list_rv, api_version, recorded_packed, not_before_lag,
  changed_lag, salt)
SELECT seq, object_id, stream_id, epoch,
  event - 1 + 8 * (source - 1) + 32 * (evidence - 1) + 128 * late
    + 256 * (body_kind - 1),
  CASE CAST(CAST(rv AS INTEGER) AS TEXT) WHEN rv THEN CAST(rv AS INTEGER)
    ELSE rv END,
  list_rv, api_version, recorded_at - 1861920000000000, not_before_lag,
  changed_lag, salt
FROM revision ORDER BY seq;

DROP TABLE revision;
ALTER TABLE revision_packed RENAME TO revision;

CREATE INDEX revision_object ON revision (object_id);
CREATE INDEX revision_lagging ON revision (object_id, changed_at)
  WHERE late = 0 AND changed_lag <> 0;
CREATE INDEX revision_odd ON revision (object_id)
  WHERE late = 1 OR changed_lag < 0;
CREATE INDEX revision_late ON revision (changed_at) WHERE late = 1;

-- What the salts of revisions that have none in their row are made of:
-- formats/log.md. Where one of them is pruned the others get theirs into their
-- row, and the seed goes.
CREATE TABLE salt_seed (
  -- Of the revisions of the 256 records from 256 * place + 1 on.
  place INTEGER PRIMARY KEY,
  seed BLOB NOT NULL CHECK (length(seed) = 32)
) STRICT;

CREATE TABLE object_packed (
  id INTEGER PRIMARY KEY,
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  -- The stream that holds it now.
  stream_id INTEGER NOT NULL REFERENCES stream (id),
  -- '' for cluster-scoped objects.
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The 16 bytes of a UUID, or the text of what is none.
  uid_packed ANY NOT NULL,
  -- 1: by the newest revision it exists.
  alive INTEGER NOT NULL DEFAULT 0 CHECK (alive IN (0, 1)),
  -- The newest revision: its place, rv, epoch and times.
  seq INTEGER NOT NULL DEFAULT 0,
  rv_packed ANY NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 1,
  recorded_packed INTEGER NOT NULL DEFAULT -1861920000000000,
  changed_lag INTEGER NOT NULL DEFAULT 0,
  -- When its newest life began; 0: it never lived.
  born_at INTEGER NOT NULL DEFAULT 0,
  -- The highest resourceVersion (a number) of all its revisions of `epoch`,
  -- where that is not `rv`; else 0.
  above_rv INTEGER NOT NULL DEFAULT 0,
  uid TEXT AS (CASE typeof(uid_packed) WHEN 'blob' THEN lower(
    hex(substr(uid_packed, 1, 4)) || '-' || hex(substr(uid_packed, 5, 2))
    || '-' || hex(substr(uid_packed, 7, 2)) || '-'
    || hex(substr(uid_packed, 9, 2)) || '-' || hex(substr(uid_packed, 11)))
    ELSE uid_packed END) VIRTUAL,
  rv TEXT AS (CAST(rv_packed AS TEXT)) VIRTUAL,
  recorded_at INTEGER AS (recorded_packed + 1861920000000000) VIRTUAL,
  changed_at INTEGER AS (recorded_at - changed_lag) VIRTUAL
) STRICT;

INSERT INTO object_packed (id, resource_id, stream_id, namespace, name,
  uid_packed, alive, seq, rv_packed, epoch, recorded_packed, changed_lag,
  born_at, above_rv)
SELECT id, resource_id, stream_id, namespace, name, uid, alive, seq,
  CASE CAST(CAST(rv AS INTEGER) AS TEXT) WHEN rv THEN CAST(rv AS INTEGER)
    ELSE rv END,
  epoch, recorded_at - 1861920000000000, recorded_at - changed_at, born_at,
  above_rv
FROM object ORDER BY id;

DROP TABLE object;
ALTER TABLE object_packed RENAME TO object;

CREATE UNIQUE INDEX object_uid ON object (resource_id, uid_packed);
CREATE INDEX object_name ON object (resource_id, namespace, name);
CREATE INDEX object_alive ON object (stream_id, id) WHERE alive = 1;
CREATE INDEX object_open ON object (resource_id, namespace, born_at)
  WHERE alive = 1;

-- body.encoding may now be
--   0  as 3, the bare blocks of the frame; `base` is no seq, but how many before
--      the row's own
--   4  as 2, the bare blocks of the frame
-- The seq of the row that it builds on, in any case.
ALTER TABLE body ADD COLUMN base_seq INTEGER
  AS (iif(encoding = 0, seq - base, base)) VIRTUAL;

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

CREATE VIEW v_stream AS
SELECT
  s.id AS stream_id, k.api_group, k.resource, s.namespace, s.state, s.message,
  s.position, s.epoch,
  CASE s.flowing WHEN 1 THEN 'yes' ELSE 'no' END AS flowing,
  -- Everything of the stream up to here is recorded.
  strftime('%Y-%m-%dT%H:%M:%S',
    CASE s.flowing WHEN 1 THEN m.known_until ELSE s.flowed_until END / 1000000,
    'unixepoch')
    || printf('.%06dZ', CASE s.flowing WHEN 1 THEN m.known_until
         ELSE s.flowed_until END % 1000000) AS known_until,
  strftime('%Y-%m-%dT%H:%M:%S', s.confirmed_at / 1000000, 'unixepoch')
    || printf('.%06dZ', s.confirmed_at % 1000000) AS confirmed,
  strftime('%Y-%m-%dT%H:%M:%S', s.last_event_at / 1000000, 'unixepoch')
    || printf('.%06dZ', s.last_event_at % 1000000) AS last_event,
  s.gap_cause AS open_gap,
  (SELECT count(*) FROM object o WHERE o.stream_id = s.id AND o.alive = 1)
    AS objects,
  s.label_selector, s.field_selector, s.api_version
FROM stream s
JOIN resource k ON k.id = s.resource_id
JOIN meta m ON m.id = 1;
