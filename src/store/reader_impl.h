// The Reader behind reader.h. Private to store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/body_reader.h"
#include "store/db.h"
#include "store/log_writer.h"
#include "store/reader.h"
#include "store/seq_at.h"

namespace kubescribe::store {

class ReaderImpl final : public Reader {
 public:
  // `db` is open read-only, checked, and within its transaction.
  ReaderImpl(std::unique_ptr<Db> db, FileInfo info,
             std::vector<std::string> warnings,
             std::shared_ptr<BodyCache> bodies)
      : db_(std::move(db)),
        bodies_(*db_, std::move(bodies)),
        leaves_(*db_),
        hashes_(*db_),
        info_(std::move(info)),
        warnings_(std::move(warnings)) {}

  const FileInfo& info() const override { return info_; }
  const std::vector<std::string>& warnings() const override {
    return warnings_;
  }

  Result<std::vector<ResourceRow>> Resources() override;
  Result<std::vector<StreamRow>> Streams() override;
  Result<std::vector<EpochRow>> Epochs() override;
  Result<std::vector<ResourceStats>> Stats() override;
  Result<std::optional<std::string>> Discovery(const AsOf& as_of) override;
  Result<std::string> ServerVersion(const AsOf& as_of) override;
  Result<std::vector<Revision>> StateAt(const ObjectFilter& filter,
                                        const AsOf& as_of,
                                        bool include_gone) override;
  Status EachAt(const ObjectFilter& filter, const AsOf& as_of,
                bool include_gone, const EachRevision& each) override;
  Status EachEnded(const ObjectFilter& filter, Micros since, Micros until,
                   const EachRevision& each) override;
  Result<std::vector<std::string>> Names(
      std::int64_t resource_id, const std::optional<std::string>& name_space,
      const NameQuestion& question) override;
  Result<std::vector<std::string>> Namespaces(
      const NameQuestion& question) override;
  Result<std::vector<Revision>> Revisions(
      const std::vector<Seq>& seqs) override;
  Result<std::vector<Revision>> History(const ObjectFilter& filter, Seq after,
                                        std::size_t limit) override;
  Result<std::vector<Revision>> Changes(const ObjectFilter& filter,
                                        Micros since, Micros until, Seq after,
                                        std::size_t limit) override;
  Result<std::string> Body(Seq seq) override;
  Result<std::vector<GapRow>> Gaps(std::int64_t stream_id) override;
  Result<std::vector<Doubt>> Doubts(std::int64_t stream_id) override;
  Result<std::vector<PrunedRow>> Prunes() override;
  Result<std::vector<PrunedRv>> PrunedRvs() override;
  Result<PrunedObjects> ObjectsPruned(const ObjectFilter& filter, Micros from,
                                      Micros to) override;
  Result<PrunedObjects> ObjectsPruned(const ObjectFilter& filter,
                                      const AsOf& as_of) override;
  Result<Batch> Records(Seq after, Seq last, std::size_t limit) override;
  Result<std::string> Payload(Seq seq) override;
  Result<Salt> SaltOf(Seq seq) override;
  Result<std::vector<std::optional<LogHash>>> LeafHashesOf(Seq from,
                                                           Seq to) override;
  Result<std::optional<LogHash>> RootAt(std::int64_t size) override;
  Result<std::vector<LogCheckpoint>> Checkpoints(std::int64_t after,
                                                 std::int64_t last,
                                                 std::size_t limit) override;
  Result<std::vector<ObjectRow>> Objects(std::int64_t after, std::int64_t last,
                                         std::size_t limit) override;
  Result<std::int64_t> LastObject() override;
  Result<std::vector<Record>> OtherRecords(Seq after, Seq last,
                                           std::size_t limit) override;
  Result<Seq> LastRecordedBy(Micros at) override;
  Result<std::vector<PrunedObjectRow>> PrunedObjectRows(
      std::int64_t after, std::size_t limit) override;
  Result<std::optional<Record>> NewestRecord(const std::string& kind) override;
  Result<std::optional<LogCheckpoint>> NewestCheckpoint() override;

 private:
  // Runs `ask`, whose exceptions become an Error.
  template <typename T, typename Ask>
  Result<T> Guard(Ask ask) {
    try {
      return ask();
    } catch (const std::exception& exception) {
      return ErrorFrom(exception, info_.path, db_->raw());
    }
  }
  // The decoded row of `body`; none where there is none.
  Result<std::optional<std::string>> Decode(Seq seq);
  // Throws std::runtime_error where these are not the bytes that were recorded.
  void CheckLeaf(Seq seq, std::string_view body);
  bool HasLifetimes();
  bool HasPrunes();
  // `sql(living)`: the question as SQL; `name_of(revision)`: the name that is
  // asked for, where it has to be taken from revisions.
  template <typename Sql, typename NameOf>
  Result<std::vector<std::string>> AskNames(const ObjectFilter& filter,
                                            const NameQuestion& question,
                                            Sql sql, NameOf name_of);
  // None: the file has an index of all times instead (before schema 6).
  std::optional<RecordedBy> Recorded(Micros at);

  std::unique_ptr<Db> db_;
  BodyReader bodies_;
  RowLeaves leaves_;
  LeafHashes hashes_;
  std::optional<std::int64_t> logged_;  // leaves; none: not looked yet
  FileInfo info_;
  std::vector<std::string> warnings_;
  std::optional<bool> has_lifetimes_;  // none: not looked yet
  std::optional<bool> has_prunes_;
};

}  // namespace kubescribe::store
