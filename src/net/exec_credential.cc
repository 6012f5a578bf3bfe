#include "net/exec_credential.h"

#include <fmt/format.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "net/base64.h"

namespace kubescribe::net {
namespace {

using nlohmann::json;

// RFC 3339, to the second; fractions are cut off.
std::optional<Micros> ParseTime(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month,
                  &day, &hour, &minute, &second, &used) != 6) {
    return std::nullopt;
  }
  std::size_t at = static_cast<std::size_t>(used);
  if (at < text.size() && text[at] == '.') {
    ++at;
    while (at < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[at]))) {
      ++at;
    }
  }
  int offset = 0;  // minutes
  const std::string zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    int zone_hour = 0, zone_minute = 0;
    char sign = 0;
    if (zone.size() != 6 || std::sscanf(zone.c_str(), "%c%2d:%2d", &sign,
                                        &zone_hour, &zone_minute) != 3) {
      return std::nullopt;
    }
    offset = (zone_hour * 60 + zone_minute) * (sign == '-' ? -1 : 1);
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 24 * kHour + hour * kHour + (minute - offset) * kMinute +
         second * kSecond;
}

// A string member, or "".
std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return "";
  return it->get<std::string>();
}

Error Bad(const std::string& what) {
  return Error(Code::kInvalid,
               fmt::format("the credential plugin's answer {}", what));
}

}  // namespace

std::string ExecInfo(const config::Connection& connection,
                     const std::string& ca) {
  const config::ExecPlugin& exec = *connection.exec;
  json spec = {{"interactive", false}};
  if (exec.provide_cluster_info) {
    json cluster = {{"server", connection.server}};
    if (!connection.tls_server_name.empty()) {
      cluster["tls-server-name"] = connection.tls_server_name;
    }
    if (connection.insecure) cluster["insecure-skip-tls-verify"] = true;
    if (!ca.empty()) cluster["certificate-authority-data"] = Base64(ca);
    if (!connection.proxy_url.empty()) {
      cluster["proxy-url"] = connection.proxy_url;
    }
    if (connection.disable_compression) cluster["disable-compression"] = true;
    if (!exec.cluster_config_json.empty()) {
      json config = json::parse(exec.cluster_config_json, nullptr, false);
      if (!config.is_discarded()) cluster["config"] = std::move(config);
    }
    spec["cluster"] = std::move(cluster);
  }
  return json{{"kind", "ExecCredential"},
              {"apiVersion", exec.api_version},
              {"spec", std::move(spec)}}
      .dump(-1, ' ', true, json::error_handler_t::replace);
}

Result<ExecCredential> ParseExecCredential(std::string_view output,
                                           const std::string& api_version) {
  const json answer = json::parse(output, nullptr, false);
  if (answer.is_discarded() || !answer.is_object()) {
    return Bad("is not a JSON object");
  }
  if (Text(answer, "kind") != "ExecCredential") {
    return Bad("is not an ExecCredential");
  }
  if (Text(answer, "apiVersion") != api_version) {
    return Bad(
        fmt::format("is not of the configured version {}: set "
                    "apiVersion of the exec section to the plugin's",
                    api_version));
  }
  const auto status = answer.find("status");
  if (status == answer.end() || !status->is_object()) {
    return Bad("has no status");
  }
  ExecCredential out;
  out.token = Text(*status, "token");
  out.client_cert = Text(*status, "clientCertificateData");
  out.client_key = Text(*status, "clientKeyData");
  if (out.client_cert.empty() != out.client_key.empty()) {
    return Bad("has a client certificate without its key, or the reverse");
  }
  if (out.token.empty() && out.client_cert.empty()) {
    return Bad("has neither a token nor a client certificate");
  }
  const auto expires = status->find("expirationTimestamp");
  if (expires != status->end() && !expires->is_null()) {
    if (expires->is_string()) {
      out.expires = ParseTime(expires->get<std::string>());
    }
    if (!out.expires) return Bad("has an expirationTimestamp that is no time");
  }
  return out;
}

std::string ScrubbedHint(std::string_view text) {
  constexpr std::size_t kMaxHint = 160;
  constexpr std::size_t kLongestWord = 20;
  const auto names_secret = [](std::string word) {
    for (char& c : word) {
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    for (const char* name : {"token", "password", "passwd", "secret", "key",
                             "bearer", "authorization", "credential"}) {
      if (word.find(name) != std::string::npos) return true;
    }
    return false;
  };
  std::string out;
  bool hide = false;
  std::size_t at = 0;
  while (at < text.size() && out.size() < kMaxHint) {
    // A word is what has no space, quote or sign of assignment in it.
    const std::size_t start = text.find_first_not_of(" \t\r\n\"'`=:,;", at);
    if (start == std::string_view::npos) break;
    std::size_t end = text.find_first_of(" \t\r\n\"'`=:,;", start);
    if (end == std::string_view::npos) end = text.size();
    std::string word(text.substr(start, end - start));
    at = end;
    const bool secret = names_secret(word);
    if ((hide && !secret) || word.size() > kLongestWord) word = "***";
    hide = secret;
    for (char& c : word) {
      if (c < 0x20 || c > 0x7e) c = '?';
    }
    if (!out.empty()) out += ' ';
    out += word;
  }
  if (out.size() > kMaxHint) out.resize(kMaxHint);
  return out;
}

}  // namespace kubescribe::net
