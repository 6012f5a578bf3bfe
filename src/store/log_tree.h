// LogTree: the Merkle tree of a file, in tiles (schema/formats/log.md). Private
// to store.
//
//   LogTree tree(db);
//   tree.Add(leaf_hash);   // within a transaction, in order of seq
//   tree.Put();            // the last thing in it
//
// In memory are only the partial tiles, one a level: 8 KiB at the most. Whoever
// rolls a transaction back throws the tree away. Throws SQLite::Exception,
// std::runtime_error where the tiles contradict themselves. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "store/db.h"
#include "store/leaf.h"

namespace kubescribe::store {

inline constexpr std::int64_t kTileWidth = 256;

class LogTree {
 public:
  // As the file has it.
  explicit LogTree(Db& db);

  // How many leaves there are.
  std::int64_t size() const { return size_; }

  void Add(const LogHash& leaf);
  // Writes the partial tiles that changed.
  void Put();

  // The root of the tree as it is; of no leaves, SHA-256 of nothing.
  LogHash Root();
  // As it was at `size`, by the tiles; none: they do not reach so far.
  std::optional<LogHash> RootAt(std::int64_t size);

 private:
  struct Level {
    std::int64_t full = 0;  // full tiles
    std::vector<LogHash> partial;
    bool changed = false;
  };
  std::vector<LogHash> Read(std::int64_t level, std::int64_t place);
  void Write(std::int64_t level, std::int64_t place,
             const std::vector<LogHash>& hashes);
  void AddTo(std::size_t level, const LogHash& hash);
  // Puts the subtrees of a partial tile to the left of what is there.
  void Fold(std::span<const LogHash> partial, std::optional<LogHash>& root);
  LogHash RootOf(std::span<const LogHash> hashes);

  Db& db_;
  LeafMaker hasher_;
  std::int64_t size_ = 0;
  std::vector<Level> levels_;
};

// The leaves' hashes as the tiles have them, for readers.
class LeafHashes {
 public:
  explicit LeafHashes(Db& db) : db_(db) {}
  // None: it has none.
  std::optional<LogHash> Of(Seq seq);
  // How many leaves the log has; 0 where the file is of before the log.
  std::int64_t Size();

 private:
  Db& db_;
  // The tile looked at last.
  std::int64_t place_ = -1;
  std::string hashes_;
};

}  // namespace kubescribe::store
