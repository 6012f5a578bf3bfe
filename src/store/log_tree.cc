#include "store/log_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/test_switches.h"

namespace kubescribe::store {
namespace {

constexpr std::size_t kHashSize = sizeof(LogHash);

LogHash HashAt(std::string_view hashes, std::size_t index) {
  LogHash hash{};
  std::memcpy(hash.data(), hashes.data() + index * kHashSize, kHashSize);
  return hash;
}

std::int64_t Leaves(Db& db) {
  Query last(db,
             "SELECT place, length(hashes) FROM tile WHERE level = 0 "
             "ORDER BY place DESC LIMIT 1");
  if (!last.Step()) return 0;
  return last.Int(0) * kTileWidth +
         last.Int(1) / static_cast<std::int64_t>(kHashSize);
}

}  // namespace

LogTree::LogTree(Db& db) : db_(db), size_(Leaves(db)) {
  std::int64_t hashes = size_;
  for (std::int64_t level = 0; hashes > 0; ++level, hashes /= kTileWidth) {
    Level& one = levels_.emplace_back();
    one.full = hashes / kTileWidth;
    const auto partial = static_cast<std::size_t>(hashes % kTileWidth);
    if (partial == 0) continue;
    one.partial = Read(level, one.full);
    if (one.partial.size() < partial) {
      throw std::runtime_error(fmt::format(
          "tile {} of level {} of the log is cut short", one.full, level));
    }
    one.partial.resize(partial);
  }
}

std::vector<LogHash> LogTree::Read(std::int64_t level, std::int64_t place) {
  Query row(db_, "SELECT hashes FROM tile WHERE level = ? AND place = ?");
  std::vector<LogHash> hashes;
  if (!row.Bind(level, place).Step()) return hashes;
  const std::string_view blob = row.Blob(0);
  for (std::size_t i = 0; i < blob.size() / kHashSize; ++i) {
    hashes.push_back(HashAt(blob, i));
  }
  return hashes;
}

void LogTree::Write(std::int64_t level, std::int64_t place,
                    const std::vector<LogHash>& hashes) {
  const std::span<const std::uint8_t> blob(hashes.front().data(),
                                           hashes.size() * kHashSize);
  Query(db_,
        "INSERT INTO tile (level, place, hashes) VALUES (?, ?, ?) "
        "ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes")
      .Bind(level, place, blob)
      .Run();
}

void LogTree::AddTo(std::size_t level, const LogHash& hash) {
  if (level == levels_.size()) levels_.emplace_back();
  Level* one = &levels_[level];
  one->partial.push_back(hash);
  one->changed = true;
  if (one->partial.size() < static_cast<std::size_t>(kTileWidth)) return;
  Write(static_cast<std::int64_t>(level), one->full, one->partial);
  KUBESCRIBE_KILL_POINT("log.tile");
  const LogHash root = RootOf(one->partial);
  one->partial.clear();
  one->changed = false;
  ++one->full;
  AddTo(level + 1, root);
}

void LogTree::Add(const LogHash& leaf) {
  AddTo(0, leaf);
  ++size_;
}

void LogTree::Put() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    Level& one = levels_[level];
    if (!one.changed || one.partial.empty()) continue;
    Write(static_cast<std::int64_t>(level), one.full, one.partial);
    one.changed = false;
    KUBESCRIBE_KILL_POINT("log.partial");
  }
}

LogHash LogTree::RootOf(std::span<const LogHash> hashes) {
  std::vector<LogHash> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = hasher_.Node(row[2 * i], row[2 * i + 1]);
    }
    row.resize(row.size() / 2);
  }
  return row.front();
}

void LogTree::Fold(std::span<const LogHash> partial,
                   std::optional<LogHash>& root) {
  while (!partial.empty()) {
    // The rightmost subtree is the smallest: as large as the lowest bit says.
    const std::size_t width = std::size_t{1}
                              << std::countr_zero(partial.size());
    const LogHash left = RootOf(partial.last(width));
    root = root ? hasher_.Node(left, *root) : left;
    partial = partial.first(partial.size() - width);
  }
}

LogHash LogTree::Root() {
  std::optional<LogHash> root;
  for (const Level& level : levels_) Fold(level.partial, root);
  return root.value_or(codec::Sha256Of(""));
}

std::optional<LogHash> LogTree::RootAt(std::int64_t size) {
  if (size < 0 || size > size_) return std::nullopt;
  std::optional<LogHash> root;
  std::int64_t hashes = size;
  for (std::int64_t level = 0; hashes > 0; ++level, hashes /= kTileWidth) {
    const auto partial = static_cast<std::size_t>(hashes % kTileWidth);
    if (partial == 0) continue;
    std::vector<LogHash> tile = Read(level, hashes / kTileWidth);
    if (tile.size() < partial) return std::nullopt;
    Fold(std::span<const LogHash>(tile).first(partial), root);
  }
  return root.value_or(codec::Sha256Of(""));
}

std::int64_t LeafHashes::Size() {
  const bool logged =
      db_.Int("SELECT count(*) FROM sqlite_schema WHERE name = 'tile'") != 0;
  return logged ? Leaves(db_) : 0;
}

std::optional<LogHash> LeafHashes::Of(Seq seq) {
  const std::int64_t leaf = seq - 1;
  if (leaf < 0) return std::nullopt;
  const auto index = static_cast<std::size_t>(leaf % kTileWidth);
  if (place_ != leaf / kTileWidth || hashes_.size() < (index + 1) * kHashSize) {
    Query row(db_, "SELECT hashes FROM tile WHERE level = 0 AND place = ?");
    place_ = leaf / kTileWidth;
    hashes_.clear();
    if (row.Bind(place_).Step()) hashes_ = row.Blob(0);
  }
  if (hashes_.size() < (index + 1) * kHashSize) return std::nullopt;
  return HashAt(hashes_, index);
}

}  // namespace kubescribe::store
