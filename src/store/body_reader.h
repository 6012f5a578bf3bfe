// BodyReader: the bytes of rows of `body`, whatever they build on
// (schema/formats/body.md). Private to store.
//
// A chain is walked down to its keyframe, or to a body that the cache still
// has, and decoded upwards once: revisions of an object that are read in order
// of seq cost one step each. At most kLongestChain rows are read for one body.
//
// One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/zstd.h"
#include "store/body_cache.h"
#include "store/db.h"
#include "store/dictionaries.h"

namespace kubescribe::store {

// Rows that a reader follows.
inline constexpr int kLongestChain = 64;
// Rows of a chain that a writer makes. Of a Pod a keyframe takes 60 to 110
// bytes more than a delta, and less of the writer's time; each row of a chain
// costs whoever lists a past state a look somewhere in the file and some
// microseconds.
inline constexpr int kKeyframeEvery = 8;

class BodyReader {
 public:
  // `cache` by seq; may be null.
  BodyReader(Db& db, std::shared_ptr<BodyCache> cache)
      : db_(db), dictionaries_(db), cache_(std::move(cache)) {}
  ~BodyReader() { PutAway(); }
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // None: there is no row. Throws std::runtime_error, which says what is wrong
  // and with which record, and SQLite::Exception.
  std::optional<std::string> Read(Seq seq);
  // The same without a copy; null: there is no row. Valid until the next call.
  const std::string* View(Seq seq);

  // What was read last is not kept: nothing builds on it, as on the last
  // revision of an object.
  void Drop();

  // The records after `after` up to `to` will be asked for in order of seq, and
  // are read in one pass over the table. Ends with the next, or EndScan: before
  // the connection is closed, and before what others write is to be seen.
  void Scan(Seq after, Seq to);
  // Answers how many rows there were in all, asked for or not.
  std::int64_t EndScan();

 private:
  struct Row {
    Seq seq = 0;
    std::int64_t encoding = 0;
    std::size_t raw_size = 0;
    std::int64_t dictionary = 0;
    Seq base = 0;
    // Empty where the row is the scan's, which has it.
    std::string own;
    std::string_view scanned;

    std::string_view data() const { return own.empty() ? scanned : own; }
  };
  std::optional<Row> Fetch(Seq seq);
  // Passes on to the row of that seq. False: it is none of the scan.
  bool ScanTo(Seq seq);
  // The same to the next row; without one the scan is over.
  bool StepScan();
  static Row ToRow(const Query& query);
  // Files of before deltas have no such columns.
  bool HasLinks();
  // `room` as that of ApplyDelta.
  std::string Decode(const Row& row, std::string_view base, std::string room);
  // What was read last goes into the cache.
  void PutAway();

  Db& db_;
  Dictionaries dictionaries_;
  std::shared_ptr<BodyCache> cache_;
  codec::Decompressor decompressor_;
  std::optional<bool> has_links_;
  std::unique_ptr<Query> scan_;
  std::int64_t scanned_ = 0;  // rows of it so far
  Seq scan_at_ = 0;           // the row that it is at; 0: before the first
  std::vector<Row> chain_;    // while one is read; from the top down
  // What was read last. It goes into the cache when the next one is asked for,
  // so that it need not be copied to be looked at.
  BodyCache::Body last_;
  std::string spare_;  // memory for the next one
};

}  // namespace kubescribe::store
