#include "kubescribe/answer.h"

#include "kube/user_time.h"
#include "output/yaml.h"

namespace kubescribe::tool {

using output::Value;

Value NewAnswer(const std::string& kind) {
  Value document = Value::Object();
  document["apiVersion"] = Value::String(kAnswerVersion);
  document["kind"] = Value::String(kind);
  return document;
}

Value TextValue(std::string text) { return Value::String(std::move(text)); }

Value NumberValue(std::int64_t number) {
  return Value::Number(std::to_string(number));
}

Value TimeValue(const std::optional<Micros>& time) {
  return time ? Value::String(kube::FormatRfc3339(*time)) : Value::Null();
}

bool IsDocument(const std::string& format) {
  return format == "json" || format == "yaml";
}

void WriteDocument(const Value& document, const std::string& format, Out& out) {
  const std::string text = format == "yaml" ? output::ToYaml(document)
                                            : output::ToJson(document) + "\n";
  out.Write(out.look().terminal ? output::EscapeControls(text) : text);
}

void WriteLine(const Value& value, Out& out) {
  const std::string text = output::ToJsonLine(value) + "\n";
  out.Write(out.look().terminal ? output::EscapeControls(text) : text);
}

}  // namespace kubescribe::tool
