// Leaves of the log as the writer makes them (schema/formats/log.md). Private
// to store; src/verify has a decoder of its own.
//
//   LeafMaker leaves;
//   const codec::Sha256Digest hash = leaves.Revision(leaf);
//
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "codec/digest.h"
#include "store/types.h"

namespace kubescribe::store {

static_assert(std::is_same_v<LogHash, codec::Sha256Digest>);

// What a leaf covers of a revision; views of whoever has it.
struct RevisionLeaf {
  Seq seq = 0;
  std::int64_t epoch = 0;
  std::int64_t event = 0;
  std::int64_t source = 0;
  std::int64_t evidence = 0;
  std::int64_t late = 0;
  std::int64_t body_kind = 0;
  Micros recorded_at = 0;
  Micros changed_at = 0;
  std::optional<Micros> not_before;
  std::string_view rv;
  std::string_view list_rv;
  std::string_view api_version;
  std::string_view group;
  std::string_view resource;
  std::string_view name_space;
  std::string_view name;
  std::string_view uid;
  const StreamKey* stream = nullptr;
  std::span<const std::uint8_t> salt;
  std::string_view body;  // as it reads back; "" where there is none
};

// The same of any other record.
struct RecordLeaf {
  Seq seq = 0;
  Micros recorded_at = 0;
  std::string_view kind;
  std::string_view detail;
  const StreamKey* stream = nullptr;  // null: of the whole file
  std::span<const std::uint8_t> salt;
  std::string_view payload;
};

class LeafMaker {
 public:
  LogHash Of(const RevisionLeaf& leaf);
  LogHash Of(const RecordLeaf& leaf);
  // Of two neighbours, the node above them.
  LogHash Node(const LogHash& left, const LogHash& right);

 private:
  LogHash Commitment(std::span<const std::uint8_t> salt, std::string_view body);
  LogHash Finish(const LogHash& commitment);
  void Number(std::int64_t value);
  void Text(std::string_view text);
  void Stream(const StreamKey& key);

  codec::Sha256 sha_;
  std::string input_;
};

}  // namespace kubescribe::store
