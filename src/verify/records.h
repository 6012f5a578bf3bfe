// The first half of a verification: every record in order of seq, from the
// bytes of its body to the root of the tree, beside the tiles, the checkpoints
// of the file and those that were kept elsewhere. Private to verify.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "verify/doubts.h"
#include "verify/findings.h"
#include "verify/keys.h"
#include "verify/leaf.h"
#include "verify/merkle.h"
#include "verify/note.h"
#include "verify/objects.h"
#include "verify/prunes.h"
#include "verify/revisions.h"
#include "verify/salts.h"
#include "verify/snapshot.h"

namespace kubescribe::verify {

// The hashes of the tiles, each asked for in order.
class Tiles {
 public:
  explicit Tiles(Snapshot& snapshot) : snapshot_(snapshot) {}
  // None: there is none.
  std::optional<Hash> At(int level, std::int64_t index);
  // The snapshot is another one.
  void Forget() { tiles_.clear(); }

 private:
  struct Tile {
    std::int64_t place = -1;
    std::string hashes;
  };
  Snapshot& snapshot_;
  std::map<int, Tile> tiles_;
};

class Records {
 public:
  // What the records say of things that other tables repeat.
  struct Derived {
    Doubts doubts;
    // By stream and epoch, the highest rv that a watch brought, and the next
    // lower one.
    struct Watched {
      std::string highest;
      std::string before;
    };
    std::map<std::pair<std::int64_t, std::int64_t>, Watched> watched;
    // What resources are, by group and resource, as discoveries had them: kind
    // and whether they live in namespaces.
    std::map<std::pair<std::string, std::string>,
             std::set<std::pair<std::string, bool>>>
        kinds;
    // Records that are missing and can have been pruned.
    std::int64_t pruned = 0;
  };

  // `outside`: in order of size. `logged`: leaves that the file's log has.
  // `objects` gets the revisions.
  Records(Snapshot& snapshot, Objects& objects, std::vector<Note> outside,
          Keys keys, std::int64_t logged, Report& report, Findings& findings);

  // All records up to `last`. Errors: of opening the file.
  Status Run(store::Seq last,
             const std::function<void(store::Seq, store::Seq)>& progress);

  const Derived& derived() const { return derived_; }
  const Keys& keys() const { return keys_; }
  // What the file may lack, and whether that changed while records were read.
  const Prunes& prunes() const { return prunes_; }
  bool pruned_meanwhile() const { return pruned_meanwhile_; }
  // As Prunes::CheckKept has it.
  const std::string& kept() const { return kept_; }
  // The last record under a checkpoint of the file that a trusted key signed.
  std::int64_t vouched() const { return vouched_; }
  // The last one under a checkpoint kept elsewhere, or one of the file by the
  // same key, or by a key that this one vouched for.
  std::int64_t anchored_by_key() const { return anchored_by_key_; }

 private:
  struct Stored {
    std::int64_t size = 0;
    std::string root;
    std::string note;
  };
  void Range(store::Seq after, store::Seq to);
  void LoadCheckpoints(store::Seq after, store::Seq to);
  void Revision(const RevisionRow& row);
  void Record(const store::Query& row);
  void Missing(store::Seq seq);
  std::string_view Body(store::Seq seq);
  void CheckSalt(store::Seq seq, std::string_view salt);
  void OnNode(int height, std::int64_t index, const Hash& hash);
  void CheckCheckpoints();
  void CheckStored(const Stored& stored, const Hash& root);
  void CheckOutside(const Note& note, const Hash& root);

  // What a record says that is repeated elsewhere.
  void Gap(store::Seq seq, std::int64_t stream, std::string_view detail);
  void Epoch(store::Seq seq, std::int64_t stream, Micros recorded_at,
             std::string_view detail);
  void Clock(std::string_view detail);
  void Discovery(std::string_view payload);

  Snapshot& snapshot_;
  Objects& objects_;
  const std::vector<Note> outside_;
  Keys keys_;
  const std::int64_t logged_;
  Report& report_;
  Findings& findings_;
  Tiles tiles_;
  Salts salts_;
  Prunes prunes_;
  bool pruned_meanwhile_ = false;
  codec::Sha256 keeping_;
  std::string kept_;
  int snapshot_number_ = 0;  // of the one that tiles_ and prunes_ are of
  Leaves leaves_;
  Merkle tree_;
  Derived derived_;
  std::vector<Stored> stored_;  // of the range
  std::size_t next_stored_ = 0;
  std::size_t next_outside_ = 0;
  std::int64_t bodies_ = 0;  // of the range
  // The last size at which a root was as it was signed, and whether one was
  // not since.
  std::int64_t good_up_to_ = 0;
  std::int64_t vouched_ = 0;
  std::optional<int> anchor_line_;  // Keys::line of the newest kept elsewhere
  std::int64_t anchored_by_key_ = 0;
};

}  // namespace kubescribe::verify
