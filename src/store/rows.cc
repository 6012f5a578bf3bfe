#include "store/rows.h"

namespace kubescribe::store {

StreamRow ReadStream(const Query& row) {
  StreamRow stream;
  stream.id = row.Int(0);
  stream.key.group = row.Text(1);
  stream.key.resource = row.Text(2);
  stream.key.name_space = row.Text(3);
  stream.key.label_selector = row.Text(4);
  stream.key.field_selector = row.Text(5);
  stream.resource_id = row.Int(6);
  stream.api_version = row.Text(7);
  stream.state = row.Text(8);
  stream.message = row.Text(9);
  stream.position = row.Text(10);
  stream.epoch = row.Int(11);
  stream.flowing = row.Bool(12);
  stream.flowed_until = row.OptionalInt(13);
  stream.confirmed_at = row.OptionalInt(14);
  stream.last_event_at = row.OptionalInt(15);
  stream.gap_cause = row.Text(16);
  stream.gap_from_rv = row.Text(17);
  stream.gap_from_at = row.OptionalInt(18);
  stream.gap_changed = row.Int(19);
  stream.gap_appeared = row.Int(20);
  return stream;
}

ObjectRow ReadObject(const Query& row) {
  ObjectRow object;
  object.id = row.Int(0);
  object.resource_id = row.Int(1);
  object.stream_id = row.Int(2);
  object.name_space = row.Text(3);
  object.name = row.Text(4);
  object.uid = row.Text(5);
  object.alive = row.Bool(6);
  object.seq = row.Int(7);
  object.rv = row.Text(8);
  object.epoch = row.Int(9);
  object.changed_at = row.Int(10);
  object.recorded_at = row.Int(11);
  return object;
}

Revision ReadRevision(const Query& row) {
  Revision revision;
  revision.seq = row.Int(0);
  revision.object_id = row.Int(1);
  revision.resource_id = row.Int(2);
  revision.stream_id = row.Int(3);
  revision.epoch = row.Int(4);
  revision.name_space = row.Text(5);
  revision.name = row.Text(6);
  revision.uid = row.Text(7);
  revision.event = static_cast<Event>(row.Int(8));
  revision.source = static_cast<Source>(row.Int(9));
  revision.rv = row.Text(10);
  revision.list_rv = row.Text(11);
  revision.api_version = row.Text(12);
  revision.recorded_at = row.Int(13);
  revision.not_before = row.OptionalInt(14);
  revision.changed_at = row.Int(15);
  revision.evidence = static_cast<Evidence>(row.Int(16));
  revision.late = row.Bool(17);
  revision.body_kind = static_cast<BodyKind>(row.Int(18));
  return revision;
}

FileInfo ReadInfo(Db& db) {
  FileInfo info;
  info.schema_version = static_cast<int>(db.Int("PRAGMA user_version"));
  Query row(db,
            "SELECT file_id, cluster, identity, identity_weak, created_at, "
            "known_until, last_seq, clean_stop, server_version "
            "FROM meta WHERE id = 1");
  if (!row.Step()) {
    throw SQLite::Exception("the row of meta is missing", SQLITE_CORRUPT);
  }
  info.file_id = row.Text(0);
  info.cluster = row.Text(1);
  info.identity = row.Text(2);
  info.identity_weak = row.Bool(3);
  info.created_at = row.Int(4);
  info.known_until = row.Int(5);
  info.last_seq = row.Int(6);
  info.clean_stop = row.Bool(7);
  info.server_version = row.Text(8);
  return info;
}

}  // namespace kubescribe::store
