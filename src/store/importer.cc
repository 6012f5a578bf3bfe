#include "store/importer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/test_switches.h"
#include "store/doubts.h"
#include "store/migrate.h"
#include "store/packed.h"
#include "store/rows.h"
#include "store/transaction_impl.h"

namespace kubescribe::store {
namespace {

using nlohmann::json;

constexpr std::int64_t kPagesKib = std::int64_t{32} << 10;
constexpr std::size_t kImportBases = std::size_t{32} << 20;
// Records of one transaction.
constexpr std::int64_t kRecordsATime = 10000;

// Gives out what it was given.
class GivenSalt final : public SaltSource {
 public:
  New OfRevision(Seq /*seq*/) override { return {salt, salt}; }
  Salt OfRecord() override { return salt; }
  Salt salt{};
};

std::int64_t NumberOf(const json& detail, const char* key) {
  const auto at = detail.find(key);
  if (at == detail.end() || !at->is_number_integer()) {
    throw std::runtime_error(fmt::format("\"{}\" of a record is missing", key));
  }
  return at->get<std::int64_t>();
}

std::string TextOf(const json& detail, const char* key) {
  const auto at = detail.find(key);
  if (at == detail.end() || !at->is_string()) {
    throw std::runtime_error(fmt::format("\"{}\" of a record is missing", key));
  }
  return at->get<std::string>();
}

// Not hardened: nothing in it is of anybody else, and a hardened connection
// keeps its journal.
void MakeReady(Db& db, const FileInfo& info) {
  sqlite3_extended_result_codes(db.raw(), 1);
  db.Exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.Exec("PRAGMA temp_store = MEMORY");
  db.Exec("PRAGMA synchronous = OFF");
  db.Text("PRAGMA locking_mode = EXCLUSIVE");
  db.Text("PRAGMA journal_mode = OFF");
  db.Exec(fmt::format("PRAGMA cache_size = -{}", kPagesKib));
  db.Exec("BEGIN IMMEDIATE");
  Migrate(db, Migrations());
  Query(db,
        "INSERT INTO meta (id, file_id, cluster, identity, identity_weak, "
        "created_at, known_until, last_seq, clean_stop, server_version, opens, "
        "checkpoints) VALUES (1, ?, ?, ?, ?, ?, 0, 0, 1, ?, 1, 0)")
      .Bind(info.file_id, info.cluster, info.identity, info.identity_weak,
            info.created_at, info.server_version)
      .Run();
  Query(db,
        "INSERT INTO epoch (id, stream_id, cause, began_at, seq) "
        "VALUES (1, 0, 'start', ?, 0)")
      .Bind(info.created_at)
      .Run();
}

class ImporterImpl final : public Importer {
 public:
  ImporterImpl(std::unique_ptr<Db> db, FileInfo info)
      : db_(std::move(db)),
        info_(std::move(info)),
        bodies_(*db_, kImportBases),
        log_(*db_, info_, {}),
        tx_(*db_, salts_, bodies_, log_, info_) {}

  Result<std::int64_t> AddResource(const ResourceRow& row) override {
    std::int64_t id = 0;
    const Status done = Guard([&] {
      id =
          tx_.EnsureResource(row.group, row.resource, row.kind, row.namespaced);
    });
    if (!done.ok()) return done.error();
    return id;
  }

  Result<std::int64_t> AddStream(const StreamRow& row) override {
    StreamRow mine = row;
    const Status done = Guard([&] {
      mine.id = tx_.EnsureStream(row.key, row.resource_id).id;
      tx_.PutStream(mine);
    });
    if (!done.ok()) return done.error();
    return mine.id;
  }

  Status AddObject(const ObjectRow& row) override {
    return Guard([&] {
      Query(*db_,
            "INSERT INTO object (id, resource_id, stream_id, namespace, name, "
            "uid_packed) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING")
          .Bind(row.id, row.resource_id, row.stream_id, row.name_space,
                row.name, PackUid(row.uid))
          .Run();
      Count();
    });
  }

  Seq last_seq() const override { return info_.last_seq; }

  Status AddRevision(const Revision& revision, const Salt& salt,
                     std::string_view body,
                     const std::optional<LogHash>& instead) override {
    NewRevision next;
    next.object_id = revision.object_id;
    next.stream_id = revision.stream_id;
    next.epoch = revision.epoch;
    next.event = revision.event;
    next.source = revision.source;
    next.rv = revision.rv;
    next.list_rv = revision.list_rv;
    next.api_version = revision.api_version;
    next.not_before = revision.not_before;
    next.changed_at = revision.changed_at;
    next.evidence = revision.evidence;
    next.late = revision.late;
    next.body_kind = revision.body_kind;
    next.body = body;
    return Guard([&] {
      Begin(revision.recorded_at, salt, instead);
      tx_.AppendRevision(next);
      Count();
    });
  }

  Status AddRecord(const Record& record, const Salt& salt,
                   std::string_view payload,
                   const std::optional<LogHash>& instead) override {
    return Guard([&] {
      Begin(record.recorded_at, salt, instead);
      const Seq seq = tx_.AppendRecord(record.kind, record.stream_id,
                                       record.detail, payload);
      // What an altered record says is nothing to build on.
      if (record.kind == "gap" && !instead) PutGap(seq, record);
      if (record.kind == "epoch" && !instead) PutEpoch(seq, record);
      Count();
    });
  }

  Status AddMissing(const LogHash& hash) override {
    return Guard([&] {
      log_.AddHash(hash);
      ++info_.last_seq;
      Count();
    });
  }

  Status ForgetDoubts() override {
    return Guard([&] { db_->Exec("DELETE FROM doubt"); });
  }

