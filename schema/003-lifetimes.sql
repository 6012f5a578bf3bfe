-- Lifetimes: what was alive at a time is found without reading the history.
--
-- A life of an object begins with the changed_at of a revision that is not
-- late and not gone (events 3, 6, 7), where it was not alive before, and ends
-- with that of the next one that is gone. Which time an object's state really
-- had is said by `object` and `revision` alone; what is here finds candidates:
--
--   the present   objects with alive = 1, by `object_open` in order of the
--                 beginning of their life: those with born_at <= T lived at T
--   the past      the R*Tree `lifetime`: of each object that was ever gone, one
--                 box around all it went through until it was gone last
--
-- An object that left and came back is in both.

-- When its newest life began; 0: it never lived.
ALTER TABLE object ADD COLUMN born_at INTEGER NOT NULL DEFAULT 0;

-- Numbers for the R*Tree, which has room for nothing else.
CREATE TABLE namespace (
  id INTEGER PRIMARY KEY,
  -- '' for cluster-scoped objects.
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Times are whole seconds since the second in which the file was made
-- (meta.created_at), begin rounded down, end up, 32 bits wide. Resource and
-- namespace reach from 2 * id to 2 * id + 1: a box without extent has no
-- volume, and then the tree cannot tell which of its nodes one belongs into.
CREATE VIRTUAL TABLE lifetime USING rtree_i32(
  object_id,
  begin_second, end_second,
  resource_low, resource_high,
  namespace_low, namespace_high
);

-- Larger numbers would wrap in silence.
CREATE TEMP TABLE span (
  earliest INTEGER,
  latest INTEGER,
  CONSTRAINT "a change lies more than 68 years from when the file was made"
    CHECK (earliest > -2147483000 AND latest < 2147483000)
);
INSERT INTO span
SELECT
  min(v.changed_at) / 1000000 - m.created_at / 1000000,
  max(v.changed_at) / 1000000 - m.created_at / 1000000
FROM meta m, revision v
WHERE v.late = 0;
DROP TABLE span;

INSERT INTO namespace (name) SELECT DISTINCT namespace FROM object ORDER BY 1;

-- Object by object, so that no more is held in memory however long the history:
-- the first revision after the last one that was gone before the last one that
-- was not.
UPDATE object SET born_at = coalesce((
  SELECT v.changed_at FROM revision v
  WHERE v.object_id = object.id AND v.late = 0 AND v.event NOT IN (3, 6, 7)
    AND v.seq > coalesce((
      SELECT g.seq FROM revision g
      WHERE g.object_id = object.id AND g.late = 0 AND g.event IN (3, 6, 7)
        AND g.seq < (
          SELECT l.seq FROM revision l
          WHERE l.object_id = object.id AND l.late = 0
            AND l.event NOT IN (3, 6, 7)
          ORDER BY l.seq DESC LIMIT 1)
      ORDER BY g.seq DESC LIMIT 1), 0)
  ORDER BY v.seq LIMIT 1), 0);

INSERT INTO lifetime
SELECT
  b.id,
  b.since / 1000000 - (b.since % 1000000 < 0),
  b.until / 1000000 + (b.until % 1000000 > 0),
  2 * b.resource_id, 2 * b.resource_id + 1, 2 * n.id, 2 * n.id + 1
FROM (
  SELECT o.id, o.resource_id, o.namespace,
    (SELECT v.changed_at FROM revision v
     WHERE v.object_id = o.id AND v.late = 0
     ORDER BY v.changed_at, v.seq LIMIT 1)
      - (SELECT created_at / 1000000 * 1000000 FROM meta) AS since,
    (SELECT v.changed_at FROM revision v
     WHERE v.object_id = o.id AND v.late = 0 AND v.event IN (3, 6, 7)
     ORDER BY v.changed_at DESC, v.seq DESC LIMIT 1)
      - (SELECT created_at / 1000000 * 1000000 FROM meta) AS until
  FROM object o
  -- Each search is made once only with a limit here.
  LIMIT -1
) b
CROSS JOIN namespace n ON n.name = b.namespace
WHERE b.until IS NOT NULL;

-- Late revisions are few, and are in no order of time otherwise.
CREATE INDEX revision_late ON revision (changed_at) WHERE late = 1;

-- Last, so that the rows above need not be moved about in it.
CREATE INDEX object_open ON object (resource_id, namespace, born_at)
  WHERE alive = 1;
