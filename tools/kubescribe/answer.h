// The answers of our own commands as JSON and YAML: documents with apiVersion
// and kind, whose keys are an interface (schema/formats/answers.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kubescribe/command.h"
#include "output/value.h"

namespace kubescribe::tool {

inline constexpr char kAnswerVersion[] = "kubescribe.dev/v1";

// A document of that kind ("GapList"), to be filled.
output::Value NewAnswer(const std::string& kind);

output::Value TextValue(std::string text);
output::Value NumberValue(std::int64_t number);
// RFC 3339; null: none.
output::Value TimeValue(const std::optional<Micros>& time);

// "json" or "yaml".
bool IsDocument(const std::string& format);
// In that format, with a newline; on a terminal control characters are made
// visible.
void WriteDocument(const output::Value& document, const std::string& format,
                   Out& out);
// On one line, for jsonl.
void WriteLine(const output::Value& value, Out& out);

}  // namespace kubescribe::tool
