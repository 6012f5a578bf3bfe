#include "store/leaf.h"

#include <algorithm>
#include <array>

namespace kubescribe::store {
namespace {

// RFC 6962, section 2.1.
constexpr char kLeafPrefix = '\x00';
constexpr char kNodePrefix = '\x01';

constexpr char kLeafVersion = '\x01';
constexpr char kRevisionLeaf = '\x01';
constexpr char kRecordLeaf = '\x02';

}  // namespace

void LeafMaker::Number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) {
    input_ += static_cast<char>(bits >> shift & 0xff);
  }
}

void LeafMaker::Text(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    input_ += static_cast<char>(size >> shift & 0xff);
  }
  input_ += text;
}

void LeafMaker::Stream(const StreamKey& key) {
  for (const std::string* text : {&key.group, &key.resource, &key.name_space,
                                  &key.label_selector, &key.field_selector}) {
    Text(*text);
  }
}

LogHash LeafMaker::Commitment(std::span<const std::uint8_t> salt,
                              std::string_view body) {
  sha_.Update(salt);
  sha_.Update(body);
  return sha_.Finish();
}

LogHash LeafMaker::Finish(const LogHash& commitment) {
  sha_.Update(input_);
  sha_.Update(std::span<const std::uint8_t>(commitment));
  return sha_.Finish();
}

LogHash LeafMaker::Of(const RevisionLeaf& leaf) {
  const LogHash commitment = Commitment(leaf.salt, leaf.body);
  input_.assign({kLeafPrefix, kLeafVersion, kRevisionLeaf});
  for (const std::int64_t number :
       {leaf.seq, leaf.epoch, leaf.event, leaf.source, leaf.evidence, leaf.late,
        leaf.body_kind, leaf.recorded_at, leaf.changed_at}) {
    Number(number);
  }
  input_ += leaf.not_before ? '\x01' : '\x00';
  if (leaf.not_before) Number(*leaf.not_before);
  for (const std::string_view text :
       {leaf.rv, leaf.list_rv, leaf.api_version, leaf.group, leaf.resource,
        leaf.name_space, leaf.name, leaf.uid}) {
    Text(text);
  }
  Stream(*leaf.stream);
  return Finish(commitment);
}

LogHash LeafMaker::Of(const RecordLeaf& leaf) {
  const LogHash commitment = Commitment(leaf.salt, leaf.payload);
  input_.assign({kLeafPrefix, kLeafVersion, kRecordLeaf});
  Number(leaf.seq);
  Number(leaf.recorded_at);
  Text(leaf.kind);
  Text(leaf.detail);
  input_ += leaf.stream != nullptr ? '\x01' : '\x00';
  if (leaf.stream != nullptr) Stream(*leaf.stream);
  return Finish(commitment);
}

LogHash LeafMaker::Node(const LogHash& left, const LogHash& right) {
  std::array<std::uint8_t, 65> input{};
  input[0] = static_cast<std::uint8_t>(kNodePrefix);
  std::copy(left.begin(), left.end(), input.begin() + 1);
  std::copy(right.begin(), right.end(), input.begin() + 33);
  sha_.Update(std::span<const std::uint8_t>(input));
  return sha_.Finish();
}

}  // namespace kubescribe::store
