#include "store/prune_seal.h"

#include <fmt/format.h>

#include <array>

namespace kubescribe::store {
namespace {

constexpr std::int64_t kSeqsAStep = 65536;

// 8 bytes, big-endian.
std::array<std::uint8_t, 8> SeqBytes(Seq seq) {
  std::array<std::uint8_t, 8> bytes{};
  auto rest = static_cast<std::uint64_t>(seq);
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8) {
    *byte = static_cast<std::uint8_t>(rest & 0xff);
  }
  return bytes;
}

}  // namespace

bool PruneSeal::Step(Micros deadline) {
  switch (part_) {
    case Part::kBegin:
      up_to_ = db_.Int(
          "SELECT coalesce(max(coalesce(before_seq, seq - 1)), 0) FROM pruned");
      part_ = Part::kKept;
      [[fallthrough]];
    case Part::kKept:
      if (StepKept(deadline)) part_ = Part::kCuts;
      return false;
    case Part::kCuts:
      if (StepCuts(deadline)) part_ = Part::kDone;
      break;
    case Part::kDone:
      break;
  }
  return part_ == Part::kDone;
}

PruneSeal::Sealed PruneSeal::Finish() {
  return {up_to_, codec::Hex(kept_.Finish()), codec::Hex(cuts_.Finish())};
}

// Which revisions are left below the cuts of all prunes so far: their hash
// tells whoever verifies the file that no other one is missing.
bool PruneSeal::StepKept(Micros deadline) {
  std::int64_t seen = 0;
  Query left(db_,
             "SELECT seq FROM revision WHERE seq > ? AND seq <= ? "
             "ORDER BY seq LIMIT ?");
  left.Bind(kept_seq_, up_to_, kSeqsAStep);
  while (left.Step()) {
    kept_seq_ = left.Int(0);
    kept_.Update(SeqBytes(kept_seq_));
    if (++seen % 1024 == 0 && clock_.Mono() >= deadline) return false;
  }
  return seen < kSeqsAStep;
}

// And what is not known any more, which nothing that is left tells.
bool PruneSeal::StepCuts(Micros deadline) {
  if (cuts_object_ == 0) {
    Query rvs(db_,
              "SELECT k.api_group, k.resource, p.epoch, p.rv FROM pruned_rv p "
              "JOIN resource k ON k.id = p.resource_id ORDER BY 1, 2, 3");
    while (rvs.Step()) {
      cuts_.Update(fmt::format("{},{},{},{}\n", rvs.Blob(0), rvs.Blob(1),
                               rvs.Int(2), rvs.Blob(3)));
    }
  }
  std::int64_t seen = 0;
  Query objects(db_,
                "SELECT object_id, from_at, before_at, before_seq, before_rv, "
                "epoch FROM pruned_object WHERE object_id > ? "
                "ORDER BY object_id LIMIT ?");
  objects.Bind(cuts_object_, kSeqsAStep);
  while (objects.Step()) {
    cuts_object_ = objects.Int(0);
    cuts_.Update(fmt::format("{},{},{},{},{},{}\n", cuts_object_,
                             objects.Int(1), objects.Int(2), objects.Int(3),
                             objects.Blob(4), objects.Int(5)));
    if (++seen % 1024 == 0 && clock_.Mono() >= deadline) return false;
  }
  return seen < kSeqsAStep;
}

}  // namespace kubescribe::store
