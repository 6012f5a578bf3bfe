#include "store/transaction_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/test_switches.h"
#include "store/body_reader.h"
#include "store/packed.h"
#include "store/rows.h"

namespace kubescribe::store {
namespace {

constexpr Micros kSinceEver = std::numeric_limits<Micros>::min();

// What ReadObject reads, and the rest of Lifetimes::Present.
const std::string& KnownColumns() {
  static const std::string columns =
      fmt::format("{}, born_at, above_rv", kObjectColumns);
  return columns;
}

Lifetimes::Present ReadPresent(const ObjectRow& object, const Query& row) {
  return {object.alive,
          object.seq,
          object.changed_at,
          row.Int(kObjectColumnCount),
          object.epoch,
          std::max(RvNumber(object.rv), row.Int(kObjectColumnCount + 1))};
}

}  // namespace

std::int64_t TransactionImpl::EnsureResource(const std::string& group,
                                             const std::string& resource,
                                             const std::string& kind,
                                             bool namespaced) {
  {
    Query find(db_,
               "SELECT id, kind, namespaced FROM resource "
               "WHERE api_group = ? AND resource = ?");
    if (find.Bind(group, resource).Step()) {
      const std::int64_t id = find.Int(0);
      if (find.Text(1) != kind || find.Bool(2) != namespaced) {
        Query(db_, "UPDATE resource SET kind = ?, namespaced = ? WHERE id = ?")
            .Bind(kind, namespaced, id)
            .Run();
      }
      return id;
    }
  }
  Query(db_,
        "INSERT INTO resource (api_group, resource, kind, namespaced) "
        "VALUES (?, ?, ?, ?)")
      .Bind(group, resource, kind, namespaced)
      .Run();
  return sqlite3_last_insert_rowid(db_.raw());
}

StreamRow TransactionImpl::EnsureStream(const StreamKey& key,
                                        std::int64_t resource_id) {
  std::int64_t id = 0;
  {
    Query find(db_,
               "SELECT id FROM stream WHERE resource_id = ? AND namespace = ? "
               "AND label_selector = ? AND field_selector = ?");
    find.Bind(resource_id, key.name_space, key.label_selector,
              key.field_selector);
    if (find.Step()) id = find.Int(0);
  }
  if (id == 0) {
    Query(db_,
          "INSERT INTO stream (resource_id, namespace, label_selector, "
          "field_selector) VALUES (?, ?, ?, ?)")
        .Bind(resource_id, key.name_space, key.label_selector,
              key.field_selector)
        .Run();
    id = sqlite3_last_insert_rowid(db_.raw());
  }
  return GetStream(id);
}

std::vector<StreamRow> TransactionImpl::Streams() {
  static const std::string sql = fmt::format(
      "SELECT {} FROM stream s JOIN resource k ON k.id = s.resource_id "
      "ORDER BY s.id",
      kStreamColumns);
  std::vector<StreamRow> streams;
  Query query(db_, sql.c_str());
  while (query.Step()) streams.push_back(ReadStream(query));
  return streams;
}

StreamRow TransactionImpl::GetStream(std::int64_t id) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM stream s JOIN resource k ON k.id = s.resource_id "
      "WHERE s.id = ?",
      kStreamColumns);
  Query query(db_, sql.c_str());
  if (!query.Bind(id).Step()) {
    throw SQLite::Exception(fmt::format("no stream has the id {}", id),
                            SQLITE_NOTFOUND);
  }
  return ReadStream(query);
}

void TransactionImpl::PutStream(const StreamRow& row) {
  Query(db_,
        "UPDATE stream SET resource_id = ?, api_version = ?, state = ?, "
        "message = ?, position = ?, epoch = ?, flowing = ?, flowed_until = ?, "
        "confirmed_at = ?, last_event_at = ?, gap_cause = ?, gap_from_rv = ?, "
        "gap_from_at = ?, gap_changed = ?, gap_appeared = ? WHERE id = ?")
      .Bind(row.resource_id, row.api_version, row.state, row.message,
            row.position, row.epoch, row.flowing, row.flowed_until,
            row.confirmed_at, row.last_event_at, row.gap_cause, row.gap_from_rv,
            row.gap_from_at, row.gap_changed, row.gap_appeared, row.id)
      .Run();
  KUBESCRIBE_KILL_POINT("tx.position");
}

