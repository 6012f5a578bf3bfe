// The row operations of one transaction of a Writer. Private to store; see
// writer.h for what they promise. They throw SQLite::Exception.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "store/body_writer.h"
#include "store/db.h"
#include "store/lifetimes.h"
#include "store/log_writer.h"
#include "store/salts.h"
#include "store/writer.h"

namespace kubescribe::store {

class TransactionImpl final : public Transaction {
 public:
  // `info` is what the file says of itself once this transaction is committed:
  // known_until is the recorded_at, last_seq moves with what is appended.
  TransactionImpl(Db& db, SaltSource& salts, BodyWriter& bodies, LogWriter& log,
                  FileInfo& info)
      : db_(db),
        salts_(salts),
        bodies_(bodies),
        log_(log),
        info_(info),
        lifetimes_(db, info.created_at) {}

  Micros recorded_at() const override { return info_.known_until; }

  std::int64_t EnsureResource(const std::string& group,
                              const std::string& resource,
                              const std::string& kind,
                              bool namespaced) override;
  StreamRow EnsureStream(const StreamKey& key,
                         std::int64_t resource_id) override;
  std::vector<StreamRow> Streams() override;
  StreamRow GetStream(std::int64_t id) override;
  void PutStream(const StreamRow& row) override;

  std::optional<ObjectRow> FindObject(std::int64_t resource_id,
                                      const std::string& uid) override;
  std::int64_t AddObject(const ObjectRow& row) override;
  void AdoptObject(std::int64_t object_id, std::int64_t stream_id) override;
  void ForEachAlive(std::int64_t stream_id,
                    const std::function<void(const ObjectRow&)>& fn) override;

  bool HasRevision(std::int64_t object_id, std::int64_t epoch,
                   const std::string& rv) override;
  Seq AppendRevision(const NewRevision& revision) override;
  Seq AppendRecord(const std::string& kind, std::int64_t stream_id,
                   const std::string& detail_json,
                   std::string_view payload) override;
  Seq AppendGap(const GapRow& gap) override;
  std::int64_t AppendEpoch(std::int64_t stream_id,
                           const std::string& cause) override;
  void AddDoubt(std::int64_t stream_id, std::optional<Micros> from,
                Micros to) override;

  void SetServerVersion(const std::string& version) override;
  void SetCluster(const std::string& name) override;
  void SetIdentity(const std::string& identity, bool weak) override;
  std::optional<std::string> LastDiscovery() override;

  // Writes what the file says of itself now; the last thing before COMMIT.
  void PutInfo();

 private:
  // An object as it stands in this transaction: what a revision of it needs.
  struct Known {
    ObjectRow row;  // as it was found; what changes is in `present`
    Lifetimes::Present present;
  };
  // Valid until the next call; empty where there is no such object.
  Known& KnownObject(std::int64_t object_id);

  bool HasRevision(std::int64_t object_id, const Lifetimes::Present& present,
                   std::int64_t epoch, const std::string& rv);
  // The highest resourceVersion (a number) of all that is recorded of an object
  // in an epoch; 0: there is none.
  std::int64_t TopRv(std::int64_t object_id, std::int64_t epoch);

  Db& db_;
  SaltSource& salts_;
  BodyWriter& bodies_;
  LogWriter& log_;
  FileInfo& info_;
  Lifetimes lifetimes_;
  // Those that were found or added, by id.
  std::unordered_map<std::int64_t, Known> known_;
  // The doubt added last to each stream: a catch-up adds the same thousands of
  // times. first: from (the lowest number for "since ever").
  std::map<std::int64_t, std::pair<Micros, Micros>> doubts_;
};

}  // namespace kubescribe::store
