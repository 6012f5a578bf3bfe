// Custom resources of four operators, with their CustomResourceDefinitions.
#pragma once

#include <cstdint>
#include <vector>

#include "fakes/workload_world.h"

namespace kubescribe::fakes {

class CustomResources final : public Part {
 public:
  explicit CustomResources(World& world) : world_(world) {}
  void Fill(const Plan& plan) override;
  bool Act() override;

 private:
  struct Resource {
    std::size_t kind = 0;
    std::string ns;
    std::string name;
    unsigned int revision = 1;
    bool changing = false;
  };
  // `step` 0: as it is when all is well; else a stage on the way there.
  void Put(const Resource& resource, int step);
  // Kinds can be taken away while the cluster runs.
  bool Served(const Resource& resource) const;

  World& world_;
  std::vector<Resource> all_;
};

}  // namespace kubescribe::fakes
