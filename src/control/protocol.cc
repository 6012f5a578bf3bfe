#include "control/protocol.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubescribe::control {
namespace {

using nlohmann::json;

std::string Line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json ObjectOrEmpty(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  return value.is_object() ? value : json::object();
}

constexpr std::array kCodes = {
    Code::kInvalid,     Code::kNotFound,  Code::kGone,      Code::kConflict,
    Code::kCorruption,  Code::kIo,        Code::kNoSpace,   Code::kBusy,
    Code::kUnavailable, Code::kForbidden, Code::kCancelled, Code::kUnsupported};

}  // namespace

std::string EncodeRequest(const Request& request) {
  return Line(
      {{"command", request.command}, {"args", ObjectOrEmpty(request.args)}});
}

Result<Request> DecodeRequest(std::string_view line) {
  const json value = json::parse(line, nullptr, false);
  if (!value.is_object()) {
    return Error(Code::kInvalid, "the request is not a JSON object");
  }
  const auto command = value.find("command");
  if (command == value.end() || !command->is_string()) {
    return Error(Code::kInvalid, "the request has no \"command\"");
  }
  Request request;
  request.command = command->get<std::string>();
  if (const auto args = value.find("args"); args != value.end()) {
    if (!args->is_object()) {
      return Error(Code::kInvalid, "\"args\" is not a JSON object");
    }
    request.args = Line(*args);
  }
  return request;
}

std::string EncodeDone(std::string_view fields) {
  json value = ObjectOrEmpty(fields);
  value["done"] = true;
  return Line(value);
}

std::string EncodeError(const Error& error) {
  return Line(
      {{"error",
        {{"code", CodeName(error.code())}, {"message", error.message()}}}});
}

Result<AnswerKind> ClassifyAnswer(std::string_view line) {
  const json value = json::parse(line, nullptr, false);
  if (!value.is_object()) {
    return Error(Code::kCorruption,
                 "the recorder's answer is not a JSON object");
  }
  if (const auto error = value.find("error"); error != value.end()) {
    Code code = Code::kIo;
    std::string message = "the recorder gave no reason";
    if (error->is_object()) {
      const std::string name = error->value("code", "");
      for (const Code known : kCodes) {
        if (CodeName(known) == name) code = known;
      }
      message = error->value("message", message);
    }
    return Error(code, message);
  }
  const auto done = value.find("done");
  const bool last = done != value.end() && done->is_boolean() && *done;
  return last ? AnswerKind::kDone : AnswerKind::kProgress;
}

}  // namespace kubescribe::control
