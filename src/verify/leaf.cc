#include "verify/leaf.h"

#include <array>
#include <cstring>

namespace kubescribe::verify {
namespace {

// Bytes that wait at most: they are still in the processor's cache then.
constexpr std::size_t kBatch = std::size_t{128} << 10;
// Memory that is not kept for the next ones.
constexpr std::size_t kLargestKept = std::size_t{1} << 20;

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

void AppendText(std::string& text, std::string_view bytes) {
  Append(text, static_cast<std::uint32_t>(bytes.size()));
  text += bytes;
}

}  // namespace

LeafTexts LeafTextsOf(const store::Query& row) {
  LeafTexts texts;
  for (int column = 0; column < kTexts; ++column) {
    AppendText(texts, row.Blob(column));
  }
  return texts;
}

LeafTexts NoLeafTexts() {
  return LeafTexts(kTexts * sizeof(std::uint32_t), '\0');
}

void Leaves::Begin(std::string_view salt, std::string_view body, char kind) {
  waiting_.push_back({bytes_.size(), 0, 0, std::nullopt});
  bytes_ += salt;
  bytes_ += body;
  waiting_.back().text = bytes_.size();
  bytes_ += '\0';  // a leaf of RFC 6962
  bytes_ += '\1';  // the first version of what follows
  bytes_ += kind;
}

void Leaves::Int(std::int64_t value) {
  Append(bytes_, static_cast<std::uint64_t>(value));
}

void Leaves::Bytes(std::string_view bytes) { AppendText(bytes_, bytes); }

void Leaves::End() {
  bytes_.resize(bytes_.size() + sizeof(Hash));
  waiting_.back().end = bytes_.size();
  if (bytes_.size() >= kBatch) Flush();
}

void Leaves::Flush() {
  for (const Waiting& leaf : waiting_) {
    if (!leaf.known) {
      sha_.Add(
          std::string_view(bytes_).substr(leaf.body, leaf.text - leaf.body));
    }
  }
  auto commitment = sha_.Finish().begin();
  for (const Waiting& leaf : waiting_) {
    if (leaf.known) continue;
    std::memcpy(bytes_.data() + leaf.end - sizeof(Hash), commitment->data(),
                sizeof(Hash));
    ++commitment;
    sha_.Add(std::string_view(bytes_).substr(leaf.text, leaf.end - leaf.text));
  }
  auto hash = sha_.Finish().begin();
  for (const Waiting& leaf : waiting_) {
    done_(leaf.known ? *leaf.known : *hash++);
  }
  waiting_.clear();
  bytes_.clear();
  if (bytes_.capacity() > kLargestKept) bytes_ = {};
}

void Leaves::AddHash(const Hash& hash) {
  if (waiting_.empty()) return done_(hash);
  waiting_.push_back({0, 0, 0, hash});
}

void Leaves::AddRevision(const RevisionRow& row, std::string_view salt,
                         const LeafTexts& object, const LeafTexts& stream,
                         std::string_view body) {
  Begin(salt, body, '\1');
  for (const std::int64_t number :
       {row.seq, row.epoch, row.event, row.source, row.evidence, row.late,
        row.body_kind, row.recorded_at, row.changed_at}) {
    Int(number);
  }
  if (!row.not_before) {
    bytes_ += '\0';
  } else {
    bytes_ += '\1';
    Int(*row.not_before);
  }
  for (const std::string_view text : {row.rv, row.list_rv, row.api_version}) {
    Bytes(text);
  }
  bytes_ += object;
  bytes_ += stream;
  End();
}

void Leaves::AddRecord(const store::Query& row, const LeafTexts* stream,
                       std::string_view payload) {
  Begin(row.Blob(4), payload, '\2');
  Int(row.Int(0));
  Int(row.Int(1));
  Bytes(row.Blob(2));
  Bytes(row.Blob(3));
  bytes_ += stream == nullptr ? '\0' : '\1';
  if (stream != nullptr) bytes_ += *stream;
  End();
}

}  // namespace kubescribe::verify
