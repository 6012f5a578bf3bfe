// Failure: why a request did not give what was asked, as the table of P§2
// tells the cases apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/event.h"
#include "net/http.h"

namespace kubescribe::watch {

enum class FailureKind {
  kNetwork,       // refused, reset, timed out, cut off, no credential
  kUnauthorized,  // 401
  kForbidden,     // 403
  kNotFound,      // 404: the kind is not served (now)
  kNoWatch,       // 405
  kGone,          // 410, however it came
  kBadRequest,    // 400, 422
  kTooLarge,      // the RV lies ahead of the server (504 with its cause)
  kServer,        // 429, 5xx
  kBadAnswer,     // not what an API server says: HTML, a redirect, cut JSON
};

struct Failure {
  FailureKind kind = FailureKind::kNetwork;
  std::string message;  // for a person; never a body's content
  std::optional<std::int64_t> retry_after;  // seconds
  int http_status = 0;
};

// So much of an error's body is read.
inline constexpr std::size_t kMaxErrorBody = 64 * 1024;

// True where the answer may be parsed: 200 and JSON (or no type at all).
bool IsJsonAnswer(const net::ResponseHead& head);

// What an answer that is not IsJsonAnswer means.
Failure ClassifyAnswer(const net::ResponseHead& head, std::string_view body);
// What a Status object means (an ERROR event, or an error's body).
Failure ClassifyStatus(const kube::ServerStatus& status);
// A transfer that ended without an answer. REQUIRES: !status.ok().
Failure ClassifyDone(const Status& status);

}  // namespace kubescribe::watch
