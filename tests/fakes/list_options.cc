#include "fakes/list_options.h"

#include <charconv>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace kubescribe::fakes {
namespace {

constexpr char kMatch[] = "resourceVersionMatch";
constexpr char kInitial[] = "sendInitialEvents";

// Gathers violations in the order in which the server finds them.
class Violations {
 public:
  void Forbid(const char* field, const std::string& why) {
    causes_.push_back({"FieldValueForbidden", "Forbidden: " + why, field});
  }
  void Unsupported(const std::string& value, const std::string& supported) {
    causes_.push_back(
        {"FieldValueNotSupported",
         "Unsupported value: \"" + value + "\": supported values: " + supported,
         kMatch});
  }
  std::optional<StatusBody> Result() && {
    if (causes_.empty()) return std::nullopt;
    return InvalidOptions(std::move(causes_));
  }

 private:
  std::vector<StatusBody::Cause> causes_;
};

}  // namespace

bool IsTrue(const Request& request, const char* name) {
  const auto at = request.query.find(name);
  return at != request.query.end() && at->second != "false" &&
         at->second != "0";
}

std::optional<StatusBody> CheckNumbers(const Request& request) {
  for (const char* name : {"limit", "timeoutSeconds"}) {
    const auto at = request.query.find(name);
    if (at == request.query.end()) continue;
    const std::string& text = at->second;
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) continue;
    return BadRequest("strconv.ParseInt: parsing \"" + text + "\": " +
                      (error == std::errc::result_out_of_range
                           ? "value out of range"
                           : "invalid syntax"));
  }
  return std::nullopt;
}

bool AcceptsJson(const std::string& accept) {
  std::istringstream clauses(accept);
  std::string clause;
  bool any = false;
  while (std::getline(clauses, clause, ',')) {
    std::erase(clause, ' ');
    any |= !clause.empty();
    const std::string type = clause.substr(0, clause.find(';'));
    // Another form than the object's own.
    const bool as = clause.find(";as=") != std::string::npos;
    if (!as && (type == "application/json" || type == "*/*")) return true;
  }
  return !any;
}

std::optional<StatusBody> CheckListOptions(const Request& request) {
  Violations found;
  const std::string match = request.Query(kMatch);
  const std::string rv = request.Query("resourceVersion");
  if (!match.empty()) {
    if (rv.empty()) {
      found.Forbid(kMatch,
                   "resourceVersionMatch is forbidden unless resourceVersion "
                   "is provided");
    }
    if (!request.Query("continue").empty()) {
      found.Forbid(kMatch,
                   "resourceVersionMatch is forbidden when continue is "
                   "provided");
    }
    if (match != "Exact" && match != "NotOlderThan") {
      found.Unsupported(match, R"("Exact", "NotOlderThan", "")");
    }
    if (match == "Exact" && rv == "0") {
      found.Forbid(kMatch,
                   "resourceVersionMatch \"exact\" is forbidden for "
                   "resourceVersion \"0\"");
    }
  }
  if (request.query.count(kInitial) != 0) {
    found.Forbid(kInitial, "sendInitialEvents is forbidden for list");
  }
  return std::move(found).Result();
}

std::optional<StatusBody> CheckWatchOptions(const Request& request,
                                            bool watch_list) {
  Violations found;
  const std::string match = request.Query(kMatch);
  const bool initial = request.query.count(kInitial) != 0;
  if (initial && match != "NotOlderThan") {
    found.Forbid(kMatch,
                 "sendInitialEvents requires setting resourceVersionMatch to "
                 "NotOlderThan");
  }
  if (initial && !watch_list) {
    found.Forbid(kInitial,
                 "sendInitialEvents is forbidden for watch unless the "
                 "WatchList feature gate is enabled");
  }
  if (!match.empty()) {
    if (!initial) {
      found.Forbid(kMatch,
                   "resourceVersionMatch is forbidden for watch unless "
                   "sendInitialEvents is provided");
    }
    if (match != "NotOlderThan") found.Unsupported(match, R"("NotOlderThan")");
    if (!request.Query("continue").empty()) {
      found.Forbid(kMatch,
                   "resourceVersionMatch is forbidden when continue is "
                   "provided");
    }
  }
  return std::move(found).Result();
}

}  // namespace kubescribe::fakes
