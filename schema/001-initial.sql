-- The file of one recorded cluster, schema version 1.
--
-- This schema is public: a person may ask the file with `sqlite3` alone, and
-- the views at the end (v_revision, v_object, v_gap, v_stream) are made for
-- that. Only kubescribed writes.
--
-- Throughout:
--   times     are microseconds since 1970-01-01T00:00:00Z on the recorder's
--             clock, columns called *_at (and not_before, known_until)
--   rv        is a Kubernetes resourceVersion as text; '' stands for none
--   seq       is a record's place in the one sequence of all records of the
--             file, 1, 2, 3, … without a hole, over `revision` and `record`
--             together (but for revisions that were pruned: 005-prune.sql)
--   stream_id 0 stands for the whole file
--   salt      16 random bytes of each record, for the hashes of a Merkle log
--
-- The bodies' byte format is in formats/body.md, the JSON of record.detail in
-- formats/records.md.

-- 'kfr1': tells `file` and this program whose database it is.
PRAGMA application_id = 0x6b667231;

-- What the file says of itself; one row.
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- Random, 32 hex digits; a copy has the same.
  file_id TEXT NOT NULL,
  -- The cluster's name in the configuration.
  cluster TEXT NOT NULL,
  -- What the file is bound to: the uid of the namespace kube-system, or what
  -- stands in for it ('' until it is known).
  identity TEXT NOT NULL,
  -- 1: the identity is only the server's address and CA.
  identity_weak INTEGER NOT NULL CHECK (identity_weak IN (0, 1)),
  -- When the file was made.
  created_at INTEGER NOT NULL,
  -- All that flowing streams delivered up to here is in this file. It is the
  -- recorded_at of the last transaction.
  known_until INTEGER NOT NULL,
  -- The highest seq.
  last_seq INTEGER NOT NULL,
  -- 1: the recorder was stopped cleanly and has not opened the file since.
  clean_stop INTEGER NOT NULL CHECK (clean_stop IN (0, 1)),
  -- The API server's version when it was last asked ('' if never).
  server_version TEXT NOT NULL,
  -- How often a recorder opened the file.
  opens INTEGER NOT NULL,
  -- How often the write-ahead log was emptied.
  checkpoints INTEGER NOT NULL
) STRICT;

-- A kind of object: group and resource, whatever the version.
CREATE TABLE resource (
  id INTEGER PRIMARY KEY,
  -- '' for the core group.
  api_group TEXT NOT NULL,
  -- Plural, lower case: pods.
  resource TEXT NOT NULL,
  -- Pod.
  kind TEXT NOT NULL,
  -- 1: its objects live in namespaces.
  namespaced INTEGER NOT NULL CHECK (namespaced IN (0, 1)),
  UNIQUE (api_group, resource)
) STRICT;

-- What is listed and watched: a resource in one or all namespaces.
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  -- '' for all namespaces.
  namespace TEXT NOT NULL,
  label_selector TEXT NOT NULL,
  field_selector TEXT NOT NULL,
  -- Group and version as last watched: apps/v1.
  api_version TEXT NOT NULL DEFAULT '',
  -- starting, listing, watching, backoff, forbidden, unavailable, ended.
  state TEXT NOT NULL DEFAULT 'starting',
  -- Why, for a person.
  message TEXT NOT NULL DEFAULT '',
  -- The resourceVersion up to which everything is recorded; the watch goes on
  -- from here. '' if there is none.
  position TEXT NOT NULL DEFAULT '',
  -- The epoch that its revisions belong to now.
  epoch INTEGER NOT NULL DEFAULT 1 REFERENCES epoch (id),
  -- 1: everything up to meta.known_until is recorded.
  flowing INTEGER NOT NULL DEFAULT 0 CHECK (flowing IN (0, 1)),
  -- While not flowing: everything up to here is; NULL if it never flowed.
  flowed_until INTEGER,
  -- When a complete list or audit last confirmed all its objects.
  confirmed_at INTEGER,
  -- When the last event came.
  last_event_at INTEGER,
  -- The gap that is open now and becomes a record when it closes; '' if none.
  gap_cause TEXT NOT NULL DEFAULT '',
  -- Its last position before it.
  gap_from_rv TEXT NOT NULL DEFAULT '',
  -- The last instant at which the stream flowed before it.
  gap_from_at INTEGER,
  -- What was found so far: objects changed in the gap, and such as appeared.
  gap_changed INTEGER NOT NULL DEFAULT 0,
  gap_appeared INTEGER NOT NULL DEFAULT 0,
  UNIQUE (resource_id, namespace, label_selector, field_selector)
) STRICT;

