#include "fakes/recipe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {
namespace {

// Holes by number; the names after these are numbered as they turn up.
enum Hole : std::uint8_t {
  kNoHole,
  kName,
  kNs,
  kUid,
  kRv,
  kGeneration,
  kCreated,
  kFirstField
};
constexpr std::size_t kMaxHoles = 192;

[[noreturn]] void Die(const char* what, std::string_view name) {
  std::fprintf(stderr, "template: %s '%.*s'\n", what,
               static_cast<int>(name.size()), name.data());
  std::abort();
}

class Names {
 public:
  std::uint8_t Number(std::string_view name) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at =
        std::lower_bound(names_.begin(), names_.end(), name,
                         [](const auto& entry, std::string_view key) {
                           return entry.first < key;
                         });
    if (at != names_.end() && at->first == name) return at->second;
    const std::size_t number = names_.size() + 1;
    if (number >= kMaxHoles) Die("too many names, at", name);
    names_.emplace(at, name, static_cast<std::uint8_t>(number));
    return static_cast<std::uint8_t>(number);
  }

  std::string Name(std::uint8_t number) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [name, its] : names_) {
      if (its == number) return name;
    }
    return "";
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::uint8_t>> names_{
      {"created", kCreated}, {"generation", kGeneration},
      {"name", kName},       {"ns", kNs},
      {"rv", kRv},           {"uid", kUid}};
};

Names& AllNames() {
  static Names names;
  return names;
}

void AppendRandom(std::string_view alphabet, std::uint64_t seed,
                  std::size_t size, std::string& out) {
  const std::size_t from = out.size();
  out.resize(from + size);
  std::uint64_t bits = 0;
  int left = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (left == 0) {
      // splitmix64, ten characters a number.
      seed += 0x9e3779b97f4a7c15U;
      bits = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9U;
      bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
      bits ^= bits >> 31;
      left = 10;
    }
    out[from + i] = alphabet[bits % alphabet.size()];
    bits /= 64;
    --left;
  }
}

struct Counter {
  std::size_t size = 0;
};
void Append(std::string& out, const char* data, std::size_t size) {
  out.append(data, size);
}
void Append(Counter& out, const char*, std::size_t size) { out.size += size; }
void AppendRandom(std::string_view, std::uint64_t, std::size_t size,
                  Counter& out) {
  out.size += size;
}

template <typename Number>
void Pack(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}
template <typename Number>
Number Unpack(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

}  // namespace

Template::Template(std::string text) : text_(std::move(text)) {
  std::erase(text_, '\n');
  const std::string mark = "${rv}";
  const std::size_t rv = text_.find(kRvMark);
  if (rv != std::string::npos) text_.replace(rv, sizeof(kRvMark) - 1, mark);
  std::size_t at = 0;
  while (at < text_.size()) {
    const std::size_t hole = std::min(text_.find("${", at), text_.size());
    Piece piece;
    piece.from = static_cast<std::uint32_t>(at);
    piece.size = static_cast<std::uint32_t>(hole - at);
    at = hole;
    if (hole < text_.size()) {
      const std::size_t end = text_.find('}', hole);
      piece.hole = AllNames().Number(
          std::string_view(text_).substr(hole + 2, end - hole - 2));
      at = end + 1;
    }
    pieces_.push_back(piece);
  }
}

struct Body::Slot {
  Value::Kind kind = Value::kNothing;
  const char* data = nullptr;
  std::size_t size = 0;
};

// The values of one recipe, unpacked, going into `Out`.
class Body::Filler {
 public:
  Filler(const ObjectMeta& meta, const std::string& packed) : meta_(meta) {
    const char* at = packed.data();
    const char* const end = at + packed.size();
    while (at < end) {
      const auto number = static_cast<std::uint8_t>(*at);
      Slot& slot = slots_[number];
      slot.kind = static_cast<Value::Kind>(at[1]);
      slot.size = Unpack<std::uint32_t>(at + 2);
      slot.data = at + 6;
      at = slot.data + slot.size;
    }
  }

