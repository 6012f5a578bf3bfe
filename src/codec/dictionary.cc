#include "codec/dictionary.h"

#include <fmt/format.h>
#include <zdict.h>
#include <zstd.h>

#include <new>
#include <numeric>
#include <utility>

namespace kubescribe::codec {
namespace {

// RFC 8878 section 5: a dictionary begins with a magic number and its id, both
// little-endian.
constexpr std::size_t kIdAt = 4;

}  // namespace

Dictionary::Dictionary(std::string bytes, std::uint32_t id)
    : bytes_(std::move(bytes)), id_(id) {}

Dictionary::~Dictionary() {
  ZSTD_freeCDict(compression_);
  ZSTD_freeDDict(decompression_);
}

Result<std::shared_ptr<const Dictionary>> Dictionary::Load(std::string bytes) {
  const std::uint32_t id = ZDICT_getDictID(bytes.data(), bytes.size());
  // The size of its header is known only when all tables in it are sound.
  if (id == 0 ||
      ZDICT_isError(ZDICT_getDictHeaderSize(bytes.data(), bytes.size())) != 0) {
    return Error(Code::kCorruption, "not a zstd dictionary");
  }
  return std::shared_ptr<const Dictionary>(
      std::make_shared<Dictionary>(std::move(bytes), id));
}

const ZSTD_CDict_s* Dictionary::ForCompression() const {
  std::call_once(compression_once_, [this] {
    compression_ = ZSTD_createCDict(bytes_.data(), bytes_.size(), kLevel);
  });
  if (compression_ == nullptr) throw std::bad_alloc();
  return compression_;
}

const ZSTD_DDict_s* Dictionary::ForDecompression() const {
  std::call_once(decompression_once_, [this] {
    decompression_ = ZSTD_createDDict(bytes_.data(), bytes_.size());
  });
  if (decompression_ == nullptr) throw std::bad_alloc();
  return decompression_;
}

Result<std::string> TrainDictionary(std::vector<std::string> samples,
                                    std::size_t size, std::uint32_t id) {
  std::vector<std::size_t> sizes;
  std::string all;
  std::size_t total = 0;
  for (const std::string& sample : samples) total += sample.size();
  all.reserve(total);
  for (std::string& sample : samples) {
    sizes.push_back(sample.size());
    all += sample;
    std::string().swap(sample);  // or all would be there twice
  }
  std::string dictionary(size, '\0');
  const std::size_t got =
      ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), all.data(),
                            sizes.data(), static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(got) != 0) {
    return Error(Code::kInvalid,
                 fmt::format("no dictionary comes of {} samples: {}",
                             samples.size(), ZDICT_getErrorName(got)));
  }
  dictionary.resize(got);
  if (got < kIdAt + 4)
    return Error(Code::kInvalid, "no dictionary comes of it");
  for (std::size_t i = 0; i < 4; ++i) {
    dictionary[kIdAt + i] = static_cast<char>(id >> (8 * i) & 0xffU);
  }
  return dictionary;
}

}  // namespace kubescribe::codec
