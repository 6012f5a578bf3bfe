#include "watch/failure.h"

#include <fmt/format.h>

namespace kubescribe::watch {
namespace {

FailureKind KindOf(int code) {
  switch (code) {
    case 400:
    case 422:
      return FailureKind::kBadRequest;
    case 401:
      return FailureKind::kUnauthorized;
    case 403:
      return FailureKind::kForbidden;
    case 404:
      return FailureKind::kNotFound;
    case 405:
      return FailureKind::kNoWatch;
    case 410:
      return FailureKind::kGone;
    default:
      return code == 429 || code >= 500 ? FailureKind::kServer
                                        : FailureKind::kBadAnswer;
  }
}

// A server's message is quoted on one line and not at any length.
std::string Shorten(const std::string& message) {
  std::string out = message.substr(0, 300);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return out;
}

}  // namespace

bool IsJsonAnswer(const net::ResponseHead& head) {
  return head.status == 200 &&
         (head.content_type.empty() ||
          head.content_type.rfind("application/json", 0) == 0);
}

Failure ClassifyStatus(const kube::ServerStatus& status) {
  Failure failure;
  failure.kind = KindOf(status.code);
  if (status.gone()) failure.kind = FailureKind::kGone;
  if (status.rv_too_large) failure.kind = FailureKind::kTooLarge;
  failure.retry_after = status.retry_after;
  failure.http_status = status.code;
  failure.message =
      fmt::format("the server says {}{}{}", status.code,
                  status.reason.empty() ? "" : " " + Shorten(status.reason),
                  status.message.empty() ? "" : ": " + Shorten(status.message));
  return failure;
}

Failure ClassifyAnswer(const net::ResponseHead& head, std::string_view body) {
  if (head.status >= 200 && head.status < 300) {
    return {FailureKind::kBadAnswer,
            fmt::format("the server answered {} with \"{}\" in place of JSON; "
                        "is there a proxy or a login page before it?",
                        head.status, Shorten(head.content_type)),
            head.retry_after, head.status};
  }
  if (head.status >= 300 && head.status < 400) {
    return {FailureKind::kBadAnswer,
            fmt::format("the server answered {} (a redirect), which is never "
                        "followed; check the server's address",
                        head.status),
            head.retry_after, head.status};
  }
  kube::ServerStatus status = kube::EventReader::ReadStatus(body);
  Failure failure;
  if (status.code == 0) {
    failure.kind = KindOf(head.status);
    failure.message = fmt::format("the server answered {}", head.status);
  } else {
    failure = ClassifyStatus(status);
    // The status line decides, but for what only the body can tell.
    if (failure.kind != FailureKind::kGone &&
        failure.kind != FailureKind::kTooLarge) {
      failure.kind = KindOf(head.status);
    }
  }
  failure.http_status = head.status;
  if (head.retry_after) failure.retry_after = head.retry_after;
  return failure;
}

Failure ClassifyDone(const Status& status) {
  return {FailureKind::kNetwork, status.error().message(), std::nullopt, 0};
}

}  // namespace kubescribe::watch
