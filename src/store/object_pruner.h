// ObjectPruner: takes what goes of one object (prune_rule.h), with all that
// hangs on it: the bodies that build on what goes, the object's lives, and what
// is not known any more below the cut. Private to store; the pruner (pruner.h)
// goes through the objects with it, within its transactions.
//
//   ObjectPruner objects(db, bodies, created_at);
//   objects.Begin(cut);
//   ... BEGIN; objects.TakeFrom(object, plan, ...), as often as wanted
//   ... objects.Put(); COMMIT
//
// Throws what SQLite throws. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/body_writer.h"
#include "store/db.h"
#include "store/prune.h"
#include "store/prune_rule.h"
#include "store/types.h"

namespace kubescribe::store {

class ObjectPruner {
 public:
  // `created_at`: of the file.
  ObjectPruner(Db& db, BodyWriter& bodies, Micros created_at)
      : db_(db), bodies_(bodies), created_at_(created_at) {}

  void Begin(const PruneCut& cut);
  // At most `limit` revisions of an object, counted in `taken`; true: no more
  // of it go. `now` is when a body that becomes a keyframe is written.
  // REQUIRES: a transaction.
  bool TakeFrom(const PruneObject& object, const ObjectPlan& plan,
                std::size_t limit, Micros now, std::size_t& taken);
  // Writes what is not known any more by resourceVersions; answers what was
  // taken since the last call. REQUIRES: the same transaction.
  struct Taken {
    std::int64_t revisions = 0;
    std::int64_t objects = 0;
    std::int64_t bytes = 0;
  };
  Taken Put();

 private:
  struct Row {
    Seq seq = 0;
    std::string rv;
    std::int64_t epoch = 0;
  };

  std::vector<Row> Going(std::int64_t object_id, const ObjectPlan& plan,
                         std::size_t limit);
  // Bodies that stay and build on one of these become keyframes.
  void CutChains(std::int64_t object_id, const std::vector<Row>& going,
                 Micros now);
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

  Db& db_;
  BodyWriter& bodies_;
  const Micros created_at_;

  bool by_count_ = false;  // the cut is of each object's own
  // Since Put.
  Taken taken_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> rvs_;
};

}  // namespace kubescribe::store
