#include "store/body_reader.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace kubescribe::store {
namespace {

// SQLite holds no larger blob, and nothing larger is recorded.
constexpr std::int64_t kLargestBody = std::int64_t{1} << 30;

}  // namespace

bool BodyReader::HasLinks() {
  if (!has_links_) {
    has_links_ = db_.Int(
                     "SELECT count(*) FROM pragma_table_info('body') "
                     "WHERE name = 'base'") != 0;
  }
  return *has_links_;
}

std::optional<BodyReader::Row> BodyReader::Fetch(Seq seq) {
  Query query(
      db_, HasLinks()
               ? "SELECT encoding, raw_size, dictionary, base, data FROM body "
                 "WHERE seq = ?"
               : "SELECT encoding, raw_size, NULL, NULL, data FROM body "
                 "WHERE seq = ?");
  if (!query.Bind(seq).Step()) return std::nullopt;
  const std::int64_t raw_size = query.Int(1);
  if (raw_size < 0 || raw_size > kLargestBody) {
    throw std::runtime_error(
        fmt::format("record {} is said to have {} bytes", seq, raw_size));
  }
  return Row{seq,
             query.Int(0),
             static_cast<std::size_t>(raw_size),
             query.OptionalInt(2).value_or(0),
             query.OptionalInt(3).value_or(0),
             std::string(query.Blob(4))};
}

std::string BodyReader::Decode(const Row& row, const std::string& base) {
  Result<std::string> raw = [&]() -> Result<std::string> {
    switch (row.encoding) {
      case static_cast<std::int64_t>(Encoding::kZstd):
        return decompressor_.Decompress(row.data, row.raw_size);
      case static_cast<std::int64_t>(Encoding::kDictionary):
        return decompressor_.Decompress(row.data, row.raw_size,
                                        dictionaries_.Get(row.dictionary));
      case static_cast<std::int64_t>(Encoding::kDelta):
        return decompressor_.ApplyDelta(row.data, row.raw_size, base);
      default:
        return Error(Code::kCorruption,
                     fmt::format("unknown encoding {}", row.encoding));
    }
  }();
  if (!raw.ok()) {
    throw std::runtime_error(
        fmt::format("record {}: {}", row.seq, raw.error().message()));
  }
  if (raw->size() != row.raw_size) {
    throw std::runtime_error(
        fmt::format("record {}: {} bytes where {} are said", row.seq,
                    raw->size(), row.raw_size));
  }
  return *std::move(raw);
}

std::optional<std::string> BodyReader::Read(Seq seq) {
  std::vector<Row> chain;  // from `seq` down
  std::string bytes;       // of what the last row in it builds on
  Seq below = 0;
  int depth = -1;
  for (Seq next = seq;;) {
    std::optional<Row> row = Fetch(next);
    if (!row) {
      if (chain.empty()) return std::nullopt;
      throw std::runtime_error(
          fmt::format("record {} builds on record {}, which is missing",
                      chain.back().seq, next));
    }
    const bool delta =
        row->encoding == static_cast<std::int64_t>(Encoding::kDelta);
    next = row->base;
    chain.push_back(*std::move(row));
    if (!delta) break;
    // So that no chain comes back to where it was.
    if (next <= 0 || next >= chain.back().seq) {
      throw std::runtime_error(
          fmt::format("record {} builds on record {}", chain.back().seq, next));
    }
    const BodyCache::Body* known =
        cache_ == nullptr ? nullptr : cache_->Find(next);
    if (known != nullptr) {
      bytes = known->bytes;
      depth = known->depth;
      below = next;
      break;
    }
    if (chain.size() >= kLongestChain) {
      throw std::runtime_error(fmt::format(
          "record {} builds on more than {} others", seq, kLongestChain));
    }
  }
  for (; !chain.empty(); chain.pop_back(), ++depth) {
    bytes = Decode(chain.back(), bytes);
  }
  if (cache_ != nullptr) {
    // In order of seq the next one builds on this one.
    if (below != 0) cache_->Erase(below);
    cache_->Put(seq, seq, depth, bytes);
  }
  return bytes;
}

}  // namespace kubescribe::store
