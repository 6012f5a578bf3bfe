#include "fakes/sick_answers.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "fakes/flood.h"

namespace kubescribe::fakes {
namespace {

Step Hold() {
  Step step;
  step.kind = Step::Kind::kHold;
  return step;
}

std::size_t Size(const Fault& fault) {
  return fault.bytes > 0 ? fault.bytes : kEndless;
}

Answer Page(const std::string& type, std::string body) {
  Answer answer;
  answer.content_type = type;
  answer.body = std::move(body);
  return answer;
}

Answer Redirect(int code, const std::string& location) {
  Answer answer = Page("text/plain; charset=utf-8", "");
  answer.status = code;
  answer.headers.emplace_back("Location", location);
  return answer;
}

// Nothing but these bytes, as often as it takes.
Answer RawFlood(const Fault& fault, std::string head, const std::string& unit) {
  Answer answer;
  answer.raw = true;
  answer.source =
      std::make_unique<Flood>(std::move(head), unit, Size(fault), "\r\n\r\n");
  return answer;
}

Answer Raw(std::string bytes, bool hold) {
  Answer answer;
  answer.raw = true;
  Step step;
  step.bytes = std::move(bytes);
  answer.script.push_back(std::move(step));
  if (hold) answer.script.push_back(Hold());
  return answer;
}

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

Answer Silent(const Fault&, const Request&, std::uint64_t) {
  Answer answer;
  answer.chunked = true;
  answer.script.push_back(Hold());
  return answer;
}

Answer ShuttingDown(const Fault&, const Request&, std::uint64_t) {
  Answer answer =
      Page("text/plain; charset=utf-8",
           "The apiserver is shutting down, please try again later.\n");
  answer.status = 429;
  answer.headers.emplace_back("Retry-After", "5");
  answer.close = true;
  return answer;
}

Answer Html(const Fault&, const Request&, std::uint64_t) {
  return Page("text/html; charset=utf-8",
              "<!DOCTYPE html><html><body><form action=\"/login\">Sign in"
              "</form></body></html>\n");
}

Answer EmptyBody(const Fault&, const Request&, std::uint64_t) {
  return Page("application/json", "");
}

Answer Protobuf(const Fault&, const Request&, std::uint64_t) {
  return Page("application/vnd.kubernetes.protobuf",
              std::string("k8s\0\n\f\n\2v1\22\6Status\22\0\32\0\"\0", 24));
}

Answer RedirectElsewhere(const Fault& fault, const Request& request,
                         std::uint64_t) {
  return Redirect(fault.code != 0 ? fault.code : 302,
                  fault.location + request.target);
}

Answer RedirectFile(const Fault&, const Request&, std::uint64_t) {
  return Redirect(302, "file:///etc/passwd");
}

Answer RedirectSelf(const Fault&, const Request& request, std::uint64_t) {
  return Redirect(302, request.target);
}

Answer Bomb(const Fault& fault, const Request& request, std::uint64_t rv) {
  Answer answer;
  answer.headers.emplace_back("Content-Encoding", "gzip");
  const bool watch = !request.Query("watch").empty();
  // One string of blanks, in the event or in the only item.
  const std::string object = fmt::format(
      R"({{"metadata":{{"name":"bomb","uid":"bomb","resourceVersion":"{}"}},)"
      R"("blank":")",
      rv);
  const std::string list =
      fmt::format(R"({{"kind":"List","apiVersion":"v1","metadata":)"
                  R"({{"resourceVersion":"{}"}},"items":[)",
                  rv);
  answer.source = watch ? GzipBomb(R"({"type":"ADDED","object":)" + object,
                                   Size(fault), "\"}}\n")
                        : GzipBomb(list + object, Size(fault), "\"}]}\n");
  return answer;
}

Answer EndlessHeader(const Fault& fault, const Request&, std::uint64_t) {
  return RawFlood(fault, std::string(kOk) + "X-Endless: ", "x");
}

Answer ManyHeaders(const Fault& fault, const Request&, std::uint64_t) {
  return RawFlood(fault, kOk, "X-Many: and one more\r\n");
}

Answer InterimFlood(const Fault& fault, const Request&, std::uint64_t) {
  return RawFlood(fault, "", "HTTP/1.1 100 Continue\r\n\r\n");
}

Answer OpenHeaders(const Fault&, const Request&, std::uint64_t) {
  return Raw(kOk, true);
}

Answer NoHttp(const Fault&, const Request&, std::uint64_t) {
  return Raw("SSH-2.0-OpenSSH_9.2\r\n", false);
}

using Maker = Answer (*)(const Fault&, const Request&, std::uint64_t);

const std::map<std::string, Maker>& Makers() {
  static const std::map<std::string, Maker> makers = {
      {"silent", Silent},
      {"shutting-down", ShuttingDown},
      {"html", Html},
      {"empty-body", EmptyBody},
      {"protobuf", Protobuf},
      {"redirect", RedirectElsewhere},
      {"redirect-file", RedirectFile},
      {"redirect-self", RedirectSelf},
      {"gzip-bomb", Bomb},
      {"endless-header", EndlessHeader},
      {"many-headers", ManyHeaders},
      {"open-headers", OpenHeaders},
      {"interim-flood", InterimFlood},
      {"no-http", NoHttp},
  };
  return makers;
}

}  // namespace

std::optional<Answer> MakeSickAnswer(const Fault& fault, const Request& request,
                                     std::uint64_t rv) {
  const auto maker = Makers().find(fault.name);
  if (maker == Makers().end()) return std::nullopt;
  return maker->second(fault, request, rv);
}

bool ChangesAnswer(const Fault& fault) {
  return fault.name == "gzip" || fault.name == "late-headers" ||
         fault.name == "stale-list" || fault.name == "ignore-initial-events" ||
         fault.name == "wrong-type" || fault.name == "no-type";
}

void ChangeRequest(const Fault& fault, Request& request) {
  if (fault.name != "ignore-initial-events") return;
  request.query.erase("sendInitialEvents");
  request.query.erase("resourceVersionMatch");
}

void ChangeAnswer(const Fault& fault, Answer& answer) {
  if (fault.name == "wrong-type") answer.content_type = "text/plain";
  if (fault.name == "late-headers") {
    answer.late_head = answer.source != nullptr;
  }
  if (fault.name == "no-type") answer.content_type.clear();
}

}  // namespace kubescribe::fakes
