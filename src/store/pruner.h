// Pruner: carries a prune out, on the writer's connection, in steps. Private to
// store; the writer hands it out (Writer::StartPrune, StepPrune).
//
//   Pruner pruner(db, bodies, log, salts, clock, info);  // finds what was cut
//                                                        // off
//   pruner.Start(wish);
//   while (pruner.busy()) pruner.Step(info);
//
// Objects are gone through by id. A step looks at some thousand objects, or
// takes some hundred revisions, in about 15 ms; it is one transaction, or none
// where nothing was found. The first one that takes anything writes the record
// and the row of `pruned`, and each says there how far it got. Then come
// salts and dictionaries, and the record of what went in all and of what is
// left; at last pages are given back to the disk, where the file was made for
// that (auto_vacuum).
//
// Throws what SQLite throws; then the connection is to be closed. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/body_writer.h"
#include "store/db.h"
#include "store/log_writer.h"
#include "store/prune.h"
#include "store/prune_rule.h"
#include "store/salts.h"
#include "store/types.h"

namespace kubescribe::store {

class Pruner {
 public:
  Pruner(Db& db, BodyWriter& bodies, LogWriter& log, SeededSalts& salts,
         const Clock& clock, const FileInfo& info);

  // REQUIRES: not cutting, CheckWish is content.
  std::int64_t Start(const PruneWish& wish);
  bool busy() const { return phase_ != Phase::kIdle; }
  // More than giving pages back, which another prune does as well.
  bool cutting() const { return busy() && phase_ != Phase::kPages; }
  const PruneProgress& progress() const { return progress_; }
  // A step takes no more revisions than these, but some at least.
  void Limit(std::uint64_t revisions);
  // `info` gets the seq of a record that was written; only once it is
  // committed.
  void Step(FileInfo& info);
  // Ends it where it is; what was begun goes on with another writer only.
  void Abandon();

 private:
  enum class Phase {
    kIdle,
    kObjects,
    kSalts,
    kDictionaries,
    kKept,
    kCuts,
    kDone,
    kPages,
  };
  struct Row {
    Seq seq = 0;
    std::string rv;
    std::int64_t epoch = 0;
  };

  void Resume();
  void BeginCut(const PruneCut& cut);
  bool NextSizeCut();
  void StepObjects(FileInfo& info);
  // At most `limit` revisions of an object; true: that were all that go.
  bool TakeFrom(const PruneObject& object, const ObjectPlan& plan,
                std::size_t limit, std::size_t& taken);
  std::vector<Row> Going(std::int64_t object_id, const ObjectPlan& plan,
                         std::size_t limit);
  // Bodies that stay and build on one of these become keyframes.
  void CutChains(std::int64_t object_id, const std::vector<Row>& going);
  void Remove(std::int64_t object_id, const std::vector<Row>& going);
  void RemoveObject(std::int64_t object_id);
  // What finds its lives, by the revisions that are left.
  void FixLife(const PruneObject& object);
  // Is it there still that it was gone, by the end of its box? `first`: when
  // the oldest of what is left changed.
  bool GoneIsLeft(std::int64_t object_id, Micros first,
                  std::int64_t end_second);
  void NoteRv(std::int64_t resource_id, std::int64_t epoch,
              const std::string& rv);
  void NoteObject(const PruneObject& object, const ObjectPlan& plan,
                  Micros first);
  void WriteRecord(FileInfo& info);
  // A record of the whole file; answers its seq.
  Seq Append(FileInfo& info, const std::string& kind, const std::string& detail,
             std::string_view payload = {});
  void WriteProgress();
  void StepSalts();
  void StepDictionaries();
  void StepKept();
  void StepCuts();
  void StepDone(FileInfo& info);
  void StepPages();

  Db& db_;
  BodyWriter& bodies_;
  LogWriter& log_;
  SeededSalts& salts_;
  const Clock& clock_;
  const Micros created_at_;
  // Of the file at this step.
  Micros known_until_ = 0;
  Seq last_seq_ = 0;

  Phase phase_ = Phase::kIdle;
  std::int64_t jobs_ = 0;
  PruneProgress progress_;
  PruneWish wish_;
  PruneCut cut_;
  int attempt_ = 0;
  std::size_t most_revisions_;
  Seq record_ = 0;  // of this cut; 0: not begun
  std::int64_t at_object_ = 0;
  std::int64_t highest_id_ = 0;
  // Since the row of `pruned` was written last.
  std::int64_t revisions_ = 0;
  std::int64_t objects_ = 0;
  std::int64_t bytes_ = 0;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> rvs_;
  // Of the salts' phase: it is through up to this one.
  std::int64_t salts_place_ = -1;
  // Of the dictionaries' phase.
  Seq dictionary_seq_ = 0;
  std::set<std::int64_t> dictionaries_;
  // Of what is kept: up to which seq in all prunes, how far it is, and the
  // hash.
  Seq kept_cut_ = 0;
  Seq kept_seq_ = 0;
  codec::Sha256 kept_;
  // Of what is not known any more: up to which object, and the hash.
  std::int64_t cuts_object_ = 0;
  codec::Sha256 cuts_;
  int pages_;
};

}  // namespace kubescribe::store
