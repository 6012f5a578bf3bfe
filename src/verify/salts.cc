#include "verify/salts.h"

#include "codec/digest.h"

namespace kubescribe::verify {
namespace {

constexpr std::int64_t kRecords = 256;  // of one seed
constexpr std::size_t kSeed = 32;

}  // namespace

std::string_view Salts::Of(store::Seq seq, std::string_view stored) {
  if (!stored.empty()) return stored;
  const std::int64_t place = (seq - 1) / kRecords;
  if (place != place_) {
    place_ = place;
    seed_.clear();
    store::Query row(snapshot_.db(),
                     "SELECT seed FROM salt_seed WHERE place = ?");
    if (row.Bind(place).Step() && row.Blob(0).size() == kSeed) {
      seed_ = row.Blob(0);
    }
  }
  if (seed_.empty()) return {};
  seed_.resize(kSeed);
  for (int shift = 56; shift >= 0; shift -= 8) {
    seed_ += static_cast<char>(seq >> shift & 0xff);
  }
  digest_ = codec::Sha256Of(seed_);
  return codec::AsText(std::span<const std::uint8_t>(digest_)).substr(0, kSize);
}

}  // namespace kubescribe::verify
