#include "config/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <utility>

#include "base/edit_distance.h"

namespace kubescribe::config {
namespace {

constexpr int kMaxDepth = 32;
constexpr int kMaxValues = 100000;

std::string Where(const std::string& path, const YAML::Node& node) {
  if (!node.IsDefined()) return path;
  const YAML::Mark mark = node.Mark();
  if (mark.is_null()) return path;
  return fmt::format("{}:{}", path, mark.line + 1);
}

// Walks as the readers will, so that an alias counts for what it stands for.
class Guard {
 public:
  explicit Guard(const std::string& path) : path_(path) {}

  Status Check(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth) {
      return Fail(node, fmt::format("nested deeper than {}", kMaxDepth));
    }
    if (++values_ > kMaxValues) {
      return Fail(node, fmt::format("more than {} values, aliases followed",
                                    kMaxValues));
    }
    if (node.IsSequence()) {
      for (const YAML::Node& element : node) {
        if (Status s = Check(element, depth + 1); !s.ok()) return s;
      }
    } else if (node.IsMap()) {
      std::set<std::string> keys;
      for (const auto& pair : node) {
        if (!pair.first.IsScalar()) {
          return Fail(pair.first, "a key is not a plain word");
        }
        if (!keys.insert(pair.first.Scalar()).second) {
          return Fail(pair.first, fmt::format("key \"{}\" is given twice",
                                              pair.first.Scalar()));
        }
        if (Status s = Check(pair.second, depth + 1); !s.ok()) return s;
      }
    }
    return {};
  }

 private:
  Error Fail(const YAML::Node& node, const std::string& message) const {
    return Error(Code::kInvalid, Where(path_, node) + ": " + message);
  }

  const std::string& path_;
  int values_ = 0;
};

bool Absent(const YAML::Node& node) {
  return !node.IsDefined() || node.IsNull();
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMax = 60;
  return fmt::format("\"{}{}\"", text.substr(0, kMax),
                     text.size() > kMax ? "…" : "");
}

}  // namespace

Result<YAML::Node> ParseYaml(std::string_view text, const std::string& path) {
  try {
    YAML::Node root = YAML::Load(std::string(text));
    Guard guard(path);
    if (Status status = guard.Check(root, 0); !status.ok()) {
      return status.error();
    }
    return root;
  } catch (const YAML::Exception& e) {
    // e.msg, not what(): the mark in what() counts lines from its own start.
    const std::string line =
        e.mark.is_null() ? "" : fmt::format(":{}", e.mark.line + 1);
    return Error(Code::kInvalid,
                 fmt::format("{}{}: not YAML: {}", path, line, e.msg));
  }
}

void YamlErrors::Add(const YAML::Node& node, const std::string& key,
                     const std::string& message) {
  if (first_) return;
  first_ =
      Error(Code::kInvalid, fmt::format("{}: {}{}{}", Where(path_, node), key,
                                        key.empty() ? "" : ": ", message));
}

Section::Section(YamlErrors& errors, const YAML::Node& node, std::string key)
    : errors_(errors),
      node_(!Absent(node) && node.IsMap() ? node
                                          : YAML::Node(YAML::NodeType::Map)),
      key_(std::move(key)) {
  if (!Absent(node) && !node.IsMap()) {
    errors_.Add(node, key_, "must be a mapping of keys to values");
  }
}

std::string Section::KeyOf(std::string_view name) const {
  return key_.empty() ? std::string(name) : fmt::format("{}.{}", key_, name);
}

YAML::Node Section::Take(const char* name) {
  known_.emplace_back(name);
  const YAML::Node& node = node_;  // the const [] does not make the key
  return node[name];
}

bool Section::Has(const char* name) {
  const YAML::Node& node = node_;
  return !Absent(node[name]);
}

void Section::Fail(const char* name, const std::string& message) {
  const YAML::Node& node = node_;
  const YAML::Node value = node[name];
  errors_.Add(value.IsDefined() ? value : node_, KeyOf(name), message);
}

std::string Section::WhereOf(const char* name) const {
  const YAML::Node value = node_[name];
  return fmt::format("{}: {}",
                     Where(errors_.path(), value.IsDefined() ? value : node_),
                     KeyOf(name));
}

std::optional<std::string> Section::Scalar(const YAML::Node& node,
                                           const std::string& key,
                                           std::string_view wanted) {
  if (Absent(node)) return std::nullopt;
  if (!node.IsScalar()) {
    errors_.Add(node, key,
                fmt::format("must be {}, not a {}", wanted,
                            node.IsMap() ? "mapping" : "list"));
    return std::nullopt;
  }
  return node.Scalar();
}

void Section::String(const char* name, std::string* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "a text");
  if (text) *out = *text;
}

void Section::Bool(const char* name, bool* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "true or false");
  if (!text) return;
  if (*text == "true" || *text == "false") {
    *out = *text == "true";
  } else {
    Fail(name, fmt::format("must be true or false, not {}", Quoted(*text)));
  }
}

