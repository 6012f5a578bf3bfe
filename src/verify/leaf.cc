#include "verify/leaf.h"

namespace kubescribe::verify {
namespace {

// Big-endian, as log.md has it.
template <typename T>
void Append(std::string& text, T value) {
  std::array<char, sizeof(T)> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[bytes.size() - 1 - i] = static_cast<char>(value & 0xff);
    value = static_cast<T>(value >> 8);
  }
  text.append(bytes.data(), bytes.size());
}

}  // namespace

void Leaves::Begin(char kind) {
  text_.clear();
  text_ += '\0';  // a leaf of RFC 6962
  text_ += '\1';  // the first version of what follows
  text_ += kind;
}

void Leaves::Int(std::int64_t value) {
  Append(text_, static_cast<std::uint64_t>(value));
}

void Leaves::Bytes(std::string_view bytes) {
  Append(text_, static_cast<std::uint32_t>(bytes.size()));
  text_ += bytes;
}

Hash Leaves::End(std::string_view salt, std::string_view body) {
  sha_.Update(salt);
  sha_.Update(body);
  const Hash commitment = sha_.Finish();
  sha_.Update(text_);
  sha_.Update(std::span<const std::uint8_t>(commitment));
  return sha_.Finish();
}

Hash Leaves::OfRevision(const store::Query& row, const StreamTexts& stream,
                        std::string_view body) {
  Begin('\1');
  for (int column = 0; column <= 8; ++column) Int(row.Int(column));
  if (row.IsNull(9)) {
    text_ += '\0';
  } else {
    text_ += '\1';
    Int(row.Int(9));
  }
  for (int column = 10; column <= 17; ++column) Bytes(row.Blob(column));
  for (const std::string& text : stream) Bytes(text);
  return End(row.Blob(18), body);
}

Hash Leaves::OfRecord(const store::Query& row, const StreamTexts* stream,
                      std::string_view payload) {
  Begin('\2');
  Int(row.Int(0));
  Int(row.Int(1));
  Bytes(row.Blob(2));
  Bytes(row.Blob(3));
  text_ += stream == nullptr ? '\0' : '\1';
  if (stream != nullptr) {
    for (const std::string& text : *stream) Bytes(text);
  }
  return End(row.Blob(4), payload);
}

}  // namespace kubescribe::verify
