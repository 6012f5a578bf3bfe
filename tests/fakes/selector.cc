#include "fakes/selector.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace kubescribe::fakes {
namespace {

std::string Trim(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// At commas outside parentheses.
std::vector<std::string> SplitTerms(const std::string& text) {
  std::vector<std::string> out;
  std::string term;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      out.push_back(Trim(term));
      term.clear();
    } else {
      term += c;
    }
  }
  if (!Trim(term).empty()) out.push_back(Trim(term));
  return out;
}

bool SupportedField(const KindInfo& kind, const std::string& field) {
  static const std::set<std::string> known = {"pods/spec.nodeName",
                                              "pods/spec.restartPolicy",
                                              "pods/spec.schedulerName",
                                              "pods/spec.serviceAccountName",
                                              "pods/status.phase",
                                              "pods/status.podIP",
                                              "nodes/spec.unschedulable",
                                              "namespaces/status.phase",
                                              "secrets/type",
                                              "services/spec.clusterIP",
                                              "services/spec.type",
                                              "events/involvedObject.kind",
                                              "events/involvedObject.namespace",
                                              "events/involvedObject.name",
                                              "events/involvedObject.uid",
                                              "events/reason",
                                              "events/type",
                                              "events/source"};
  if (field == "metadata.name") return true;
  if (field == "metadata.namespace") return kind.namespaced;
  return kind.group.empty() && known.count(kind.plural + "/" + field) != 0;
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
  if (path == "source" && at->is_object()) return at->value("component", "");
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
    if (!SupportedField(kind, term.key)) {
      return Error(Code::kInvalid, "field label not supported: " + term.key);
    }
    out.terms_.push_back(std::move(term));
  }
  for (const std::string& text : SplitTerms(labels)) {
    Term term;
    const std::size_t paren = text.find('(');
    if (paren != std::string::npos) {
      const std::string head = Trim(text.substr(0, paren));
      const std::size_t space = head.rfind(' ');
      const std::string word =
          space == std::string::npos ? "" : head.substr(space + 1);
      if ((word != "in" && word != "notin") || text.back() != ')') {
        return Error(Code::kInvalid, "unable to parse requirement: " + text);
      }
      term.op = word == "in" ? Op::kIn : Op::kNotIn;
      term.key = Trim(head.substr(0, space));
      term.values = SplitTerms(text.substr(paren + 1, text.size() - paren - 2));
    } else if (text.find('=') != std::string::npos) {
      const std::size_t at = text.find('=');
      const bool negated = at > 0 && text[at - 1] == '!';
      const bool doubled = text.compare(at, 2, "==") == 0;
      term.op = negated ? Op::kNotEquals : Op::kEquals;
      term.key = Trim(text.substr(0, negated ? at - 1 : at));
      term.values = {Trim(text.substr(at + (doubled ? 2 : 1)))};
      if (term.values[0].find('=') != std::string::npos) {
        return Error(Code::kInvalid,
                     "found '=', expected: ',' or 'end of string'");
      }
    } else {
      const bool absent = text.starts_with("!");
      term.op = absent ? Op::kAbsent : Op::kExists;
      term.key = Trim(text.substr(absent ? 1 : 0));
    }
    out.terms_.push_back(std::move(term));
  }
  return out;
}

bool Selector::Matches(const Object& object) const {
  if (terms_.empty()) return true;
  const nlohmann::json json = nlohmann::json::parse(object.text);
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
    }
    return false;
  });
}

}  // namespace kubescribe::fakes
