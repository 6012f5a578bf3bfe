#include "kube/printer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

struct Requirement {
  std::string key;
  std::string text;
};

// "key in (a,b)"; nothing: no server takes such a requirement.
std::optional<std::string> RequirementText(JsonNode expression) {
  const std::string key = Str(expression["key"]);
  const std::string_view op = expression["operator"].text();
  std::vector<std::string> values = Texts(expression["values"]);
  if (key.empty()) return std::nullopt;
  if (op == "Exists" || op == "DoesNotExist") {
    if (!values.empty()) return std::nullopt;
    return op == "Exists" ? key : "!" + key;
  }
  if ((op != "In" && op != "NotIn") || values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return fmt::format("{} {} ({})", key, op == "In" ? "in" : "notin",
                     Join(values));
}

}  // namespace

std::string AgeOf(const PrintInput& in) {
  return AgeOfTime(in.object["metadata"]["creationTimestamp"], in.at);
}

std::string AgeOfTime(JsonNode time, Micros at) {
  return Age(ParseRfc3339(time.text()), at);
}

bool IsBeingDeleted(const PrintInput& in) {
  return !in.object["metadata"]["deletionTimestamp"].text().empty();
}

std::string TextOr(JsonNode node, std::string_view other) {
  return std::string(node.text().empty() ? other : node.text());
}

std::string PresentOr(JsonNode node, std::string_view other) {
  return std::string(node.is_string() ? node.text() : other);
}

std::string BoolOr(JsonNode node, bool other) {
  return (node.is_null() ? other : node.is_true()) ? "true" : "false";
}

std::string QuantityText(JsonNode node) {
  return node.scalar().empty() ? "0" : std::string(node.scalar());
}

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

std::string Join(const std::vector<std::string>& texts,
                 std::string_view between) {
  return fmt::format("{}", fmt::join(texts, between));
}

std::vector<std::string> Texts(JsonNode array) {
  std::vector<std::string> texts;
  for (const JsonNode item : array.items()) texts.push_back(Str(item));
  return texts;
}

std::vector<std::string> Texts(JsonNode array, std::string_view key) {
  std::vector<std::string> texts;
  for (const JsonNode item : array.items()) texts.push_back(Str(item[key]));
  return texts;
}

std::string FirstAndMore(const std::vector<std::string>& texts,
                         std::size_t most) {
  if (texts.size() <= most) return Join(texts);
  const auto end = texts.begin() + static_cast<std::ptrdiff_t>(most);
  return fmt::format("{} + {} more...", fmt::join(texts.begin(), end, ","),
                     texts.size() - most);
}

std::string LabelText(JsonNode labels) {
  std::vector<std::string> pairs;
  for (const JsonNode label : labels.members()) {
    pairs.push_back(fmt::format("{}={}", label.key(), label.text()));
  }
  // As whole texts: "a-b=1" comes before "a=1".
  std::sort(pairs.begin(), pairs.end());
  return pairs.empty() ? "<none>" : Join(pairs);
}

std::string SelectorText(JsonNode selector, std::string_view invalid) {
  std::vector<Requirement> requirements;
  for (const JsonNode label : selector["matchLabels"].members()) {
    requirements.push_back({std::string(label.key()),
                            fmt::format("{}={}", label.key(), label.text())});
  }
  for (const JsonNode expression : selector["matchExpressions"].items()) {
    std::optional<std::string> text = RequirementText(expression);
    if (!text) return std::string(invalid);
    requirements.push_back({Str(expression["key"]), std::move(*text)});
  }
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const auto& a, const auto& b) { return a.key < b.key; });
  std::vector<std::string> texts;
  texts.reserve(requirements.size());
  for (Requirement& each : requirements) texts.push_back(std::move(each.text));
  return Join(texts);
}

std::string SelectorCell(JsonNode selector) {
  std::string text = SelectorText(selector, "<error>");
  return text.empty() ? "<none>" : std::move(text);
}

JsonNode Condition(JsonNode conditions, std::string_view type) {
  for (const JsonNode condition : conditions.items()) {
    if (condition["type"].text() == type) return condition;
  }
  return {};
}

bool ConditionIs(JsonNode conditions, std::string_view type,
                 std::string_view status) {
  return Condition(conditions, type)["status"].text() == status;
}

void AddContainers(JsonNode pod_template, CellList& cells) {
  const JsonNode containers = pod_template["spec"]["containers"];
  cells.push_back(Join(Texts(containers, "name")));
  cells.push_back(Join(Texts(containers, "image")));
}

std::vector<std::string> BalancerAddresses(JsonNode status) {
  std::set<std::string> addresses;
  for (const JsonNode entry : status["loadBalancer"]["ingress"].items()) {
    addresses.insert(TextOr(entry["ip"], entry["hostname"].text()));
  }
  addresses.erase("");
  return {addresses.begin(), addresses.end()};
}

}  // namespace kubescribe::kube
