#include "net/file_value.h"

#include <fmt/format.h>

#include "base/read_file.h"

namespace kubescribe::net {
namespace {

constexpr std::size_t kMax = 1 << 20;

}  // namespace

Result<std::string> FileValue::Get(const Clock& clock) {
  const Micros now = clock.Mono();
  if (read_at_ && now - *read_at_ < max_age_) {
    if (!value_.empty()) return value_;
  }
  Result<std::string> read = ReadFile(path_, kMax);
  std::string trimmed;
  if (read.ok()) {
    const std::size_t first = read->find_first_not_of(" \t\r\n");
    if (first != std::string::npos) {
      const std::size_t last = read->find_last_not_of(" \t\r\n");
      trimmed = read->substr(first, last - first + 1);
    }
  }
  read_at_ = now;
  if (!trimmed.empty()) value_ = std::move(trimmed);
  if (!value_.empty()) return value_;
  if (!read.ok()) return read.error();
  return Error(Code::kInvalid, fmt::format("{} is empty", path_));
}

}  // namespace kubescribe::net
