// Access: who a request is from, and what he may. Users, the bearer token,
// client certificates and rules that forbid.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fakes/answer.h"
#include "fakes/route.h"
#include "fakes/sim_cluster.h"

namespace kubescribe::fakes {

// Any thread.
class Access {
 public:
  // `options` must outlive it.
  explicit Access(const SimOptions& options)
      : options_(options), token_(options.token) {}

  // As the methods of SimCluster by these names.
  void SetToken(const std::string& token);
  void ExpireToken();
  void Forbid(const AccessRule& rule);
  void AllowAll();

  // The answer to a request that may not pass (401, 403), and to those for
  // health. Nothing: it may.
  std::optional<Answer> Refuse(const Request& request,
                               const Route& route) const;

 private:
  // Who asks, and what else than everything he may.
  struct User {
    std::string name;
    const std::vector<AccessRule>* allowed = nullptr;  // null: everything
  };
  std::optional<User> Identify(const Request& request) const;
  bool Allowed(const User& user, const Request& request,
               const Route& route) const;

  const SimOptions& options_;
  mutable std::mutex mutex_;  // guards what follows
  std::string token_;
  bool token_expired_ = false;
  std::vector<AccessRule> forbidden_;
};

}  // namespace kubescribe::fakes
