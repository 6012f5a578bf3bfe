#include "output/describe_parts.h"

#include <algorithm>
#include <optional>

#include "kube/user_time.h"
#include "output/describe_fields.h"
#include "output/go_sort.h"

namespace kubescribe::output {
namespace {

constexpr std::string_view kLastApplied =
    "kubectl.kubernetes.io/last-applied-configuration";

// As kubectl: a line of an annotation is no longer than this, in bytes.
constexpr std::size_t kMostOfAnnotation = 140;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// An equals sign, comma or backslash in a value would end it.
std::string Escaped(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string RequirementText(View expression) {
  const std::string& key = expression["key"].Text();
  const std::string& op = expression["operator"].Text();
  if (op == "Exists") return key;
  if (op == "DoesNotExist") return "!" + key;
  if (op != "In" && op != "NotIn") return "";
  std::vector<std::string> values = Texts(expression["values"]);
  if (values.empty()) return "";
  std::sort(values.begin(), values.end());
  return key + (op == "In" ? " in (" : " notin (") + Join(values, ",") + ")";
}

}  // namespace

std::string Subject::Time(View time) const {
  const std::optional<Micros> parsed = kube::ParseRfc3339(time.Text());
  if (!parsed) return "Mon, 01 Jan 0001 00:00:00 +0000";
  return kube::FormatRfc1123(*parsed, request_.zone);
}

std::string Subject::LongTime(View time) const {
  const std::optional<Micros> parsed = kube::ParseRfc3339(time.Text());
  if (!parsed) return "0001-01-01 00:00:00 +0000 UTC";
  return kube::FormatNamedZone(*parsed, request_.zone);
}

std::string Subject::Age(View time) const {
  return kube::Age(kube::ParseRfc3339(time.Text()), request_.at);
}

std::optional<std::vector<Value>> Subject::FindType(
    const Related::Query& query) const {
  Result<std::vector<Value>> found = related_.Find(query);
  if (found.ok()) return std::move(*found);
  if (found.error().code() != Code::kNotFound && status_.ok()) {
    status_ = found.error();
  }
  return std::nullopt;
}

std::vector<Value> Subject::Find(const Related::Query& query) const {
  return FindType(query).value_or(std::vector<Value>());
}

std::optional<Value> Subject::FindOne(const kube::GroupResource& resource,
                                      const std::string& name_space,
                                      const std::string& name) const {
  Related::Query query;
  query.resource = resource;
  if (!name_space.empty()) query.name_space = name_space;
  query.name = name;
  std::vector<Value> found = Find(query);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

void LabelLines(Sheet& sheet, std::string_view title, View labels,
                std::string_view indent) {
  sheet.Write(0, "{}{}:\t", indent, title);
  if (labels.Members().empty()) sheet.Put(0, "<none>\n");
  bool first = true;
  for (const auto& [key, value] : labels.Members()) {
    if (!first) sheet.Write(0, "{}\t", indent);
    first = false;
    sheet.Write(0, "{}={}\n", key, View(value).Text());
  }
}

void AnnotationLines(Sheet& sheet, std::string_view title, View annotations) {
  sheet.Write(0, "{}:\t", title);
  bool first = true;
  for (const auto& [key, member] : annotations.Members()) {
    if (key == kLastApplied) continue;
    if (!first) sheet.Put(0, "\t");
    first = false;
    std::string_view value = View(member).Text();
    if (!value.empty() && value.back() == '\n') value.remove_suffix(1);
    if (key.size() + value.size() + 2 <= kMostOfAnnotation &&
        value.find('\n') == std::string_view::npos) {
      sheet.Write(0, "{}: {}\n", key, value);
      continue;
    }
    sheet.Write(0, "{}:\n", key);
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find('\n', begin), value.size());
      const std::string_view line = value.substr(begin, end - begin);
      const bool cut = line.size() > kMostOfAnnotation - 2;
      sheet.Write(0, "\t  {}{}\n", line.substr(0, kMostOfAnnotation - 2),
                  cut ? "..." : "");
      begin = end + 1;
    }
  }
  if (first) sheet.Put(0, "<none>\n");
}

EventsOf EventsOfSubject(const Subject& subject) {
  return {subject.name_space(), subject.name(), subject.kind(),
          subject.meta("uid").Text()};
}

std::vector<Value> FindEvents(const Subject& subject, const EventsOf& of) {
  Related::Query query;
  query.resource = {"", "events"};
  if (!of.name_space.empty()) query.name_space = of.name_space;
  query.field_selector = "involvedObject.name=" + Escaped(of.name) +
                         ",involvedObject.namespace=" + Escaped(of.name_space);
  if (!of.kind.empty()) {
    query.field_selector += ",involvedObject.kind=" + Escaped(of.kind);
  }
  if (!of.uid.empty()) {
    query.field_selector += ",involvedObject.uid=" + Escaped(of.uid);
  }
  return subject.Find(query);
}

void EventLines(const Subject& subject, const std::vector<Value>& events,
                Sheet& sheet) {
  if (events.empty()) {
    sheet.Put(0, "Events:\t<none>\n");
    return;
  }
  sheet.Put(0,
            "Events:\n  Type\tReason\tAge\tFrom\tMessage\n"
            "  ----\t------\t----\t----\t-------\n");
  std::vector<std::optional<Micros>> seen;
  seen.reserve(events.size());
  for (const Value& event : events) {
    seen.push_back(kube::ParseRfc3339(View(event)["lastTimestamp"].Text()));
  }
  const std::vector<std::size_t> order = GoSortOrder(
      events.size(),
      [&seen](std::size_t a, std::size_t b) { return seen[a] < seen[b]; });
  for (const std::size_t place : order) {
    const View event(events[place]);
    const View precise = event["eventTime"];
    const std::string since =
        subject.Age(precise.has() ? precise : event["firstTimestamp"]);
    std::string age = since;
    if (const View series = event["series"]; series.has()) {
      age = fmt::format("{} (x{} over {})",
                        subject.Age(series["lastObservedTime"]),
                        series["count"].Int(), since);
    } else if (event["count"].Int() > 1) {
      age = fmt::format("{} (x{} over {})", subject.Age(event["lastTimestamp"]),
                        event["count"].Int(), since);
    }
    const std::string& component = event["source"]["component"].Text();
    const std::string& part = event["involvedObject"]["fieldPath"].Text();
    sheet.Write(
        1, "{}\t{}\t{}\t{}\t{}{}{}\n", event["type"].Text(),
        event["reason"].Text(), age,
        component.empty() ? event["reportingComponent"].Text() : component,
        part, part.empty() ? "" : ": ", Trim(event["message"].Text()));
  }
}

void TellEvents(const Subject& subject, Sheet& sheet) {
  TellEvents(subject, EventsOfSubject(subject), sheet);
}

void TellEvents(const Subject& subject, const EventsOf& of, Sheet& sheet) {
  if (!subject.wants_events()) return;
  EventLines(subject, FindEvents(subject, of), sheet);
}

std::string Controller(View object) {
  for (const View owner : object["metadata"]["ownerReferences"].Items()) {
    if (owner["controller"].Bool()) {
      return owner["kind"].Text() + "/" + owner["name"].Text();
    }
  }
  return "";
}

std::string ControllerUid(View object) {
  for (const View owner : object["metadata"]["ownerReferences"].Items()) {
    if (owner["controller"].Bool()) return owner["uid"].Text();
  }
  return "";
}

std::optional<std::string> SelectorQuery(View selector) {
  if (!selector.has()) return std::nullopt;
  // By key, and of one key in the order in which they stand.
  std::vector<std::pair<std::string, std::string>> parts;
  for (const auto& [key, value] : selector["matchLabels"].Members()) {
    parts.emplace_back(key, key + "=" + View(value).Text());
  }
  for (const View expression : selector["matchExpressions"].Items()) {
    parts.emplace_back(expression["key"].Text(), RequirementText(expression));
    if (parts.back().second.empty()) return std::nullopt;
  }
  std::stable_sort(
      parts.begin(), parts.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [key, part] : parts) {
    text += (text.empty() ? "" : ",") + part;
  }
  return text;
}

std::string SelectorText(View selector) {
  const std::optional<std::string> text = SelectorQuery(selector);
  if (!text && selector.has()) return "<error>";
  return text.value_or("").empty() ? "<none>" : *text;
}

std::string MapText(View map) {
  std::string text;
  for (const auto& [key, value] : map.Members()) {
    text += (text.empty() ? "" : ",") + key + "=" + View(value).Text();
  }
  return text.empty() ? "<none>" : text;
}

std::string Join(const std::vector<std::string>& texts,
                 std::string_view separator) {
  std::string joined;
  for (const std::string& text : texts) {
    if (&text != &texts.front()) joined += separator;
    joined += text;
  }
  return joined;
}

std::vector<std::string> Texts(View list) {
  std::vector<std::string> texts;
  for (const View item : list.Items()) texts.push_back(item.Scalar());
  return texts;
}

std::string GoText(View value) {
  std::string text;
  if (value.is_array()) {
    for (const View item : value.Items()) {
      text += (text.empty() ? "" : " ") + GoText(item);
    }
    return "[" + text + "]";
  }
  if (value.is_object()) {
    for (const auto& [key, member] : value.Members()) {
      text += (text.empty() ? "" : " ") + key + ":" + GoText(member);
    }
    return "map[" + text + "]";
  }
  if (!value.has()) return "<nil>";
  const bool number = value.value()->kind == Value::Kind::kNumber;
  return number ? GoNumber(value.Scalar()) : value.Scalar();
}

}  // namespace kubescribe::output