void Section::Int(const char* name, std::int64_t min, std::int64_t max,
                  std::int64_t* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "a whole number");
  if (!text) return;
  std::int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [ptr, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || ptr != end) {
    Fail(name, fmt::format("must be a whole number, not {}", Quoted(*text)));
  } else if (value < min || value > max) {
    Fail(name, fmt::format("must be from {} to {}", min, max));
  } else {
    *out = value;
  }
}

void Section::Number(const char* name, double min, double max, double* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "a number");
  if (!text) return;
  char* end = nullptr;
  const double value = std::strtod(text->c_str(), &end);
  if (text->empty() || *end != '\0' || !std::isfinite(value)) {
    Fail(name, fmt::format("must be a number, not {}", Quoted(*text)));
  } else if (value < min || value > max) {
    Fail(name, fmt::format("must be from {} to {}", min, max));
  } else {
    *out = value;
  }
}

void Section::Duration(const char* name, Micros min, Micros max, Micros* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "a duration");
  if (!text) return;
  const std::optional<Micros> value = ParseDuration(*text);
  if (!value) {
    Fail(name, fmt::format("must be a duration like 30m, 1h30m or 500ms, not "
                           "{}",
                           Quoted(*text)));
  } else if (*value < min || *value > max) {
    Fail(name, fmt::format("must be from {} ms to {} s", min / kMillisecond,
                           max / kSecond));
  } else {
    *out = *value;
  }
}

void Section::Size(const char* name, std::uint64_t min, std::uint64_t max,
                   std::uint64_t* out) {
  const auto text = Scalar(Take(name), KeyOf(name), "a size");
  if (!text) return;
  const std::optional<std::uint64_t> value = ParseSize(*text);
  if (!value) {
    Fail(name, fmt::format("must be a size like 16MiB or 65536, not {}",
                           Quoted(*text)));
  } else if (*value < min || *value > max) {
    Fail(name, fmt::format("must be from {} to {} bytes", min, max));
  } else {
    *out = *value;
  }
}

void Section::Strings(const char* name, std::vector<std::string>* out) {
  std::vector<std::string> values;
  bool any = false;
  Each(name, [&](const YAML::Node& node, const std::string& key) {
    any = true;
    if (const auto text = Scalar(node, key, "a text")) values.push_back(*text);
  });
  if (any || Has(name)) *out = std::move(values);
}

void Section::Each(
    const char* name,
    const std::function<void(const YAML::Node&, const std::string&)>& fn) {
  const YAML::Node node = Take(name);
  if (Absent(node)) return;
  if (!node.IsSequence()) {
    Fail(name, "must be a list");
    return;
  }
  std::size_t index = 0;
  for (const YAML::Node& element : node) {
    fn(element, fmt::format("{}[{}]", KeyOf(name), index++));
  }
}

void Section::RefuseOthers() {
  for (const auto& pair : node_) {
    const std::string& name = pair.first.Scalar();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) {
      continue;
    }
    std::string message = "unknown key";
    const auto nearest = std::min_element(
        known_.begin(), known_.end(), [&](const auto& a, const auto& b) {
          return EditDistance(name, a) < EditDistance(name, b);
        });
    if (nearest != known_.end() && EditDistance(name, *nearest) <= 3) {
      message += fmt::format("; did you mean {}?", *nearest);
    }
    errors_.Add(pair.first, KeyOf(name.substr(0, 60)), message);
  }
}

std::optional<Micros> ParseDuration(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  Micros total = 0;
  while (!text.empty()) {
    std::int64_t value = 0;
    const auto [ptr, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(ptr - text.data()));
    const std::size_t unit_size =
        std::min(text.find_first_of("0123456789"), text.size());
    const std::string_view unit = text.substr(0, unit_size);
    text.remove_prefix(unit_size);
    Micros scale = 0;
    if (unit == "us") scale = 1;
    if (unit == "ms") scale = kMillisecond;
    if (unit == "s") scale = kSecond;
    if (unit == "m") scale = kMinute;
    if (unit == "h") scale = kHour;
    if (unit == "d") scale = 24 * kHour;
    constexpr Micros kMax = std::numeric_limits<Micros>::max() / 2;
    if (scale == 0 || value > kMax / scale || total > kMax - value * scale) {
      return std::nullopt;
    }
    total += value * scale;
  }
  return total;
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t value = 0;
  const auto [ptr, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(ptr - text.data()));
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr Unit kUnits[] = {
      {"", 1},           {"B", 1},           {"KB", 1000},
      {"MB", 1000000},   {"GB", 1000000000}, {"KiB", 1u << 10},
      {"Ki", 1u << 10},  {"MiB", 1u << 20},  {"Mi", 1u << 20},
      {"GiB", 1u << 30}, {"Gi", 1u << 30}};
  for (const Unit& unit : kUnits) {
    if (text != unit.name) continue;
    if (value > std::numeric_limits<std::uint64_t>::max() / unit.bytes) {
      return std::nullopt;
    }
    return value * unit.bytes;
  }
  return std::nullopt;
}

}  // namespace kubescribe::config
