// The verifier's decoder of leaves: from a row, by schema/formats/log.md alone,
// to its hash. It shares no code with the writer's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/digest_batch.h"
#include "store/db.h"
#include "verify/merkle.h"
#include "verify/revisions.h"

namespace kubescribe::verify {

// Which columns AddRecord reads, in this order, from `record`.
inline constexpr const char* kRecordLeafColumns =
    "seq, recorded_at, kind, detail, salt, stream_id";

// What an id stands for, as a leaf has it: texts behind their lengths. Most
// leaves of a file name the same few, so they are put together once.
//   of an object   group, resource, namespace, name, uid
//   of a stream    group, resource, namespace, label selector, field selector
using LeafTexts = std::string;
// REQUIRES: the first kTexts columns of `row` are such texts.
inline constexpr int kTexts = 5;
LeafTexts LeafTextsOf(const store::Query& row);
// Where the id stands for nothing.
LeafTexts NoLeafTexts();

// Hashes leaves a few dozen at a time, since that takes half the time
// (codec::Sha256Batch).
class Leaves {
 public:
  // Gets the hash of each, in the order in which they came.
  using Done = std::function<void(const Hash&)>;
  explicit Leaves(Done done) : done_(std::move(done)) {}

  // `salt`: that of the row, or what it stands for.
  void AddRevision(const RevisionRow& row, std::string_view salt,
                   const LeafTexts& object, const LeafTexts& stream,
                   std::string_view body);
  // `stream` null: of the whole file.
  void AddRecord(const store::Query& row, const LeafTexts* stream,
                 std::string_view payload);
  // Of a record that is not there: what is said to be its hash.
  void AddHash(const Hash& hash);
  // Those that still wait.
  void Flush();

 private:
  // In bytes_: salt and body, then the text, then room for their digest.
  struct Waiting {
    std::size_t body = 0;
    std::size_t text = 0;
    std::size_t end = 0;
    std::optional<Hash> known;
  };
  void Begin(std::string_view salt, std::string_view body, char kind);
  void Int(std::int64_t value);
  void Bytes(std::string_view bytes);
  void End();

  Done done_;
  std::string bytes_;
  std::vector<Waiting> waiting_;
  codec::Sha256Batch sha_;
};

}  // namespace kubescribe::verify
