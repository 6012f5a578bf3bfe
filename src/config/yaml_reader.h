// YAML for the loaders of config/: a document with guards, and sections that
// remember FILE:LINE and the key's path for errors. Private to config/, the
// only user of yaml-cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace kubescribe::config {

// Parses one document. kInvalid: not YAML, a key given twice, nested deeper
// than 32, or more than 100 000 values once aliases are followed.
Result<YAML::Node> ParseYaml(std::string_view text, const std::string& path);

// Collects the first error of a document; the readers go on harmlessly.
class YamlErrors {
 public:
  explicit YamlErrors(std::string path) : path_(std::move(path)) {}
  // "FILE:LINE: KEY: message".
  void Add(const YAML::Node& node, const std::string& key,
           const std::string& message);
  const std::optional<Error>& first() const { return first_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::optional<Error> first_;
};

// A mapping. Each reader leaves `*out` as it is when the key is absent or null.
class Section {
 public:
  // `key` is the path to it, "" for the document's root. Anything but a
  // mapping (or nothing) is an error.
  Section(YamlErrors& errors, const YAML::Node& node, std::string key);

  void String(const char* name, std::string* out);
  void Bool(const char* name, bool* out);
  void Int(const char* name, std::int64_t min, std::int64_t max,
           std::int64_t* out);
  void Number(const char* name, double min, double max, double* out);
  // "1h30m", "500ms"; "0".
  void Duration(const char* name, Micros min, Micros max, Micros* out);
  // "16MiB", "64KB", "1024".
  void Size(const char* name, std::uint64_t min, std::uint64_t max,
            std::uint64_t* out);
  // A sequence of strings.
  void Strings(const char* name, std::vector<std::string>* out);

  // The node of a key (undefined when absent), marked as known.
  YAML::Node Take(const char* name);
  bool Has(const char* name);
  // Calls `fn` for each element of a sequence; anything else is an error.
  void Each(
      const char* name,
      const std::function<void(const YAML::Node&, const std::string&)>& fn);
  // "a.b" for key b of this section.
  std::string KeyOf(std::string_view name) const;
  void Fail(const char* name, const std::string& message);
  // "FILE:LINE: KEY", as Fail says it.
  std::string WhereOf(const char* name) const;
  // Every key that was not asked for is an error. Call last.
  void RefuseOthers();

  const YAML::Node& node() const { return node_; }
  YamlErrors& errors() { return errors_; }

 private:
  // The text of a scalar; an error for anything else.
  std::optional<std::string> Scalar(const YAML::Node& node,
                                    const std::string& key,
                                    std::string_view wanted);

  YamlErrors& errors_;
  YAML::Node node_;
  std::string key_;
  std::vector<std::string> known_;
};

// Durations and sizes as above; nullopt when they are not.
std::optional<Micros> ParseDuration(std::string_view text);
std::optional<std::uint64_t> ParseSize(std::string_view text);

}  // namespace kubescribe::config