std::optional<ObjectRow> TransactionImpl::FindObject(std::int64_t resource_id,
                                                     const std::string& uid) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM object WHERE resource_id = ? AND uid_packed = ?",
      KnownColumns());
  const auto find = [&](const PackedUid& packed) -> std::optional<ObjectRow> {
    Query query(db_, sql.c_str());
    if (!query.Bind(resource_id, packed).Step()) return std::nullopt;
    ObjectRow object = ReadObject(query);
    // A revision of it is what comes next.
    const auto present = ReadPresent(object, query);
    known_.insert_or_assign(object.id, Known{object, present});
    return object;
  };
  const PackedUid packed = PackUid(uid);
  auto object = find(packed);
  // Files of before 007-packed.sql have all as text.
  if (!object && std::holds_alternative<UidBytes>(packed)) object = find(uid);
  return object;
}

TransactionImpl::Known& TransactionImpl::KnownObject(std::int64_t object_id) {
  static const std::string sql =
      fmt::format("SELECT {} FROM object WHERE id = ?", KnownColumns());
  const auto known = known_.find(object_id);
  if (known != known_.end()) return known->second;
  Known found;
  Query query(db_, sql.c_str());
  if (query.Bind(object_id).Step()) {
    found.row = ReadObject(query);
    found.present = ReadPresent(found.row, query);
  }
  return known_.emplace(object_id, std::move(found)).first->second;
}

std::int64_t TransactionImpl::AddObject(const ObjectRow& row) {
  Query(db_,
        "INSERT INTO object (resource_id, stream_id, namespace, name, "
        "uid_packed) VALUES (?, ?, ?, ?, ?)")
      .Bind(row.resource_id, row.stream_id, row.name_space, row.name,
            PackUid(row.uid))
      .Run();
  KUBESCRIBE_KILL_POINT("tx.object");
  return sqlite3_last_insert_rowid(db_.raw());
}

void TransactionImpl::AdoptObject(std::int64_t object_id,
                                  std::int64_t stream_id) {
  Query(db_, "UPDATE object SET stream_id = ? WHERE id = ?")
      .Bind(stream_id, object_id)
      .Run();
}

void TransactionImpl::ForEachAlive(
    std::int64_t stream_id, const std::function<void(const ObjectRow&)>& fn) {
  static const std::string sql = fmt::format(
      "SELECT {} FROM object WHERE stream_id = ? AND alive = 1 ORDER BY id",
      kObjectColumns);
  Query query(db_, sql.c_str());
  query.Bind(stream_id);
  while (query.Step()) fn(ReadObject(query));
}

bool TransactionImpl::HasRevision(std::int64_t object_id, std::int64_t epoch,
                                  const std::string& rv) {
  return HasRevision(object_id, KnownObject(object_id).present, epoch, rv);
}

bool TransactionImpl::HasRevision(std::int64_t object_id,
                                  const Lifetimes::Present& present,
                                  std::int64_t epoch, const std::string& rv) {
  if (rv.empty()) return false;
  if (present.epoch == epoch && RvNumber(rv) > present.top_rv) return false;
  // Few: what comes a second time, which is near the end, and what comes late.
  return Query(db_,
               "SELECT 1 FROM revision INDEXED BY revision_object "
               "WHERE object_id = ? AND epoch = ? AND rv = ? "
               "ORDER BY seq DESC LIMIT 1")
      .Bind(object_id, epoch, rv)
      .Step();
}

std::int64_t TransactionImpl::TopRv(std::int64_t object_id,
                                    std::int64_t epoch) {
  Query top(db_,
            "SELECT coalesce(max(CAST(rv AS INTEGER)), 0) FROM revision "
            "INDEXED BY revision_object WHERE object_id = ? AND epoch = ? "
            "AND rv <> '' AND rv NOT GLOB '*[^0-9]*' AND length(rv) <= 18");
  return top.Bind(object_id, epoch).Step() ? top.Int(0) : 0;
}

