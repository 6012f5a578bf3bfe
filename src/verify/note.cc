#include "verify/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "codec/digest.h"

namespace kubescribe::verify {
namespace {

constexpr std::string_view kDash = "\u2014 ";
constexpr char kEd25519 = '\x01';
constexpr std::size_t kKeySize = 32;

// Lines, each with its number.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool AtEnd() const { return rest_.empty(); }
  int number() const { return number_; }
  std::string_view Peek() const { return rest_.substr(0, rest_.find('\n')); }
  // None: no line break ends it.
  std::optional<std::string_view> Next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return line;
  }

 private:
  std::string_view rest_;
  int number_ = 1;  // of the next
};

std::optional<NoteSignature> ParseSignature(std::string_view line) {
  line.remove_prefix(kDash.size());
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  const auto bytes = codec::Base64Decode(line.substr(space + 1));
  NoteSignature signature;
  if (!bytes ||
      bytes->size() != signature.key_id.size() + signature.signature.size()) {
    return std::nullopt;
  }
  signature.name = line.substr(0, space);
  std::copy_n(bytes->begin(), signature.key_id.size(),
              signature.key_id.begin());
  std::copy(bytes->begin() + static_cast<int>(signature.key_id.size()),
            bytes->end(), signature.signature.begin());
  return signature;
}

// The text's lines, up to the blank one.
bool ParseText(Lines& lines, Note& note) {
  const auto origin = lines.Next();
  const auto size = lines.Next();
  const auto root = lines.Next();
  if (!origin || origin->empty() || !size || !root) return false;
  const auto parsed =
      std::from_chars(size->data(), size->data() + size->size(), note.size);
  const auto hash = codec::Base64Decode(*root);
  if (parsed.ec != std::errc() || parsed.ptr != size->data() + size->size() ||
      note.size < 0 || fmt::format("{}", note.size) != *size || !hash ||
      hash->size() != note.root.size()) {
    return false;
  }
  std::copy(hash->begin(), hash->end(), note.root.begin());
  note.origin = *origin;
  note.text = fmt::format("{}\n{}\n{}\n", *origin, *size, *root);
  // Lines that this program does not know are signed too.
  while (true) {
    const auto line = lines.Next();
    if (!line) return false;
    if (line->empty()) return true;
    note.text += std::string(*line) + "\n";
  }
}

std::array<std::uint8_t, 4> KeyIdOf(const std::string& name,
                                    const codec::Ed25519Public& key) {
  codec::Sha256 sha;
  sha.Update(name);
  sha.Update(std::string_view("\n\x01", 2));
  sha.Update(std::span<const std::uint8_t>(key));
  const codec::Sha256Digest digest = sha.Finish();
  return {digest[0], digest[1], digest[2], digest[3]};
}

}  // namespace

Result<std::vector<Note>> ParseNotes(std::string_view text) {
  std::vector<Note> notes;
  Lines lines(text);
  while (!lines.AtEnd()) {
    if (lines.Peek().empty()) {
      lines.Next();
      continue;
    }
    const int first = lines.number();
    Note note;
    bool good = ParseText(lines, note);
    bool any = false;
    while (good && !lines.AtEnd() && lines.Peek().starts_with(kDash)) {
      const auto line = lines.Next();
      good = line.has_value();
      any = true;
      if (!good) break;
      if (auto signature = ParseSignature(*line)) {
        note.signatures.push_back(std::move(*signature));
      }
    }
    if (!good || !any) {
      return Error(
          Code::kInvalid,
          fmt::format("what begins in line {} is no whole checkpoint", first));
    }
    notes.push_back(std::move(note));
  }
  if (notes.empty()) return Error(Code::kInvalid, "no checkpoint is in it");
  return notes;
}

Result<codec::Ed25519Public> ParsePublicKey(std::string_view text) {
  const Error bad(Code::kInvalid,
                  "a public key is NAME+ID+BASE64, as `kubescribe checkpoint "
                  "--public-key` prints it, or the base64 of its 32 bytes");
  codec::Ed25519Public key{};
  // The name's and the base64's own characters may be "+": the id between them
  // is of 8 hex digits.
  std::string_view name;
  std::string_view id;
  for (std::size_t at = text.find('+'); at != std::string_view::npos;
       at = text.find('+', at + 1)) {
    const std::string_view hex = text.substr(at + 1, 8);
    if (at > 0 && text.size() > at + 9 && text[at + 9] == '+' &&
        hex.find_first_not_of("0123456789abcdef") == std::string_view::npos) {
      name = text.substr(0, at);
      id = hex;
      text.remove_prefix(at + 10);
      break;
    }
  }
  auto bytes = codec::Base64Decode(text);
  if (!bytes) return bad;
  if (!id.empty()) {
    if (bytes->empty() || bytes->front() != kEd25519) return bad;
    bytes->erase(0, 1);
  }
  if (bytes->size() != kKeySize) return bad;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  if (!id.empty() && codec::Hex(std::span<const std::uint8_t>(
                         KeyIdOf(std::string(name), key))) != id) {
    return bad;
  }
  return key;
}

bool SignedBy(const Note& note, const codec::Ed25519Public& key) {
  const auto id = KeyIdOf(note.origin, key);
  return std::any_of(note.signatures.begin(), note.signatures.end(),
                     [&](const NoteSignature& one) {
                       return one.name == note.origin && one.key_id == id &&
                              codec::Ed25519Verify(key, note.text,
                                                   one.signature);
                     });
}

}  // namespace kubescribe::verify
