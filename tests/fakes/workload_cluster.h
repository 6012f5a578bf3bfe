// What the cluster itself keeps writing: Nodes with their Leases, Events, and
// namespaces that come and go.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fakes/workload_apps.h"
#include "fakes/workload_pods.h"

namespace kubescribe::fakes {

// A Lease is renewed every ten seconds, a Node's status written every minute.
class Nodes final : public Part {
 public:
  explicit Nodes(World& world) : world_(world) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  void PutNode(std::size_t index);
  void PutLease(std::size_t index);

  World& world_;
  std::size_t next_ = 0;  // they report in turn
};

// Repeated ones are counted; old ones expire many at once, as the one lease
// that they were stored under does.
class Events final : public Part {
 public:
  Events(World& world, Pods& pods) : world_(world), pods_(pods) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  struct Entry {
    std::string ns;
    std::string pod;
    std::string suffix;
    std::string first;
    std::uint32_t count = 1;
    std::uint32_t reason = 0;
    std::uint32_t node = 0;

    std::string Name() const { return pod + "." + suffix; }
  };
  bool Put();

  World& world_;
  Pods& pods_;
  std::deque<Entry> standing_;  // oldest first
  std::size_t most_ = 0;
};

class Namespaces final : public Part {
 public:
  Namespaces(World& world, Deployments& deployments)
      : world_(world), deployments_(deployments) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  void PutNamespace(const std::string& name, bool terminating);
  void PutAccount(const std::string& ns);
  void PutRootCa(const std::string& ns);
  void Come();
  void Go();

  World& world_;
  Deployments& deployments_;
  std::deque<std::shared_ptr<Controller>> guests_;  // a Deployment in each
  std::size_t made_ = 0;
};

}  // namespace kubescribe::fakes
