// ConfigMaps and Secrets as people edit them with kubectl, and the Secrets that
// Helm keeps its releases in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fakes/workload_world.h"

namespace kubescribe::fakes {

class Settings final : public Part {
 public:
  explicit Settings(World& world) : world_(world) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  void PutConfigMap(std::size_t index, bool edited);
  void PutSecret(std::size_t index, bool edited);
  void Recreate(std::size_t index);
  const std::string& NamespaceOf(std::size_t index) const;

  World& world_;
  std::size_t config_maps_ = 0;
  std::size_t secrets_ = 0;
};

// A release's versions: one deployed, a few superseded ones, older ones gone.
class Releases final : public Part {
 public:
  explicit Releases(World& world) : world_(world) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  struct Release {
    std::string ns;
    std::string name;
    std::uint64_t seed = 0;
    unsigned int version = 1;
    bool changing = false;
  };
  void Put(const Release& release, unsigned int version, const char* status);

  World& world_;
  std::vector<std::shared_ptr<Release>> all_;
};

}  // namespace kubescribe::fakes
