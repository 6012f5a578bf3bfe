#include "record/redact.h"

#include <span>

#include "codec/digest.h"
#include "record/json_walk.h"

namespace kubescribe::record {
namespace {

constexpr std::string_view kVersion = "kfr1";
// Values that are no strings are told apart from strings of the same text.
constexpr std::string_view kVersionRaw = "kfr1/json";

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> keys(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size()) {
      keys.back().push_back(path[++i]);
    } else if (path[i] == '.') {
      keys.emplace_back();
    } else {
      keys.back().push_back(path[i]);
    }
  }
  return keys;
}

void AppendField(std::string_view field, std::string& out) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<char>(
        (static_cast<std::uint64_t>(field.size()) >> shift) & 0xFF));
  }
  out.append(field);
}

std::string JoinPath(const JsonPath& path) {
  std::string out;
  for (const std::string& key : path) {
    if (!out.empty()) out.push_back('.');
    out.append(key);
  }
  return out;
}

const kube::GroupResource& Secrets() {
  static const kube::GroupResource secrets{"", "secrets"};
  return secrets;
}

}  // namespace

// Builds the redacted bytes while the object is walked.
class Redactor::Splice final : public JsonVisitor {
 public:
  Splice(const Redactor& redactor, const Rules& rules,
         const kube::ObjectHead& head, std::string_view object)
      : redactor_(redactor), rules_(rules), head_(head), object_(object) {
    out_.reserve(object.size() + 64);
  }

  Go OnValue(const JsonPath& path, char first) override {
    const bool nested = first == '{' || first == '[';
    bool inner = false;
    for (const auto& rule : rules_.paths) {
      if (path.size() > rule.size()) continue;
      bool matches = true;
      for (std::size_t i = 0; matches && i < path.size(); ++i) {
        matches = rule[i] == "*" || rule[i] == path[i];
      }
      if (!matches) continue;
      if (path.size() == rule.size()) return Go::kTake;
      inner = true;
    }
    if (!inner) return Go::kSkip;
    if (nested) return Go::kDescend;
    // `null` in place of an object holds nothing.
    return rules_.strict && first != 'n' ? Go::kTake : Go::kSkip;
  }

  void OnTaken(const JsonPath& path, std::size_t begin,
               std::size_t end) override {
    const std::string_view raw = object_.substr(begin, end - begin);
    const bool text = raw.front() == '"';
    std::string fields;
    AppendField(text ? kVersion : kVersionRaw, fields);
    AppendField(redactor_.cluster_, fields);
    AppendField(head_.name_space, fields);
    AppendField(head_.name, fields);
    AppendField(JoinPath(path), fields);
    AppendField(text ? UnescapeJson(raw) : std::string(raw), fields);
    const codec::Sha256Digest mac =
        codec::HmacSha256(redactor_.key_.bytes(), fields);
    std::string form = "kfr1:" + redactor_.key_.id() + ":";
    form.append(codec::AsText(std::span(mac).first(16)));
    out_.append(object_.substr(copied_, begin - copied_));
    out_.push_back('"');
    out_.append(codec::Base64(form));
    out_.push_back('"');
    copied_ = end;
  }

  std::string Finish() {
    out_.append(object_.substr(copied_));
    return std::move(out_);
  }

 private:
  const Redactor& redactor_;
  const Rules& rules_;
  const kube::ObjectHead& head_;
  const std::string_view object_;
  std::string out_;
  std::size_t copied_ = 0;
};

Redactor::Redactor(RedactionKey key, std::string cluster,
                   const std::vector<RedactionRule>& rules)
    : key_(std::move(key)), cluster_(std::move(cluster)) {
  rules_[Secrets()] = {{{"data", "*"},
                        {"stringData", "*"},
                        {"metadata", "annotations",
                         "kubectl.kubernetes.io/last-applied-configuration"}},
                       true};
  for (const RedactionRule& rule : rules) {
    rules_[rule.resource].paths.push_back(SplitPath(rule.path));
  }
}

bool Redactor::Concerns(const kube::GroupResource& resource) const {
  return rules_.count(resource) != 0;
}

Result<std::string> Redactor::Redact(const kube::GroupResource& resource,
                                     const kube::ObjectHead& head,
                                     std::string_view object) const {
  const auto rules = rules_.find(resource);
  if (rules == rules_.end()) return std::string(object);
  if (object.find_first_not_of(" \t\r\n") == std::string_view::npos ||
      object[object.find_first_not_of(" \t\r\n")] != '{') {
    return Error(Code::kInvalid, "not a JSON object");
  }
  Splice splice(*this, rules->second, head, object);
  const Status walked = WalkJson(object, splice);
  if (!walked.ok()) return walked.error();
  return splice.Finish();
}

std::string Redactor::KeyedDigest(std::string_view plain_digest) const {
  std::string fields;
  AppendField("kfr1/digest", fields);
  AppendField(cluster_, fields);
  AppendField(plain_digest, fields);
  return "hmac-sha256:" + codec::Hex(codec::HmacSha256(key_.bytes(), fields));
}

}  // namespace kubescribe::record
