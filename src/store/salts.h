// Salts: 16 secret bytes beside each body in its leaf (schema/formats/log.md),
// so that the hash of what was pruned does not tell what it was. Private to
// store.
//
// Those of revisions are not in their rows, where they would be a sixteenth of
// all that a small one takes. They are made of a seed that the revisions among
// 256 records share (table salt_seed). Pruner, where it removes one of them,
// gives the others their own and removes the seed (Part).
//
// Throws SQLite::Exception. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/random.h"
#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

// The records of one seed, and of one tile.
inline constexpr Seq kSeedRecords = 256;
inline std::int64_t SeedPlace(Seq seq) { return (seq - 1) / kSeedRecords; }

// Where the salts of new records come from.
class SaltSource {
 public:
  struct New {
    Salt salt{};
    // What the row has to hold; none: the salt comes from the seed.
    std::optional<Salt> stored;
  };
  virtual ~SaltSource() = default;
  virtual New OfRevision(Seq seq) = 0;
  // Its row holds it.
  virtual Salt OfRecord() = 0;
};

// Seeds that are made when the first revision needs one.
class SeededSalts final : public SaltSource {
 public:
  SeededSalts(Db& db, Random& random) : db_(db), random_(random) {}

  New OfRevision(Seq seq) override;
  Salt OfRecord() override;
  // Seeds may be gone.
  void Forget() { place_ = -1; }

 private:
  Db& db_;
  Random& random_;
  std::int64_t place_ = -1;  // of seed_; -1: there is none
  std::array<std::uint8_t, 32> seed_{};
};

// The salt of a revision, whose row has `stored` (empty: NULL); none: it has
// neither a salt of 16 bytes nor a seed.
std::optional<Salt> SaltOfRevision(Db& db, Seq seq, std::string_view stored);

// Of the revisions of this seed one was removed: those that are left get their
// salts into their rows, and the seed goes.
void PartFromSeed(Db& db, std::int64_t place);

}  // namespace kubescribe::store