  Status AddDoubt(const Doubt& doubt) override {
    return Guard([&] {
      Query(*db_,
            "INSERT INTO doubt (stream_id, from_at, to_at) VALUES (?, ?, ?)")
          .Bind(doubt.stream_id, doubt.from, doubt.to)
          .Run();
      Count();
    });
  }

  Result<std::string> Doubts() override {
    std::string doubts;
    const Status done = Guard([&] { doubts = DoubtsFrom(*db_, 0); });
    if (!done.ok()) return done.error();
    return doubts;
  }

  Status AddPrune(const PrunedRow& row) override {
    return Guard([&] {
      Query(*db_,
            "INSERT INTO pruned (seq, before_at, before_seq, keep, reason, "
            "revisions, objects, bytes, at_object, done) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .Bind(row.seq, row.before_at, row.before_seq, row.keep, row.reason,
                row.revisions, row.objects, row.bytes, row.at_object, row.done)
          .Run();
      for (const std::int64_t resource : row.resources) {
        Query(*db_,
              "INSERT INTO pruned_resource (seq, resource_id) VALUES (?, ?)")
            .Bind(row.seq, resource)
            .Run();
      }
    });
  }

  Status AddPrunedRv(const PrunedRv& row) override {
    return Guard([&] {
      Query(*db_,
            "INSERT INTO pruned_rv (resource_id, epoch, rv) VALUES (?, ?, ?)")
          .Bind(row.resource_id, row.epoch, row.rv)
          .Run();
    });
  }

  Status AddPrunedObject(const PrunedObjectRow& row) override {
    return Guard([&] {
      Query(*db_,
            "INSERT INTO pruned_object (object_id, from_at, before_at, "
            "before_seq, before_rv, epoch) VALUES (?, ?, ?, ?, ?, ?)")
          .Bind(row.object_id, row.from_at, row.before_at, row.before_seq,
                row.before_rv, row.epoch)
          .Run();
      Count();
    });
  }

  Status AddCheckpoint(const LogCheckpoint& checkpoint) override {
    return Guard([&] {
      log_.Insert(checkpoint);
      Count();
    });
  }

  LogHash Root() override { return log_.Root(); }

  Status Finish(Micros known_until) override {
    return Guard([&] {
      info_.known_until = known_until;
      log_.Put();
      tx_.PutInfo();
      KUBESCRIBE_KILL_POINT("import.before-commit");
      db_->Exec("COMMIT");
    });
  }

 private:
  // Exceptions become an Error.
  template <typename Do>
  Status Guard(Do act) {
    try {
      act();
      return {};
    } catch (const SQLite::Exception& exception) {
      if ((exception.getErrorCode() & 0xff) == SQLITE_CONSTRAINT) {
        return Error(Code::kCorruption, exception.what());
      }
      return ErrorFrom(exception, info_.path, db_->raw());
    } catch (const std::exception& exception) {
      return Error(Code::kCorruption, exception.what());
    }
  }

  void Begin(Micros recorded_at, const Salt& salt,
             const std::optional<LogHash>& instead) {
    info_.known_until = recorded_at;
    salts_.salt = salt;
    if (instead) log_.TakeInstead(*instead);
  }

  // One row more.
  void Count() {
    if (++rows_ % kRecordsATime != 0) return;
    log_.Put();
    tx_.PutInfo();
    db_->Exec("COMMIT");
    KUBESCRIBE_KILL_POINT("import.committed");
    db_->Exec("BEGIN IMMEDIATE");
  }

  void PutGap(Seq seq, const Record& record) {
    const json detail = json::parse(record.detail);
    const std::string cause = TextOf(detail, "cause");
    const std::string from_rv = TextOf(detail, "from_rv");
    const std::string to_rv = TextOf(detail, "to_rv");
    std::optional<std::int64_t> from_at;
    if (detail.contains("from_at")) from_at = NumberOf(detail, "from_at");
    Query(*db_,
          "INSERT INTO gap (seq, stream_id, cause, from_rv, to_rv, from_at, "
          "to_at, changed, appeared, vanished) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .Bind(seq, record.stream_id, cause, from_rv, to_rv, from_at,
              NumberOf(detail, "to_at"), NumberOf(detail, "changed"),
              NumberOf(detail, "appeared"), NumberOf(detail, "vanished"))
        .Run();
  }

  void PutEpoch(Seq seq, const Record& record) {
    const json detail = json::parse(record.detail);
    const std::string cause = TextOf(detail, "cause");
    Query(*db_,
          "INSERT INTO epoch (id, stream_id, cause, began_at, seq) "
          "VALUES (?, ?, ?, ?, ?)")
        .Bind(NumberOf(detail, "epoch"), record.stream_id, cause,
              record.recorded_at, seq)
        .Run();
  }

  std::unique_ptr<Db> db_;
  FileInfo info_;
  GivenSalt salts_;
  BodyWriter bodies_;
  LogWriter log_;
  TransactionImpl tx_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<Importer>> Importer::Start(const std::string& path,
                                                  const FileInfo& info) {
  std::unique_ptr<Db> db;
  try {
    db = std::make_unique<Db>(path, SQLite::OPEN_READWRITE, kBusyMs, "");
    MakeReady(*db, info);
    FileInfo mine = ReadInfo(*db);
    mine.path = path;
    return std::unique_ptr<Importer>(
        std::make_unique<ImporterImpl>(std::move(db), std::move(mine)));
  } catch (const std::exception& exception) {
    return ErrorFrom(exception, path, db ? db->raw() : nullptr);
  }
}

}  // namespace kubescribe::store
