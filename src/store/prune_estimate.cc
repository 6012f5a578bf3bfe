// EstimatePrune: the rule of prune_rule.h, over a file that is only read.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "store/prune.h"
#include "store/prune_rule.h"
#include "store/reader.h"

namespace kubescribe::store {
namespace {

// What the rows and indexes of a revision take besides its body (README,
// "Figures").
constexpr std::uint64_t kRowBytes = 195;

std::unique_ptr<Db> OpenToLook(const std::string& path) {
  auto db = std::make_unique<Db>(path, SQLite::OPEN_READONLY, kBusyMs, "");
  db->Harden();
  db->Exec("PRAGMA query_only = ON");
  return db;
}

class Estimate {
 public:
  Estimate(std::string path, PruneWish wish)
      : path_(std::move(path)), wish_(std::move(wish)) {}

  PruneEstimate Run() {
    const auto db = OpenToLook(path_);
    result_.used_bytes = UsedBytes(*db);
    if (!wish_.max_bytes) {
      PruneCut cut;
      cut.keep = wish_.keep;
      if (wish_.keep) cut.seq = db->Int("SELECT last_seq FROM meta");
      if (wish_.before) {
        cut.at = std::min<Micros>(*wish_.before,
                                  db->Int("SELECT known_until FROM meta"));
        cut.seq = SeqAt(*db, *cut.at);
      }
      Count(cut);
      return result_;
    }
    const Seq last = db->Int("SELECT last_seq FROM meta");
    for (int attempt = 0; result_.used_bytes > *wish_.max_bytes; ++attempt) {
      const std::optional<PruneCut> cut =
          CutForSize(*db, result_.used_bytes, *wish_.max_bytes, attempt);
      // Until an attempt frees enough.
      result_.out_of_reach = true;
      if (!cut) break;
      const std::uint64_t freed = Count(*cut);
      result_.out_of_reach = freed < result_.used_bytes - *wish_.max_bytes;
      if (!result_.out_of_reach || cut->seq >= last) break;
    }
    return result_;
  }

 private:
  // Fills the result, and answers about how many bytes that frees.
  std::uint64_t Count(PruneCut cut) {
    auto db = OpenToLook(path_);
    cut.resources = wish_.resources;
    result_.before = cut.at;
    std::map<std::int64_t, PruneCount> kinds;
    std::uint64_t freed = 0;
    std::int64_t after = 0;
    const std::int64_t highest =
        db->Int("SELECT coalesce(max(id), 0) FROM object");
    while (const auto object = NextObject(*db, after)) {
      after = object->id;
      if (!cut.Concerns(object->resource_id)) continue;
      const auto plan = PlanOf(*db, *object, cut, highest);
      if (!plan) continue;
      Query going(*db,
                  "SELECT count(*), coalesce(sum(length(b.data)), 0) "
                  "FROM revision v INDEXED BY revision_object "
                  "LEFT JOIN body b ON b.seq = v.seq WHERE v.object_id = ? "
                  "AND v.seq <= ? AND v.changed_at < ?");
      if (!going.Bind(object->id, plan->last, plan->before).Step()) continue;
      PruneCount& kind = kinds[object->resource_id];
      kind.resource_id = object->resource_id;
      kind.revisions += going.Int(0);
      kind.bytes += going.Int(1);
      kind.objects += plan->whole ? 1 : 0;
      freed += static_cast<std::uint64_t>(going.Int(1)) +
               static_cast<std::uint64_t>(going.Int(0)) * kRowBytes;
    }
    result_.kinds.clear();
    for (const auto& [id, kind] : kinds) result_.kinds.push_back(kind);
    return freed;
  }

  const std::string path_;
  const PruneWish wish_;
  PruneEstimate result_;
};

}  // namespace

Status CheckWish(const PruneWish& wish) {
  const int bounds =
      (wish.before ? 1 : 0) + (wish.keep ? 1 : 0) + (wish.max_bytes ? 1 : 0);
  if (bounds != 1) {
    return Error(Code::kInvalid,
                 "a prune needs one bound: a time, a number of revisions, or "
                 "a size");
  }
  if (wish.keep && *wish.keep < 1) {
    return Error(Code::kInvalid,
                 "a prune keeps at least one revision of each object");
  }
  return {};
}

Result<PruneEstimate> EstimatePrune(const std::string& path,
                                    const PruneWish& wish) {
  if (Status wanted = CheckWish(wish); !wanted.ok()) return wanted.error();
  {
    // Says what is wrong with a file that cannot be asked.
    const auto reader = Reader::Open(path);
    if (!reader.ok()) return reader.error();
  }
  try {
    if (OpenToLook(path)->Int(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'pruned'") == 0) {
      return Error(Code::kUnsupported,
                   fmt::format("{}: no recorder of this version has opened it "
                               "yet: start one first",
                               path));
    }
    return Estimate(path, wish).Run();
  } catch (const std::exception& exception) {
    return ErrorFrom(exception, path, nullptr);
  }
}

}  // namespace kubescribe::store
