#include "fakes/replay.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kAtOnce = 64;

// The members of an object in text that is known to be JSON: where each one's
// name and value stand.
class Members {
 public:
  explicit Members(std::string_view object) : text_(object), at_(1) {}

  // What follows the last value, up to the object's end.
  std::string_view Rest() const { return text_.substr(at_); }

  bool Next(std::string_view& name, std::string_view& value) {
    SkipTo("\"}");
    if (at_ >= text_.size() || text_[at_] == '}') return false;
    name = String();
    name = name.substr(1, name.size() - 2);
    SkipTo(":");
    ++at_;
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) <= ' ')
      ++at_;
    const std::size_t from = at_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        String();
        --at_;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        --depth;
      } else if (c == ',' && depth == 0) {
        break;
      }
    }
    value = text_.substr(from, at_ - from);
    return true;
  }

 private:
  void SkipTo(const char* any) {
    at_ = std::min(text_.find_first_of(any, at_), text_.size());
  }
  // With its quotes; `at_` is behind it then.
  std::string_view String() {
    const std::size_t from = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' ? 2U : 1U;
    }
    ++at_;
    return text_.substr(from, at_ - from);
  }

  std::string_view text_;
  std::size_t at_;
};

// The object's text as it is, under the uid and RV of this server. Nothing when
// it lacks what every server writes.
std::optional<Body> AsItIs(std::string_view object, const std::string& uid) {
  std::string text = "{";
  text.reserve(object.size() + 64);
  bool whole = false;
  int kinds = 0;
  std::string_view name;
  std::string_view value;
  for (Members members(object); members.Next(name, value);) {
    if (name == "apiVersion" || name == "kind") {
      ++kinds;
      continue;
    }
    if (text.size() > 1) text += ',';
    text.append("\"").append(name).append("\":");
    if (name != "metadata" || !value.starts_with('{')) {
      text += value;
      continue;
    }
    text += '{';
    int own = 0;
    bool first = true;
    std::string_view its;
    for (Members metadata(value); metadata.Next(name, its);) {
      if (!std::exchange(first, false)) text += ',';
      text.append("\"").append(name).append("\":");
      if (name == "uid" || name == "resourceVersion") {
        ++own;
        text.append("\"").append(name == "uid" ? uid : kRvMark).append("\"");
      } else {
        if (name == "creationTimestamp") ++own;
        text += its;
      }
    }
    text += '}';
    whole = own == 3;
    // Nothing that follows is to be looked at, in what servers write.
    if (whole && kinds == 2) return Body(text.append(members.Rest()));
  }
  if (!whole) return std::nullopt;
  return Body(text + "}");
}

class Replayer {
 public:
  Replayer(State& state, const Clock& clock) : state_(state), clock_(clock) {}

  enum class Outcome {
    kApplied,
    kUnknown,  // a deletion of what is not there
    kBad,      // no watch event of a kind that is served
  };
  Outcome Line(const std::string& line) {
    simdjson::dom::element frame;
    if (parser_.parse(line).get(frame) != simdjson::SUCCESS) {
      return Outcome::kBad;
    }
    const auto text = [](simdjson::dom::element at, const char* path) {
      std::string_view found;
      if (at.at_pointer(path).get(found) != simdjson::SUCCESS)
        return std::string();
      return std::string(found);
    };
    const std::string type = text(frame, "/type");
    if (type == "BOOKMARK") return Outcome::kApplied;
    if (type != "ADDED" && type != "MODIFIED" && type != "DELETED") {
      return Outcome::kBad;
    }
    const KindInfo* const kind =
        Kind(text(frame, "/object/apiVersion"), text(frame, "/object/kind"));
    const std::string name = text(frame, "/object/metadata/name");
    const std::string ns = text(frame, "/object/metadata/namespace");
    if (kind == nullptr || name.empty()) return Outcome::kBad;
    if (type == "DELETED") {
      return state_.Delete(*kind, ns, name) ? Outcome::kApplied
                                            : Outcome::kUnknown;
    }
    std::string_view member;
    std::string_view object;
    for (Members members(line); members.Next(member, object);) {
      if (member == "object") break;
    }
    state_.Put(*kind, ns, name, [&](ObjectMeta& meta, const Object* previous) {
      if (std::optional<Body> body = AsItIs(object, meta.uid)) {
        return *std::move(body);
      }
      std::string out;
      ApplyText(*kind, std::string(object), clock_.Wall(), meta, previous, out);
      return Body(std::move(out));
    });
    return Outcome::kApplied;
  }

 private:
  const KindInfo* Kind(const std::string& api_version,
                       const std::string& name) {
    const auto key = std::make_pair(api_version, name);
    const auto known = kinds_.find(key);
    if (known != kinds_.end()) return &known->second;
    for (const KindInfo& kind : state_.Kinds()) {
      if (kind.kind == name && kind.ApiVersion() == api_version) {
        return &kinds_.emplace(key, kind).first->second;
      }
    }
    return nullptr;
  }

  State& state_;
  const Clock& clock_;
  simdjson::dom::parser parser_;
  std::map<std::pair<std::string, std::string>, KindInfo> kinds_;
};

}  // namespace

Result<Replayed> ReplayFile(const std::string& path, double rate, State& state,
                            const Clock& clock,
                            const std::function<bool(Micros)>& wait) {
  std::ifstream file(path);
  if (!file) return Error(Code::kIo, path + ": cannot be read");
  Replayer replayer(state, clock);
  std::string line;
  Replayed done;
  std::size_t number = 0;  // as editors count
  const Micros from = SystemClock().Mono();
  // While it is behind, clients are told of several lines at once.
  std::optional<State::Quiet> quiet;
  Micros ahead = 0;
  while (wait(std::max<Micros>(ahead, 0)) && std::getline(file, line)) {
    ++number;
    if (line.empty()) continue;
    if (!quiet || done.lines % kAtOnce == 0) {
      quiet.reset();
      quiet.emplace(state);
    }
    ++done.lines;
    switch (replayer.Line(line)) {
      case Replayer::Outcome::kApplied:
        break;
      case Replayer::Outcome::kUnknown:
        ++done.unknown;
        break;
      case Replayer::Outcome::kBad:
        if (++done.bad > 1) break;
        done.first_bad = number;
        fmt::print(stderr,
                   "{}:{}: this is no watch event of a kind that is served; "
                   "passed over\n",
                   path, number);
    }
    if (rate <= 0) continue;
    const Micros due =
        from +
        static_cast<Micros>(static_cast<double>(done.lines) / rate * kSecond);
    ahead = due - SystemClock().Mono();
    if (ahead > 0) quiet.reset();
  }
  quiet.reset();
  return done;
}

}  // namespace kubescribe::fakes
