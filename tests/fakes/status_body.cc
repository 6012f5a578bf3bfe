#include "fakes/status_body.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace kubescribe::fakes {

using Json = nlohmann::ordered_json;

std::string Render(const StatusBody& status) {
  Json out;
  out["kind"] = "Status";
  out["apiVersion"] = "v1";
  out["metadata"] = Json::object();
  if (!status.continue_token.empty()) {
    out["metadata"]["continue"] = status.continue_token;
  }
  out["status"] = "Failure";
  out["message"] = status.message;
  if (!status.reason.empty()) out["reason"] = status.reason;
  Json details = Json::object();
  if (!status.name.empty()) details["name"] = status.name;
  if (!status.group.empty()) details["group"] = status.group;
  if (!status.kind.empty()) details["kind"] = status.kind;
  for (const StatusBody::Cause& cause : status.causes) {
    Json one = {{"reason", cause.reason}, {"message", cause.message}};
    if (!cause.field.empty()) one["field"] = cause.field;
    details["causes"].push_back(std::move(one));
  }
  if (status.retry_after_seconds > 0) {
    details["retryAfterSeconds"] = status.retry_after_seconds;
  }
  if (!details.empty() || status.with_details) out["details"] = details;
  out["code"] = status.code;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StatusBody Expired(const std::string& message) {
  StatusBody status;
  status.code = 410;
  status.reason = "Expired";
  status.message = message;
  return status;
}

StatusBody TooOld(unsigned long rv, unsigned long floor, bool cached) {
  return Expired(
      cached ? fmt::format("too old resource version: {} ({})", rv, floor)
             : "The resourceVersion for the provided watch is too old.");
}

StatusBody TooLarge(unsigned long rv, unsigned long current, bool cached) {
  StatusBody status;
  status.code = 504;
  status.reason = "Timeout";
  status.message = fmt::format(
      "Timeout: Too large resource version: {}, current: {}", rv, current);
  status.causes = {
      {"ResourceVersionTooLarge", "Too large resource version", ""}};
  status.retry_after_seconds = cached ? 1 : 0;
  return status;
}

StatusBody NotFound(const std::string& group, const std::string& plural,
                    const std::string& name) {
  StatusBody status;
  status.code = 404;
  status.reason = "NotFound";
  status.message = fmt::format("{}{}{} \"{}\" not found", plural,
                               group.empty() ? "" : ".", group, name);
  status.group = group;
  status.kind = plural;
  status.name = name;
  return status;
}

StatusBody UnknownResource() {
  StatusBody status;
  status.code = 404;
  status.reason = "NotFound";
  status.message = "the server could not find the requested resource";
  status.with_details = true;
  return status;
}

StatusBody BadRequest(const std::string& message) {
  StatusBody status;
  status.code = 400;
  status.reason = "BadRequest";
  status.message = message;
  return status;
}

StatusBody NotAcceptable(bool list) {
  StatusBody status;
  status.code = 406;
  status.reason = "NotAcceptable";
  status.message =
      "406: Not Acceptable\n\nAvailable representations: application/json, "
      "application/yaml, application/vnd.kubernetes.protobuf";
  if (list) {
    status.message +=
        ", application/json;stream=watch, "
        "application/vnd.kubernetes.protobuf;stream=watch";
  }
  status.with_details = true;
  return status;
}

StatusBody Unauthorized() {
  StatusBody status;
  status.code = 401;
  status.reason = "Unauthorized";
  status.message = "Unauthorized";
  return status;
}

StatusBody Forbidden(const std::string& user, const std::string& verb,
                     const std::string& group, const std::string& plural,
                     const std::string& ns, const std::string& name,
                     const std::string& subresource) {
  StatusBody status;
  status.code = 403;
  status.reason = "Forbidden";
  status.message = fmt::format(
      "{}{}{}{} is forbidden: User \"{}\" cannot {} resource \"{}{}{}\" in API "
      "group \"{}\" {}",
      plural, group.empty() ? "" : ".", group,
      name.empty() ? "" : " \"" + name + "\"", user, verb, plural,
      subresource.empty() ? "" : "/", subresource, group,
      ns.empty() ? std::string("at the cluster scope")
                 : "in the namespace \"" + ns + "\"");
  status.group = group;
  status.kind = plural;
  status.name = name;
  return status;
}

StatusBody InvalidOptions(std::vector<StatusBody::Cause> causes) {
  std::string all;
  for (const StatusBody::Cause& cause : causes) {
    all += (all.empty() ? "" : ", ") + cause.field + ": " + cause.message;
  }
  if (causes.size() > 1) all = "[" + all + "]";
  StatusBody status;
  status.code = 422;
  status.reason = "Invalid";
  status.message = "ListOptions.meta.k8s.io \"\" is invalid: " + all;
  status.group = "meta.k8s.io";
  status.kind = "ListOptions";
  status.causes = std::move(causes);
  return status;
}

StatusBody MethodNotAllowed() {
  StatusBody status;
  status.code = 405;
  status.reason = "MethodNotAllowed";
  status.message =
      "the server does not allow this method on the requested resource";
  status.with_details = true;
  return status;
}

}  // namespace kubescribe::fakes
