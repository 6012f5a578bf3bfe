#include "store/body_writer.h"

#include <optional>

#include "base/test_switches.h"
#include "codec/digest.h"
#include "store/body_reader.h"

namespace kubescribe::store {

void BodyWriter::PutRevision(Seq seq, std::int64_t object_id,
                             std::string_view raw, bool gone, Micros now) {
  if (raw.empty()) {
    if (gone) bases_.Erase(object_id);
    return;
  }
  const BodyCache::Body* base = bases_.Find(object_id);
  int depth = 0;
  if (base != nullptr && base->depth + 1 < kKeyframeEvery &&
      base->bytes.size() + raw.size() <= codec::kLargestDelta) {
    Insert(seq, Encoding::kDelta, raw, compressor_.Delta(raw, base->bytes), 0,
           base->seq);
    depth = base->depth + 1;
    KUBESCRIBE_KILL_POINT("body.delta");
  } else {
    PutKeyframe(seq, raw, now);
    KUBESCRIBE_KILL_POINT("body.keyframe");
  }
  if (gone) {
    bases_.Erase(object_id);
  } else {
    bases_.Put(object_id, seq, depth, raw);
  }
}

void BodyWriter::PutAlone(Seq seq, std::string_view raw, Micros now) {
  if (raw.empty()) return;
  PutKeyframe(seq, raw, now);
}

void BodyWriter::Rewrite(Seq seq, std::string_view raw, Micros now) {
  const auto dictionary = dictionaries_.Current(now);
  const std::string_view data = compressor_.Compress(raw, *dictionary);
  Query(db_,
        "UPDATE body SET encoding = ?, dictionary = ?, base = NULL, data = ? "
        "WHERE seq = ?")
      .Bind(static_cast<int>(Encoding::kDictionary),
            static_cast<std::int64_t>(dictionary->id()), codec::AsBytes(data),
            seq)
      .Run();
}

void BodyWriter::Removed(std::int64_t object_id, Seq seq) {
  bases_.EraseIf(object_id, seq);
}

void BodyWriter::PutKeyframe(Seq seq, std::string_view raw, Micros now) {
  const auto dictionary = dictionaries_.Current(now);
  Insert(seq, Encoding::kDictionary, raw,
         compressor_.Compress(raw, *dictionary), dictionary->id(), 0);
}

void BodyWriter::Insert(Seq seq, Encoding encoding, std::string_view raw,
                        std::string_view data, std::int64_t dictionary,
                        Seq base) {
  const auto some = [](std::int64_t value) {
    return value == 0 ? std::nullopt : std::optional<std::int64_t>(value);
  };
  Query(db_,
        "INSERT INTO body (seq, encoding, raw_size, dictionary, base, data) "
        "VALUES (?, ?, ?, ?, ?, ?)")
      .Bind(seq, static_cast<int>(encoding),
            static_cast<std::int64_t>(raw.size()), some(dictionary), some(base),
            codec::AsBytes(data))
      .Run();
}

}  // namespace kubescribe::store
