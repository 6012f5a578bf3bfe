#include "store/salts.h"

#include <algorithm>
#include <vector>

#include "base/test_switches.h"
#include "codec/digest.h"

namespace kubescribe::store {
namespace {

constexpr std::size_t kSeedSize = 32;

Salt Derive(std::span<const std::uint8_t> seed, Seq seq) {
  std::array<std::uint8_t, kSeedSize + sizeof(Seq)> bytes{};
  std::copy(seed.begin(), seed.end(), bytes.begin());
  auto rest = static_cast<std::uint64_t>(seq);
  for (auto byte = bytes.rbegin(); byte != bytes.rbegin() + sizeof(Seq);
       ++byte, rest >>= 8) {
    *byte = static_cast<std::uint8_t>(rest & 0xff);
  }
  const codec::Sha256Digest digest =
      codec::Sha256Of(codec::AsText(std::span<const std::uint8_t>(bytes)));
  Salt salt{};
  std::copy_n(digest.begin(), salt.size(), salt.begin());
  return salt;
}

// False: there is none of that size.
bool ReadSeed(Db& db, std::int64_t place, std::span<std::uint8_t> seed) {
  Query row(db, "SELECT seed FROM salt_seed WHERE place = ?");
  if (!row.Bind(place).Step()) return false;
  const std::string_view bytes = row.Blob(0);
  if (bytes.size() != seed.size()) return false;
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  return true;
}

}  // namespace

SaltSource::New SeededSalts::OfRevision(Seq seq) {
  const std::int64_t place = SeedPlace(seq);
  if (place != place_) {
    if (!ReadSeed(db_, place, seed_)) {
      random_.Fill(seed_);
      Query(db_, "INSERT INTO salt_seed (place, seed) VALUES (?, ?)")
          .Bind(place, std::span<const std::uint8_t>(seed_))
          .Run();
    }
    place_ = place;
  }
  return {Derive(seed_, seq), std::nullopt};
}

Salt SeededSalts::OfRecord() {
  Salt salt{};
  random_.Fill(salt);
  return salt;
}

std::optional<Salt> SaltOfRevision(Db& db, Seq seq, std::string_view stored) {
  Salt salt{};
  if (stored.size() == salt.size()) {
    std::copy(stored.begin(), stored.end(), salt.begin());
    return salt;
  }
  std::array<std::uint8_t, kSeedSize> seed{};
  if (!stored.empty() || !ReadSeed(db, SeedPlace(seq), seed)) {
    return std::nullopt;
  }
  return Derive(seed, seq);
}

void PartFromSeed(Db& db, std::int64_t place) {
  std::array<std::uint8_t, kSeedSize> seed{};
  if (!ReadSeed(db, place, seed)) return;
  std::vector<Seq> left;
  {
    Query rows(db,
               "SELECT seq FROM revision WHERE seq > ? AND seq <= ? "
               "AND salt IS NULL ORDER BY seq");
    rows.Bind(place * kSeedRecords, (place + 1) * kSeedRecords);
    while (rows.Step()) left.push_back(rows.Int(0));
  }
  for (const Seq seq : left) {
    Query(db, "UPDATE revision SET salt = ? WHERE seq = ?")
        .Bind(Derive(seed, seq), seq)
        .Run();
    KUBESCRIBE_KILL_POINT("prune.salt");
  }
  Query(db, "DELETE FROM salt_seed WHERE place = ?").Bind(place).Run();
  KUBESCRIBE_KILL_POINT("prune.seed");
}

}  // namespace kubescribe::store
