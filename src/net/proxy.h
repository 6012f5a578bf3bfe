// Which proxy a request goes through, by Go's rules (net/http
// ProxyFromEnvironment): HTTPS_PROXY, HTTP_PROXY and NO_PROXY, whose entries
// may be names, ".suffix", addresses, networks ("10.0.0.0/8"), each with a
// port.
#pragma once

#include <string>
#include <string_view>

namespace kubescribe::net {

// The variables' values, upper case names first.
struct ProxyEnvironment {
  std::string http_proxy;
  std::string https_proxy;
  std::string no_proxy;

  static ProxyEnvironment FromProcess();
};

// The proxy for `host` (no brackets) and port, "" for none. Loopback and
// localhost never go through a proxy of the environment.
std::string ProxyFor(const ProxyEnvironment& environment, bool https,
                     std::string_view host, int port);

// Does a NO_PROXY list cover this host and port?
bool InNoProxy(std::string_view no_proxy, std::string_view host, int port);

}  // namespace kubescribe::net
