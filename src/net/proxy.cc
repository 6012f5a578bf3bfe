#include "net/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace kubescribe::net {
namespace {

std::string Variable(const char* upper, const char* lower) {
  for (const char* name : {upper, lower}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// An address as 16 bytes; IPv4 as ::ffff:a.b.c.d, as Go compares them.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v4 = false;
};

std::optional<Address> ParseAddress(const std::string& text) {
  Address out;
  if (inet_pton(AF_INET, text.c_str(), out.bytes.data() + 12) == 1) {
    out.bytes[10] = out.bytes[11] = 0xff;
    out.v4 = true;
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

std::optional<int> ParseInt(std::string_view text) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

bool InNetwork(const std::string& network, const Address& address) {
  const std::size_t slash = network.find('/');
  const auto base = ParseAddress(network.substr(0, slash));
  const auto bits = ParseInt(std::string_view(network).substr(slash + 1));
  if (!base || !bits || base->v4 != address.v4) return false;
  if (*bits > (base->v4 ? 32 : 128)) return false;
  int left = *bits + (base->v4 ? 96 : 0);
  for (std::size_t i = 0; i < 16 && left > 0; ++i, left -= 8) {
    const unsigned mask = left >= 8 ? 0xffu : (0xff00u >> left) & 0xffu;
    if ((base->bytes[i] & mask) != (address.bytes[i] & mask)) return false;
  }
  return true;
}

// "host:port", "[v6]:port", "[v6]", "host": the port, if any, is cut off.
std::optional<int> CutPort(std::string* entry) {
  if (!entry->empty() && entry->front() == '[') {
    const std::size_t close = entry->find(']');
    if (close == std::string::npos) return std::nullopt;
    const std::string rest = entry->substr(close + 1);
    *entry = entry->substr(1, close - 1);
    if (rest.size() > 1 && rest.front() == ':') {
      return ParseInt(std::string_view(rest).substr(1));
    }
    return std::nullopt;
  }
  const std::size_t colon = entry->find(':');
  // More than one colon: a bare IPv6 address.
  if (colon == std::string::npos || entry->rfind(':') != colon) {
    return std::nullopt;
  }
  const auto port = ParseInt(std::string_view(*entry).substr(colon + 1));
  if (port) entry->resize(colon);
  return port;
}

bool EntryCovers(std::string entry, const std::string& host, int port,
                 const std::optional<Address>& address) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string::npos) {
    return address && InNetwork(entry, *address);
  }
  const std::optional<int> only_port = CutPort(&entry);
  if (entry.empty() || (only_port && *only_port != port)) return false;
  if (const auto other = ParseAddress(entry)) {
    return address && other->bytes == address->bytes;
  }
  if (entry.starts_with("*.")) entry.erase(0, 1);
  if (entry.front() == '.') return host.ends_with(entry);
  return host == entry || host.ends_with("." + entry);
}

bool IsLoopback(const std::string& host,
                const std::optional<Address>& address) {
  if (host == "localhost") return true;
  if (!address) return false;
  if (address->v4) return address->bytes[12] == 127;
  return std::all_of(address->bytes.begin(), address->bytes.end() - 1,
                     [](std::uint8_t b) { return b == 0; }) &&
         address->bytes[15] == 1;
}

}  // namespace

ProxyEnvironment ProxyEnvironment::FromProcess() {
  return {Variable("HTTP_PROXY", "http_proxy"),
          Variable("HTTPS_PROXY", "https_proxy"),
          Variable("NO_PROXY", "no_proxy")};
}

bool InNoProxy(std::string_view no_proxy, std::string_view host, int port) {
  const std::string name = Lower(host);
  const std::optional<Address> address = ParseAddress(name);
  while (!no_proxy.empty()) {
    const std::size_t comma = std::min(no_proxy.find(','), no_proxy.size());
    std::string entry = Lower(no_proxy.substr(0, comma));
    no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
    std::erase_if(entry, [](unsigned char c) { return std::isspace(c) != 0; });
    if (!entry.empty() && EntryCovers(std::move(entry), name, port, address)) {
      return true;
    }
  }
  return false;
}

std::string ProxyFor(const ProxyEnvironment& environment, bool https,
                     std::string_view host, int port) {
  const std::string& proxy =
      https ? environment.https_proxy : environment.http_proxy;
  if (proxy.empty()) return "";
  const std::string name = Lower(host);
  if (IsLoopback(name, ParseAddress(name))) return "";
  if (InNoProxy(environment.no_proxy, host, port)) return "";
  return proxy;
}

}  // namespace kubescribe::net