  template <typename Out>
  void Fill(const Template& part, Out& out) {
    for (const Template::Piece& piece : part.pieces_) {
      Append(out, part.text_.data() + piece.from, piece.size);
      if (piece.hole != kNoHole) FillHole(piece.hole, out);
    }
  }

 private:
  template <typename Out>
  void FillHole(std::uint8_t hole, Out& out) {
    switch (hole) {
      case kName:
        return Append(out, meta_.name.data(), meta_.name.size());
      case kNs:
        return Append(out, meta_.ns.data(), meta_.ns.size());
      case kUid:
        return Append(out, meta_.uid.data(), meta_.uid.size());
      case kRv:
        return AppendNumber(meta_.rv, out);
      case kGeneration:
        return AppendNumber(meta_.generation, out);
      case kCreated:
        if (created_.empty()) created_ = Rfc3339(meta_.created);
        return Append(out, created_.data(), created_.size());
      default:
        break;
    }
    const Slot& slot = slots_[hole];
    switch (slot.kind) {
      case Value::kText:
        return Append(out, slot.data, slot.size);
      case Value::kPart:
        return Fill(*Unpack<const Template*>(slot.data), out);
      case Value::kHex:
        return AppendRandom("0123456789abcdef",
                            Unpack<std::uint64_t>(slot.data),
                            Unpack<std::uint32_t>(slot.data + 8), out);
      case Value::kBase64:
        return AppendRandom(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Unpack<std::uint64_t>(slot.data),
            Unpack<std::uint32_t>(slot.data + 8), out);
      case Value::kNothing:
        Die("nothing fills", AllNames().Name(hole));
    }
  }

  template <typename Out>
  static void AppendNumber(std::uint64_t number, Out& out) {
    std::array<char, 20> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    Append(out, digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  const ObjectMeta& meta_;
  std::string created_;
  std::array<Slot, kMaxHoles> slots_{};
};

Body::Body(std::string text) : rv_at_(text.find(kRvMark)) {
  if (rv_at_ == std::string::npos) Die("no RV in", text);
  text.erase(rv_at_, sizeof(kRvMark) - 1);
  data_ = std::make_shared<const std::string>(std::move(text));
}

Body::Body(const Template& whole, Fields fields) : template_(&whole) {
  std::size_t size = 0;
  for (const Field& field : fields) size += 6 + 12 + field.value.text_.size();
  std::string packed;
  packed.reserve(size);
  for (const auto& [name, value] : fields) {
    packed += static_cast<char>(AllNames().Number(name));
    packed += static_cast<char>(value.kind_);
    switch (value.kind_) {
      case Value::kText:
        Pack(packed, static_cast<std::uint32_t>(value.text_.size()));
        packed += value.text_;
        break;
      case Value::kPart:
        Pack(packed, static_cast<std::uint32_t>(sizeof value.part_));
        Pack(packed, value.part_);
        break;
      default:
        Pack(packed, std::uint32_t{12});
        Pack(packed, value.seed_);
        Pack(packed, value.size_);
    }
  }
  // A copy has no room to spare.
  data_ = std::make_shared<const std::string>(packed.data(), packed.size());
}

void Body::AppendTo(const ObjectMeta& meta, std::string& out) const {
  if (template_ != nullptr) {
    Filler(meta, *data_).Fill(*template_, out);
    return;
  }
  out.append(*data_, 0, rv_at_);
  out += std::to_string(meta.rv);
  out.append(*data_, rv_at_);
}

std::size_t Body::Size(const ObjectMeta& meta) const {
  if (template_ != nullptr) {
    Counter counter;
    Filler(meta, *data_).Fill(*template_, counter);
    return counter.size;
  }
  return data_->size() + std::to_string(meta.rv).size();
}

std::size_t Body::Held() const {
  return sizeof(Body) + sizeof(std::string) + data_->capacity();
}

void Body::ExchangeUid(const std::string& old_uid, const std::string& uid) {
  if (template_ != nullptr) return;
  std::string text = *data_;
  const std::size_t at = text.find(old_uid);
  if (at == std::string::npos || old_uid.size() != uid.size()) return;
  text.replace(at, uid.size(), uid);
  data_ = std::make_shared<const std::string>(std::move(text));
}

}  // namespace kubescribe::fakes