Seq TransactionImpl::AppendRevision(const NewRevision& revision) {
  const Seq seq = ++info_.last_seq;
  const Micros recorded = recorded_at();
  Micros changed = revision.changed_at;
  Known& object = KnownObject(revision.object_id);
  const Lifetimes::Present before = object.present;
  if (!revision.late) {
    // DESIGN §6: changed_at never decreases within one uid, and the search for
    // a state at a time relies on it.
    changed = std::max(changed, before.changed_at);
  }
  if (HasRevision(revision.object_id, before, revision.epoch, revision.rv)) {
    throw SQLite::Exception(
        fmt::format("the resourceVersion {} of object {} is recorded already",
                    revision.rv, revision.object_id),
        SQLITE_CONSTRAINT);
  }
  const std::optional<Micros> not_before_lag =
      revision.not_before
          ? std::optional<Micros>(recorded - *revision.not_before)
          : std::nullopt;
  const SaltSource::New salt = salts_.OfRevision(seq);
  Query(db_,
        "INSERT INTO revision (seq, object_id, stream_id, epoch, traits, "
        "rv_packed, list_rv, api_version, recorded_packed, not_before_lag, "
        "changed_lag, salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(seq, revision.object_id, revision.stream_id, revision.epoch,
            PackTraits(revision.event, revision.source, revision.evidence,
                       revision.late, revision.body_kind),
            PackRv(revision.rv), revision.list_rv, revision.api_version,
            PackTime(recorded), not_before_lag, recorded - changed, salt.stored)
      .Run();
  if (revision.body_kind == BodyKind::kStub) {
    bodies_.PutAlone(seq, revision.body, recorded);
  } else {
    bodies_.PutRevision(seq, revision.object_id, revision.body,
                        IsGone(revision.event), recorded);
  }
  log_.AddRevision(seq, revision, object.row, recorded, changed, salt.salt);
  if (!revision.late) {
    const std::int64_t top = before.epoch == revision.epoch
                                 ? before.top_rv
                                 : TopRv(revision.object_id, revision.epoch);
    object.present =
        lifetimes_.Advance(revision.object_id, before,
                           {seq, revision.event, revision.rv, revision.epoch,
                            changed, recorded, top});
  } else if (before.epoch == revision.epoch &&
             RvNumber(revision.rv) > before.top_rv) {
    Query(db_, "UPDATE object SET above_rv = ? WHERE id = ?")
        .Bind(RvNumber(revision.rv), revision.object_id)
        .Run();
    object.present.top_rv = RvNumber(revision.rv);
  }
  if (revision.not_before && *revision.not_before < recorded) {
    AddDoubt(revision.stream_id, revision.not_before, recorded);
  }
  if (revision.source != Source::kWatch) {
    KUBESCRIBE_KILL_POINT("list.item");
  }
  if (revision.event == Event::kVanished) {
    KUBESCRIBE_KILL_POINT("list.vanish");
  }
  KUBESCRIBE_KILL_POINT("tx.revision");
  return seq;
}

Seq TransactionImpl::AppendRecord(const std::string& kind,
                                  std::int64_t stream_id,
                                  const std::string& detail_json,
                                  std::string_view payload) {
  const Seq seq = ++info_.last_seq;
  const Salt salt = salts_.OfRecord();
  Query(db_,
        "INSERT INTO record (seq, kind, stream_id, recorded_at, detail, salt) "
        "VALUES (?, ?, ?, ?, ?, ?)")
      .Bind(seq, kind, stream_id, recorded_at(), detail_json, salt)
      .Run();
  bodies_.PutAlone(seq, payload, recorded_at());
  log_.AddRecord({seq, kind, stream_id, recorded_at(), detail_json}, salt,
                 payload);
  KUBESCRIBE_KILL_POINT("tx.record");
  return seq;
}

