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
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/body_writer.h"
#include "store/db.h"
#include "store/log_writer.h"
#include "store/object_pruner.h"
#include "store/prune.h"
#include "store/prune_rule.h"
#include "store/prune_seal.h"
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
    kSeal,
    kDone,
    kPages,
  };

  void Resume();
  void BeginCut(const PruneCut& cut);
  bool NextSizeCut();
  void StepObjects(FileInfo& info);
  void WriteRecord(FileInfo& info);
  // A record of the whole file; answers its seq.
  Seq Append(FileInfo& info, const std::string& kind, const std::string& detail,
             std::string_view payload = {});
  void WriteProgress();
  void StepSalts();
  void StepDictionaries();
  void StepDone(FileInfo& info);
  void StepPages();

  Db& db_;
  BodyWriter& bodies_;
  LogWriter& log_;
  SeededSalts& salts_;
  const Clock& clock_;
  Seq last_seq_ = 0;  // of the file at this step

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
  ObjectPruner objects_;
  // Of the salts' phase: it is through up to this one.
  std::int64_t salts_place_ = -1;
  // Of the dictionaries' phase.
  Seq dictionary_seq_ = 0;
  std::set<std::int64_t> dictionaries_;
  PruneSeal seal_;
  int pages_;
};

}  // namespace kubescribe::store
