#include "fakes/selector.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "fakes/label_parser.h"

namespace kubescribe::fakes {
namespace {

std::string Trim(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// The terms of a field selector.
std::vector<std::string> SplitTerms(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (!Trim(text.substr(at, comma - at)).empty()) {
      out.push_back(Trim(text.substr(at, comma - at)));
    }
    at = comma + 1;
  }
  return out;
}

// How a kind takes fields: what it has beside the metadata, and how it says
// that it does not have one.
enum class Refusal { kDefault, kOwn, kJob };

struct FieldRule {
  const char* id;
  Refusal refusal;
  bool has_namespace;
  std::set<std::string> fields;
};

const std::vector<FieldRule>& FieldRules() {
  static const std::vector<FieldRule> rules = {
      {"pods",
       Refusal::kOwn,
       true,
       {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
        "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
        "status.podIP", "status.podIPs", "status.nominatedNodeName"}},
      {"nodes", Refusal::kOwn, false, {"spec.unschedulable"}},
      {"namespaces", Refusal::kOwn, false, {"status.phase"}},
      {"secrets", Refusal::kOwn, true, {"type"}},
      {"services", Refusal::kOwn, true, {"spec.clusterIP", "spec.type"}},
      {"events",
       Refusal::kOwn,
       true,
       {"involvedObject.kind", "involvedObject.namespace",
        "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source",
        "type"}},
      {"events.events.k8s.io",
       Refusal::kOwn,
       true,
       {"regarding.kind", "regarding.namespace", "regarding.name",
        "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion",
        "regarding.fieldPath", "reason", "reportingController", "type"}},
      {"jobs.batch", Refusal::kJob, true, {"status.successful"}},
  };
  return rules;
}

const FieldRule* RuleOf(const KindInfo& kind) {
  for (const FieldRule& rule : FieldRules()) {
    if (kind.Id() == rule.id) return &rule;
  }
  return nullptr;
}

// Nothing, or why the kind cannot be selected by the field.
std::string RefuseField(const KindInfo& kind, const std::string& field) {
  const FieldRule* rule = RuleOf(kind);
  const Refusal refusal = rule != nullptr ? rule->refusal
                          : kind.custom   ? Refusal::kOwn
                                          : Refusal::kDefault;
  if (field == "metadata.name") return "";
  const bool has_namespace = rule != nullptr ? rule->has_namespace
                             : kind.custom   ? kind.namespaced
                                             : true;
  if (field == "metadata.namespace" && has_namespace) return "";
  if (rule != nullptr && rule->fields.count(field) != 0) return "";
  if (refusal == Refusal::kJob) {
    return "field label \"" + field + "\" not supported for Job";
  }
  if (refusal == Refusal::kOwn) return "field label not supported: " + field;
  return "\"" + field +
         "\" is not a known field selector: only \"metadata.name\", "
         "\"metadata.namespace\"";
}

// What the newer group of Events calls a field of the stored form.
std::string StoredField(const KindInfo& kind, const std::string& field) {
  if (kind.group != "events.k8s.io") return field;
  const std::string regarding = "regarding.";
  if (field.starts_with(regarding)) {
    return "involvedObject." + field.substr(regarding.size());
  }
  return field == "reportingController" ? "reportingComponent" : field;
}

std::string FieldOf(const nlohmann::json& object, const std::string& path) {
  const nlohmann::json* at = &object;
  std::size_t from = 0;
  while (from <= path.size()) {
    const std::size_t dot = std::min(path.find('.', from), path.size());
    const auto next = at->find(path.substr(from, dot - from));
    if (!at->is_object() || next == at->end()) return "";
    at = &*next;
    from = dot + 1;
  }
  if (path == "source" && at->is_object()) {
    const auto component = at->find("component");
    if (component == at->end()) return "";
    at = &*component;
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

}  // namespace

Result<Selector> Selector::Parse(const KindInfo& kind,
                                 const std::string& labels,
                                 const std::string& fields) {
  Selector out;
  for (const std::string& text : SplitTerms(fields)) {
    Term term;
    term.field = true;
    std::size_t at = text.find("!=");
    std::size_t size = 2;
    term.op = Op::kNotEquals;
    if (at == std::string::npos) {
      term.op = Op::kEquals;
      at = text.find('=');
      size = at != std::string::npos && text.compare(at, 2, "==") == 0 ? 2 : 1;
    }
    if (at == std::string::npos) {
      return Error(Code::kInvalid, "invalid selector: '" + text +
                                       "'; can't understand '" + text + "'");
    }
    term.key = Trim(text.substr(0, at));
    term.values = {Trim(text.substr(at + size))};
    if (term.values[0].find('=') != std::string::npos) {
      return Error(Code::kInvalid,
                   "invalid field selector: unescaped character in value: 61");
    }
    const std::string refusal = RefuseField(kind, term.key);
    if (!refusal.empty()) return Error(Code::kInvalid, refusal);
    term.key = StoredField(kind, term.key);
    out.terms_.push_back(std::move(term));
  }
  LabelParser parser(labels);
  std::vector<LabelParser::Requirement> requirements;
  const std::string error = parser.Parse(requirements);
  if (!error.empty()) return Error(Code::kInvalid, error);
  for (LabelParser::Requirement& requirement : requirements) {
    Term term;
    term.op = OpOf(requirement.op);
    term.key = std::move(requirement.key);
    term.values = std::move(requirement.values);
    out.terms_.push_back(std::move(term));
  }
  return out;
}

Selector::Op Selector::OpOf(const std::string& op) {
  if (op == "exists") return Op::kExists;
  if (op == "!") return Op::kAbsent;
  if (op == "!=") return Op::kNotEquals;
  if (op == "in") return Op::kIn;
  if (op == "notin") return Op::kNotIn;
  if (op == ">") return Op::kGreater;
  if (op == "<") return Op::kLess;
  return Op::kEquals;
}

bool Selector::Matches(const Object& object) const {
  if (terms_.empty()) return true;
  const nlohmann::json json = nlohmann::json::parse(object.Text());
  const nlohmann::json& metadata = json["metadata"];
  const auto labels = metadata.value("labels", nlohmann::json::object());
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const bool present = term.field || labels.contains(term.key);
    const std::string value =
        term.field ? FieldOf(json, term.key) : labels.value(term.key, "");
    const bool listed = std::find(term.values.begin(), term.values.end(),
                                  value) != term.values.end();
    switch (term.op) {
      case Op::kEquals:
      case Op::kIn:
        return present && listed;
      case Op::kNotEquals:
      case Op::kNotIn:
        return !present || !listed;
      case Op::kExists:
        return present;
      case Op::kAbsent:
        return !present;
      case Op::kGreater:
      case Op::kLess: {
        const std::optional<long> number = LabelParser::Integer(value);
        const long bound = *LabelParser::Integer(term.values[0]);
        return present && number &&
               (term.op == Op::kGreater ? *number > bound : *number < bound);
      }
    }
    return false;
  });
}

}  // namespace kubescribe::fakes
