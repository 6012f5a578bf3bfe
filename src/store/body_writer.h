// BodyWriter: how the bodies of one file are stored (schema/formats/body.md).
// Private to store.
//
// A body is a delta against the object's newest stored one, and every 8th, and
// the first, a keyframe with the file's newest dictionary. The bytes of the
// base come from a cache by object, bounded in bytes. What is in it is stored,
// or is being stored by this same transaction: when one fails, all of it is
// forgotten (Forget), and what is removed is taken out (Removed).
//
// On a miss a keyframe is written instead of reading the base back. Measured
// on churn of Pods of 5.7 KB (26 740 revisions of 5 187 Pods): a delta takes
// 150 bytes, a keyframe 160 to 350, by how much the dictionary knows; it takes
// 16 us. Reading a base back takes 20 to 28 us where all of it is in memory,
// and else up to 8 reads all over the file while the writer holds its
// transaction, and then comes the delta. Where the cache holds two thirds of
// what lives, 9 % of the lookups miss, and a revision takes 404 bytes in all
// instead of 386; where it holds a tenth, 19 % and 428. That much of the disk
// buys that no recording waits for reads.
//
// Throws SQLite::Exception, std::runtime_error where a dictionary is damaged.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "codec/zstd.h"
#include "store/body_cache.h"
#include "store/db.h"
#include "store/dictionaries.h"
#include "store/types.h"

namespace kubescribe::store {

class BodyWriter {
 public:
  // Of Pods of 5.7 KB level 3 makes deltas of 165 bytes in 11 us, 4 of 153 in
  // 16 us, 5 of 148 in 22 us; those above gain nothing. The time is a fiftieth
  // of all that a revision takes, the bytes as much of its room.
  static constexpr int kLevel = 3;
  static constexpr int kDeltaLevel = 5;

  BodyWriter(Db& db, std::size_t cache_bytes)
      : db_(db), dictionaries_(db), bases_(cache_bytes) {}

  // The body of a revision of an object; nothing where it has none. `gone`: no
  // revision is expected to follow.
  void PutRevision(Seq seq, std::int64_t object_id, std::string_view raw,
                   bool gone, Micros now);
  // What stands alone: the payload of a record, a stub.
  void PutAlone(Seq seq, std::string_view raw, Micros now);
  // A stored body of a revision becomes a keyframe: what it builds on goes.
  void Rewrite(Seq seq, std::string_view raw, Micros now);
  // The row is gone: nothing is stored against it any more.
  void Removed(std::int64_t object_id, Seq seq);
  // What was stored since the last commit is gone again.
  void Forget() {
    bases_.Clear();
    dictionaries_.Forget();
  }

  Dictionaries& dictionaries() { return dictionaries_; }

 private:
  // What `data` is in a row, and with what it is read.
  struct Encoded {
    Encoding encoding = Encoding::kDictionary;
    std::string_view data;
    std::int64_t dictionary = 0;  // 0: none
    std::int64_t base = 0;        // as the row has it; 0: none
  };
  Encoded Keyframe(std::string_view raw, Micros now);
  Encoded Delta(Seq seq, std::string_view raw, const BodyCache::Body& base);
  void Insert(Seq seq, std::string_view raw, const Encoded& encoded);

  Db& db_;
  Dictionaries dictionaries_;
  codec::Compressor compressor_{kLevel, kDeltaLevel};
  BodyCache bases_;
};

}  // namespace kubescribe::store