Seq TransactionImpl::AppendGap(const GapRow& gap) {
  const Micros to = recorded_at();
  nlohmann::ordered_json detail;
  detail["cause"] = gap.cause;
  detail["from_rv"] = gap.from_rv;
  detail["to_rv"] = gap.to_rv;
  if (gap.from_at) detail["from_at"] = *gap.from_at;
  detail["to_at"] = to;
  detail["changed"] = gap.changed;
  detail["appeared"] = gap.appeared;
  detail["vanished"] = gap.vanished;
  const Seq seq = AppendRecord("gap", gap.stream_id, detail.dump(), {});
  KUBESCRIBE_KILL_POINT("gap.record");
  Query(db_,
        "INSERT INTO gap (seq, stream_id, cause, from_rv, to_rv, from_at, "
        "to_at, changed, appeared, vanished) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .Bind(seq, gap.stream_id, gap.cause, gap.from_rv, gap.to_rv, gap.from_at,
            to, gap.changed, gap.appeared, gap.vanished)
      .Run();
  KUBESCRIBE_KILL_POINT("gap.row");
  return seq;
}

std::int64_t TransactionImpl::AppendEpoch(std::int64_t stream_id,
                                          const std::string& cause) {
  Query(db_,
        "INSERT INTO epoch (stream_id, cause, began_at, seq) "
        "VALUES (?, ?, ?, 0)")
      .Bind(stream_id, cause, recorded_at())
      .Run();
  const std::int64_t id = sqlite3_last_insert_rowid(db_.raw());
  nlohmann::ordered_json detail;
  detail["epoch"] = id;
  detail["cause"] = cause;
  const Seq seq = AppendRecord("epoch", stream_id, detail.dump(), {});
  Query(db_, "UPDATE epoch SET seq = ? WHERE id = ?").Bind(seq, id).Run();
  Query(db_, "UPDATE stream SET epoch = ? WHERE id = ?")
      .Bind(id, stream_id)
      .Run();
  KUBESCRIBE_KILL_POINT("epoch.row");
  return id;
}

void TransactionImpl::AddDoubt(std::int64_t stream_id,
                               std::optional<Micros> from, Micros to) {
  Micros low = from.value_or(kSinceEver);
  Micros high = to;
  if (low >= high) return;
  const auto last = doubts_.find(stream_id);
  if (last != doubts_.end() && last->second.first <= low &&
      high <= last->second.second) {
    return;
  }
  {
    Query touching(db_,
                   "SELECT from_at, to_at FROM doubt WHERE stream_id = ? "
                   "AND to_at >= ? AND (from_at IS NULL OR from_at <= ?)");
    touching.Bind(stream_id, low, to);
    while (touching.Step()) {
      low = std::min(low, touching.OptionalInt(0).value_or(kSinceEver));
      high = std::max(high, touching.Int(1));
    }
  }
  // All that touched the new one lies within the merged one now.
  Query(db_,
        "DELETE FROM doubt WHERE stream_id = ? AND to_at >= ? AND to_at <= ?")
      .Bind(stream_id, low, high)
      .Run();
  const std::optional<Micros> merged =
      low == kSinceEver ? std::nullopt : std::optional<Micros>(low);
  Query(db_, "INSERT INTO doubt (stream_id, from_at, to_at) VALUES (?, ?, ?)")
      .Bind(stream_id, merged, high)
      .Run();
  doubts_[stream_id] = {low, high};
}

void TransactionImpl::SetServerVersion(const std::string& version) {
  info_.server_version = version;
}

void TransactionImpl::SetCluster(const std::string& name) {
  info_.cluster = name;
  Query(db_, "UPDATE meta SET cluster = ? WHERE id = 1").Bind(name).Run();
}

void TransactionImpl::SetIdentity(const std::string& identity, bool weak) {
  info_.identity = identity;
  info_.identity_weak = weak;
  Query(db_, "UPDATE meta SET identity = ?, identity_weak = ? WHERE id = 1")
      .Bind(identity, weak)
      .Run();
}

std::optional<std::string> TransactionImpl::LastDiscovery() {
  Query query(db_,
              "SELECT seq FROM record WHERE kind = 'discovery' "
              "ORDER BY seq DESC LIMIT 1");
  if (!query.Step()) return std::nullopt;
  return BodyReader(db_, nullptr).Read(query.Int(0));
}

void TransactionImpl::PutInfo() {
  Query(db_,
        "UPDATE meta SET known_until = ?, last_seq = ?, server_version = ? "
        "WHERE id = 1")
      .Bind(info_.known_until, info_.last_seq, info_.server_version)
      .Run();
}

}  // namespace kubescribe::store
