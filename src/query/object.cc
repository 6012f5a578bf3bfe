#include "query/object.h"

#include <nlohmann/json.hpp>

namespace kubescribe::query {
namespace {

using nlohmann::json;

// Looks for the two keys at the top of an object and stops when both are seen.
class TopKeys final : public nlohmann::json_sax<json> {
 public:
  bool api_version = false;
  bool kind = false;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1 && name == "apiVersion") api_version = true;
    if (depth_ == 1 && name == "kind") kind = true;
    return !(api_version && kind);
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
};

}  // namespace

std::string CompleteObject(std::string_view body, std::string_view api_version,
                           std::string_view kind) {
  const std::size_t brace = body.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || body[brace] != '{') {
    return std::string(body);
  }
  TopKeys keys;
  json::sax_parse(body.begin(), body.end(), &keys);
  std::string front;
  if (!keys.kind && !kind.empty()) {
    front += "\"kind\":" + json(kind).dump() + ",";
  }
  if (!keys.api_version && !api_version.empty()) {
    front += "\"apiVersion\":" + json(api_version).dump() + ",";
  }
  if (front.empty()) return std::string(body);
  const std::size_t next = body.find_first_not_of(" \t\r\n", brace + 1);
  if (next != std::string_view::npos && body[next] == '}') front.pop_back();
  std::string out(body.substr(0, brace + 1));
  out += front;
  out += body.substr(brace + 1);
  return out;
}

namespace {

// The names alone, with what there is to say instead of the rest.
std::string StandIn(const store::Revision& revision, std::string_view kind,
                    std::string_view what) {
  json object = {{"apiVersion", revision.api_version}, {"kind", kind}};
  json& metadata = object["metadata"];
  metadata["name"] = revision.name;
  if (!revision.name_space.empty()) metadata["namespace"] = revision.name_space;
  metadata["uid"] = revision.uid;
  if (!revision.rv.empty()) metadata["resourceVersion"] = revision.rv;
  metadata["annotations"]["kubescribe.dev/body"] = what;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string ObjectOf(const store::Revision& revision, std::string_view body,
                     std::string_view kind) {
  if (!body.empty() && revision.body_kind != store::BodyKind::kStub) {
    return CompleteObject(body, revision.api_version, kind);
  }
  return StandIn(revision, kind, body.empty() ? "not recorded" : body);
}

std::string DamagedObject(const store::Revision& revision,
                          std::string_view kind) {
  return StandIn(revision, kind,
                 "damaged: record " + std::to_string(revision.seq));
}

}  // namespace kubescribe::query
