#include "store/body_reader.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace kubescribe::store {
namespace {

// SQLite holds no larger blob, and nothing larger is recorded.
constexpr std::int64_t kLargestBody = std::int64_t{1} << 30;
// Memory that is not kept for the next body.
constexpr std::size_t kLargestSpare = std::size_t{1} << 20;

bool IsDelta(std::int64_t encoding) {
  return encoding == static_cast<std::int64_t>(Encoding::kBareDelta) ||
         encoding == static_cast<std::int64_t>(Encoding::kDelta);
}

// The seq of the body that a row builds on; 0: none. `base`: as the row has it.
Seq BaseOf(Seq seq, std::int64_t encoding, std::optional<std::int64_t> base) {
  if (!base) return 0;
  if (encoding != static_cast<std::int64_t>(Encoding::kBareDelta)) return *base;
  // Whatever stands there.
  return static_cast<Seq>(static_cast<std::uint64_t>(seq) -
                          static_cast<std::uint64_t>(*base));
}

}  // namespace

bool BodyReader::HasLinks() {
  if (!has_links_) {
    has_links_ = db_.Int(
                     "SELECT count(*) FROM pragma_table_info('body') "
                     "WHERE name = 'base'") != 0;
  }
  return *has_links_;
}

BodyReader::Row BodyReader::ToRow(const Query& query) {
  const Seq seq = query.Int(0);
  const std::int64_t raw_size = query.Int(2);
  if (raw_size < 0 || raw_size > kLargestBody) {
    throw std::runtime_error(
        fmt::format("record {} is said to have {} bytes", seq, raw_size));
  }
  const std::int64_t encoding = query.Int(1);
  return Row{seq,
             encoding,
             static_cast<std::size_t>(raw_size),
             query.OptionalInt(3).value_or(0),
             BaseOf(seq, encoding, query.OptionalInt(4)),
             {},
             query.Blob(5)};
}

void BodyReader::Scan(Seq after, Seq to) {
  scan_.reset();
  scan_ = std::make_unique<Query>(
      db_, HasLinks()
               ? "SELECT seq, encoding, raw_size, dictionary, base, data "
                 "FROM body WHERE seq > ? AND seq <= ? ORDER BY seq"
               : "SELECT seq, encoding, raw_size, NULL, NULL, data "
                 "FROM body WHERE seq > ? AND seq <= ? ORDER BY seq");
  scan_->Bind(after, to);
  scan_at_ = 0;
  scanned_ = 0;
}

bool BodyReader::StepScan() {
  if (!scan_->Step()) {
    scan_.reset();
    return false;
  }
  ++scanned_;
  scan_at_ = scan_->Int(0);
  return true;
}

std::int64_t BodyReader::EndScan() {
  while (scan_ != nullptr && StepScan()) {
  }
  return scanned_;
}

bool BodyReader::ScanTo(Seq seq) {
  if (scan_ == nullptr || seq < scan_at_ || seq <= 0) return false;
  while (scan_at_ < seq) {
    if (!StepScan()) return false;
  }
  return scan_at_ == seq;
}

std::optional<BodyReader::Row> BodyReader::Fetch(Seq seq) {
  Query query(
      db_,
      HasLinks()
          ? "SELECT seq, encoding, raw_size, dictionary, base, data FROM body "
            "WHERE seq = ?"
          : "SELECT seq, encoding, raw_size, NULL, NULL, data FROM body "
            "WHERE seq = ?");
  if (!query.Bind(seq).Step()) return std::nullopt;
  Row row = ToRow(query);
  row.own = std::exchange(row.scanned, {});
  return row;
}

std::string BodyReader::Decode(const Row& row, std::string_view base,
                               std::string room) {
  Result<std::string> raw = [&]() -> Result<std::string> {
    switch (row.encoding) {
      case static_cast<std::int64_t>(Encoding::kZstd):
        return decompressor_.Decompress(row.data(), row.raw_size);
      case static_cast<std::int64_t>(Encoding::kDictionary):
        return decompressor_.Decompress(row.data(), row.raw_size,
                                        dictionaries_.Get(row.dictionary));
      case static_cast<std::int64_t>(Encoding::kDelta):
        return decompressor_.ApplyDelta(row.data(), row.raw_size, base,
                                        std::move(room));
      case static_cast<std::int64_t>(Encoding::kBareDictionary):
        return decompressor_.DecompressBare(row.data(), row.raw_size,
                                            dictionaries_.Get(row.dictionary));
      case static_cast<std::int64_t>(Encoding::kBareDelta):
        return decompressor_.ApplyDeltaBare(row.data(), row.raw_size, base,
                                            std::move(room));
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

void BodyReader::PutAway() {
  if (last_.seq != 0 && cache_ != nullptr) {
    cache_->Keep(last_.seq, last_.seq, last_.depth, std::move(last_.bytes));
  }
  last_ = {};
}

void BodyReader::Drop() {
  spare_ = std::move(last_.bytes);
  if (spare_.capacity() > kLargestSpare) spare_ = {};
  last_ = {};
}

std::optional<std::string> BodyReader::Read(Seq seq) {
  const std::string* bytes = View(seq);
  if (bytes == nullptr) return std::nullopt;
  return *bytes;
}

const std::string* BodyReader::View(Seq seq) {
  PutAway();
  std::vector<Row>& chain = chain_;
  chain.clear();
  std::string_view base_bytes;  // what the last row in it builds on
  Seq below = 0;
  int depth = -1;
  for (Seq next = seq;;) {
    std::optional<Row> row = chain.empty() && ScanTo(next)
                                 ? std::optional<Row>(ToRow(*scan_))
                                 : Fetch(next);
    if (!row) {
      if (chain.empty()) return nullptr;
      throw std::runtime_error(
          fmt::format("record {} builds on record {}, which is missing",
                      chain.back().seq, next));
    }
    const bool delta = IsDelta(row->encoding);
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
      base_bytes = known->bytes;
      depth = known->depth;
      below = next;
      break;
    }
    if (chain.size() >= kLongestChain) {
      throw std::runtime_error(fmt::format(
          "record {} builds on more than {} others", seq, kLongestChain));
    }
  }
  std::string bytes;
  for (; !chain.empty(); chain.pop_back(), ++depth) {
    std::string next =
        Decode(chain.back(), base_bytes, std::exchange(spare_, {}));
    spare_ = std::exchange(bytes, std::move(next));
    base_bytes = bytes;
  }
  // In order of seq the next one builds on this one.
  if (below != 0) spare_ = cache_->Take(below);
  if (spare_.capacity() > kLargestSpare) spare_ = {};
  last_ = {seq, depth, std::move(bytes)};
  return &last_.bytes;
}

}  // namespace kubescribe::store