-- One lifetime of one object: a uid within a resource. Its current state is
-- repeated here from its newest revision that is not late.
CREATE TABLE object (
  id INTEGER PRIMARY KEY,
  resource_id INTEGER NOT NULL REFERENCES resource (id),
  -- The stream that holds it now.
  stream_id INTEGER NOT NULL REFERENCES stream (id),
  -- '' for cluster-scoped objects.
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  -- 1: by the newest revision it exists.
  alive INTEGER NOT NULL DEFAULT 0 CHECK (alive IN (0, 1)),
  -- The newest revision: its place, rv, epoch and times.
  seq INTEGER NOT NULL DEFAULT 0,
  rv TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 1,
  changed_at INTEGER NOT NULL DEFAULT 0,
  recorded_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX object_uid ON object (resource_id, uid);
CREATE INDEX object_name ON object (resource_id, namespace, name);
CREATE INDEX object_alive ON object (stream_id, id) WHERE alive = 1;

-- One observed state of an object. The body is in `body` under the same seq.
CREATE TABLE revision (
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
  -- '' where event is Vanished.
  rv TEXT NOT NULL,
  -- The resourceVersion of the list or audit that found it; else ''.
  list_rv TEXT NOT NULL,
  -- apps/v1.
  api_version TEXT NOT NULL,
  -- When it was written; the same for all records of one transaction.
  recorded_at INTEGER NOT NULL,
  -- It happened in [not_before, recorded_at]. NULL: nothing is known.
  not_before INTEGER,
  -- The best evidence of when it happened. Never decreases within one object,
  -- but for late revisions.
  changed_at INTEGER NOT NULL,
  -- What changed_at rests on: 1 received, 2 managedFields,
  -- 3 creationTimestamp, 4 deletionTimestamp.
  evidence INTEGER NOT NULL CHECK (evidence BETWEEN 1 AND 4),
  -- 1: older than what was known when it came; never the current state.
  late INTEGER NOT NULL CHECK (late IN (0, 1)),
  -- 1 full, 2 metadata only, 3 stub: it could not be kept, and the body is a
  -- JSON object that says why.
  body_kind INTEGER NOT NULL CHECK (body_kind BETWEEN 1 AND 3),
  salt BLOB NOT NULL CHECK (length(salt) = 16)
) STRICT;
-- A revision is recorded once, whoever brings it.
CREATE UNIQUE INDEX revision_rv ON revision (object_id, epoch, rv)
  WHERE rv <> '';
CREATE INDEX revision_object ON revision (object_id, seq);
CREATE INDEX revision_changed ON revision (object_id, changed_at, seq)
  WHERE late = 0;

-- The bytes of a revision, or the payload of a record, of that seq; no row
-- where there are none.
CREATE TABLE body (
  seq INTEGER PRIMARY KEY,
  -- 1: a zstd frame of its own.
  encoding INTEGER NOT NULL,
  -- Size in bytes of what it decodes to.
  raw_size INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;

-- What happened that is not a revision.
CREATE TABLE record (
  seq INTEGER PRIMARY KEY,
  -- gap, epoch, discovery, audit, clock, start, stop, stub, config, prune.
  kind TEXT NOT NULL,
  stream_id INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  -- A JSON object.
  detail TEXT NOT NULL,
  salt BLOB NOT NULL CHECK (length(salt) = 16)
) STRICT;
CREATE INDEX record_kind ON record (kind, seq);

-- History that was lost: what happened to a stream's objects between its two
-- ends is known only as far as their states at the second end tell.
CREATE TABLE gap (
  seq INTEGER PRIMARY KEY REFERENCES record (seq),
  stream_id INTEGER NOT NULL REFERENCES stream (id),
  -- start, gone, rewind, forbidden, unavailable, parse, oversize, storage,
  -- damaged, config, lost, pruned.
  cause TEXT NOT NULL,
  -- The last position before it; '' if there was none.
  from_rv TEXT NOT NULL,
  -- Where the record goes on.
  to_rv TEXT NOT NULL,
  -- The last instant known before it; NULL if there is none.
  from_at INTEGER,
  to_at INTEGER NOT NULL,
  -- How many objects were found changed, new, and missing at its end.
  changed INTEGER NOT NULL,
  appeared INTEGER NOT NULL,
  vanished INTEGER NOT NULL
) STRICT;
CREATE INDEX gap_stream ON gap (stream_id, seq);

-- A run of comparable resourceVersions of a stream; a new one starts where
-- the server counts anew.
CREATE TABLE epoch (
  id INTEGER PRIMARY KEY,
  -- 0: the first, which every stream starts in.
  stream_id INTEGER NOT NULL,
  cause TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  -- Its record; 0 for the first, which was made with the file.
  seq INTEGER NOT NULL
) STRICT;

-- Times that cannot be answered with certainty: a T in [from_at, to_at).
-- Rows of one stream do not touch.
CREATE TABLE doubt (
  id INTEGER PRIMARY KEY,
  -- 0: all streams.
  stream_id INTEGER NOT NULL,
  -- NULL: since ever.
  from_at INTEGER,
  to_at INTEGER NOT NULL
) STRICT;
CREATE INDEX doubt_stream ON doubt (stream_id, to_at);

-- The views: names for ids, words for numbers, RFC 3339 for times.

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

CREATE VIEW v_gap AS
SELECT
  g.seq, k.api_group, k.resource, s.namespace, g.cause, g.from_rv, g.to_rv,
  strftime('%Y-%m-%dT%H:%M:%S', g.from_at / 1000000, 'unixepoch')
    || printf('.%06dZ', g.from_at % 1000000) AS from_time,
  strftime('%Y-%m-%dT%H:%M:%S', g.to_at / 1000000, 'unixepoch')
    || printf('.%06dZ', g.to_at % 1000000) AS to_time,
  g.changed, g.appeared, g.vanished, s.label_selector, s.field_selector,
  g.stream_id
FROM gap g
JOIN stream s ON s.id = g.stream_id
JOIN resource k ON k.id = s.resource_id;

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
