// MakeEndpoint: where a connection's requests go, worked out once.
#include <curl/curl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "net/transfer.h"

namespace kubescribe::net {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string out(text);
  curl_free(text);
  return out;
}

// Go resolves names behind a SOCKS proxy at the proxy.
std::string ProxyUrl(const std::string& url) {
  if (url.starts_with("socks5://")) return "socks5h" + url.substr(6);
  return url;
}

}  // namespace

Result<Endpoint> MakeEndpoint(const config::Connection& connection,
                              const ProxyEnvironment& proxies) {
  const Url url(curl_url());
  if (url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, connection.server.c_str(), 0) !=
          CURLUE_OK) {
    return Error(Code::kInvalid, fmt::format("\"{}\" is not a server's URL",
                                             connection.server));
  }
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Error(Code::kInvalid,
                 fmt::format("\"{}\": only http and https are spoken",
                             connection.server));
  }
  Endpoint out;
  out.connection = connection;
  out.https = scheme == "https";
  out.url_base = connection.server;
  while (out.url_base.ends_with('/')) out.url_base.pop_back();

  const std::string host = Part(url.get(), CURLUPART_HOST);  // with brackets
  const std::string port = Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (out.https && !connection.tls_server_name.empty() &&
      connection.tls_server_name != host) {
    // The URL names whom we want to see in the certificate (and says so by
    // SNI); CONNECT_TO and Host say where that is.
    std::string path = Part(url.get(), CURLUPART_PATH);
    while (path.ends_with('/')) path.pop_back();
    out.url_base =
        fmt::format("https://{}:{}{}", connection.tls_server_name, port, path);
    out.connect_to = fmt::format("{}:{}:{}:{}", connection.tls_server_name,
                                 port, host, port);
    out.host_header = port == "443" ? host : host + ":" + port;
  }
  std::string bare = host;
  if (bare.starts_with('[')) bare = bare.substr(1, bare.size() - 2);
  out.proxy = !connection.proxy_url.empty()
                  ? ProxyUrl(connection.proxy_url)
                  : ProxyUrl(ProxyFor(proxies, out.https, bare,
                                      std::atoi(port.c_str())));
  return out;
}

}  // namespace kubescribe::net
