// VirtualNet: the network between recorders and simulated clusters, in one
// thread and in a time that a test turns. Bytes come late and in pieces of any
// size, drawn from a seed, so that a run can be repeated.
//
//   ManualScheduler time;
//   VirtualNet net(time, 7);
//   SimOptions options;
//   options.net = &net;
//   auto sim = SimCluster::Start(options);
//   std::unique_ptr<net::HttpClient> client = net.Connect((*sim)->Url(), "");
//   ...
//   time.Advance(kSecond);
//
// Of HTTP only what the API's logic can see is there: no encodings, no
// connections, no TLS.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "fakes/manual_scheduler.h"
#include "fakes/transport.h"
#include "net/http.h"

namespace kubescribe::fakes {

class VirtualNet {
 public:
  VirtualNet(ManualScheduler& scheduler, std::uint64_t seed)
      : scheduler_(scheduler), random_(seed) {}
  VirtualNet(const VirtualNet&) = delete;
  VirtualNet& operator=(const VirtualNet&) = delete;

  const Clock& clock() const { return scheduler_.clock(); }

  // A server at a port of its own. `tick` is called once a second.
  std::unique_ptr<Transport> Serve(Transport::Handler handler,
                                   std::function<void()> tick);
  // To the server of that URL, whether it is there or not. Must be destroyed
  // before the net.
  std::unique_ptr<net::HttpClient> Connect(const std::string& url,
                                           const std::string& token);

  // Transfers whose peer says nothing any more and never will (`half-open`,
  // `no-answer`), or takes ages (`trickle`), are cut: the network is whole
  // again.
  void CutStuck();

 private:
  class Client;
  class Transfer;
  class VirtualServer;

  ManualScheduler& scheduler_;
  SeededRandom random_;
  std::map<int, VirtualServer*> servers_;  // by port
  int last_port_ = 0;
  std::uint64_t last_arrival_ = 0;
};

}  // namespace kubescribe::fakes
