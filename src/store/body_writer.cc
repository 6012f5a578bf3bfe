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
    Insert(seq, raw, Delta(seq, raw, *base));
    depth = base->depth + 1;
    KUBESCRIBE_KILL_POINT("body.delta");
  } else {
    Insert(seq, raw, Keyframe(raw, now));
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
  const auto dictionary = dictionaries_.Current(now);
  Insert(seq, raw,
         {Encoding::kDictionary, compressor_.Compress(raw, *dictionary),
          dictionary->id(), 0});
}

void BodyWriter::Rewrite(Seq seq, std::string_view raw, Micros now) {
  const Encoded keyframe = Keyframe(raw, now);
  Query(db_,
        "UPDATE body SET encoding = ?, dictionary = ?, base = NULL, data = ? "
        "WHERE seq = ?")
      .Bind(static_cast<int>(keyframe.encoding), keyframe.dictionary,
            codec::AsBytes(keyframe.data), seq)
      .Run();
}

void BodyWriter::Removed(std::int64_t object_id, Seq seq) {
  bases_.EraseIf(object_id, seq);
}

BodyWriter::Encoded BodyWriter::Keyframe(std::string_view raw, Micros now) {
  const auto dictionary = dictionaries_.Current(now);
  if (const auto bare = compressor_.CompressBare(raw, *dictionary)) {
    return {Encoding::kBareDictionary, *bare, dictionary->id(), 0};
  }
  return {Encoding::kDictionary, compressor_.Compress(raw, *dictionary),
          dictionary->id(), 0};
}

BodyWriter::Encoded BodyWriter::Delta(Seq seq, std::string_view raw,
                                      const BodyCache::Body& base) {
  if (const auto bare = compressor_.DeltaBare(raw, base.bytes)) {
    return {Encoding::kBareDelta, *bare, 0, seq - base.seq};
  }
  return {Encoding::kDelta, compressor_.Delta(raw, base.bytes), 0, base.seq};
}

void BodyWriter::Insert(Seq seq, std::string_view raw, const Encoded& encoded) {
  const auto some = [](std::int64_t value) {
    return value == 0 ? std::nullopt : std::optional<std::int64_t>(value);
  };
  Query(db_,
        "INSERT INTO body (seq, encoding, raw_size, dictionary, base, data) "
        "VALUES (?, ?, ?, ?, ?, ?)")
      .Bind(seq, static_cast<int>(encoded.encoding),
            static_cast<std::int64_t>(raw.size()), some(encoded.dictionary),
            some(encoded.base), codec::AsBytes(encoded.data))
      .Run();
}

}  // namespace kubescribe::store
