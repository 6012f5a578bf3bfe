// MakeClient: the HttpClient that talks to a real API server.
//
// HTTP/1.1, a connection a running transfer (idle ones are used again), TLS 1.2
// or newer with verification, no redirects, no .netrc. Credentials go out only
// over https. A response in a content encoding that was not asked for, one that
// expands more than 100:1 beyond 16 MiB, or one with more than 256 KiB of
// headers ends the transfer (kInvalid).
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "config/connection.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/proxy.h"

namespace kubescribe::net {

struct ClientOptions {
  Micros connect_timeout = 30 * kSecond;
  // The process's proxy variables; used where the connection names no proxy.
  ProxyEnvironment proxies = ProxyEnvironment::FromProcess();
  Micros exec_timeout = 30 * kSecond;
  std::string user_agent = "kubescribe/" KUBESCRIBE_VERSION;
};

// `loop` must outlive the client. Everything but the construction is on the
// loop's thread; destroying the client cancels its transfers.
// Never fails: what is wrong with the connection's files shows in each
// transfer's OnDone, and may be put right while the client lives.
std::unique_ptr<HttpClient> MakeClient(Loop& loop,
                                       const config::Connection& connection,
                                       const ClientOptions& options = {});

}  // namespace kubescribe::net
