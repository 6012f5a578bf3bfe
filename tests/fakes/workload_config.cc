#include "fakes/workload_config.h"

#include <fmt/format.h>

#include <utility>

#include "fakes/templates.h"

namespace kubescribe::fakes {
namespace {

constexpr unsigned int kKept = 4;  // versions of a release

}  // namespace

const std::string& Settings::NamespaceOf(std::size_t index) const {
  return world_.namespaces[index % world_.namespaces.size()];
}

void Settings::PutConfigMap(std::size_t index, bool edited) {
  const std::string value = world_.Hex(12);
  world_.Put(
      "configmaps", NamespaceOf(index), fmt::format("settings-{}", index),
      ConfigMapTemplate(),
      {{"time", world_.Now()},
       {"value", value},
       // `kubectl edit` leaves what was applied last as it was.
       {"applied_value", edited ? "1" : value},
       {"fields", edited ? EditedFieldsTemplate() : AppliedFieldsTemplate()},
       {"data_fields", R"("f:app.yaml":{},"f:revision":{})"}});
}

void Settings::PutSecret(std::size_t index, bool edited) {
  world_.Put(
      "secrets", NamespaceOf(index), fmt::format("credentials-{}", index),
      SecretTemplate(),
      {{"time", world_.Now()},
       {"secret", Value::Hex(world_.random.Next(), 64)},
       {"fields", edited ? EditedFieldsTemplate() : AppliedFieldsTemplate()},
       {"data_fields", R"("f:password":{},"f:tls.crt":{},"f:username":{})"}});
}

void Settings::Fill(const Plan& plan) {
  config_maps_ = plan.config_maps;
  secrets_ = plan.secrets;
  for (std::size_t i = 0; i < config_maps_; ++i) PutConfigMap(i, false);
  for (std::size_t i = 0; i < secrets_; ++i) PutSecret(i, false);
}

// The same name, another object.
void Settings::Recreate(std::size_t index) {
  world_.Queue([this, index] {
    return world_.Delete("configmaps", NamespaceOf(index),
                         fmt::format("settings-{}", index));
  });
  world_.QueuePut([this, index] { PutConfigMap(index, false); });
}

bool Settings::Act() {
  const std::size_t dice = world_.Below(10);
  const bool edited = world_.Below(2) == 0;
  if (dice == 0) {
    Recreate(world_.Below(config_maps_));
    return false;
  }
  if (dice < 7) {
    PutConfigMap(world_.Below(config_maps_), edited);
  } else {
    PutSecret(world_.Below(secrets_), edited);
  }
  return true;
}

void Releases::Put(const Release& release, unsigned int version,
                   const char* status) {
  // Most are small; one in eight is close to 200 KB. The text is compressed,
  // so another status is another text from its start.
  const std::uint64_t seed =
      release.seed + version * 16 + static_cast<unsigned char>(*status) % 16U;
  const auto size = static_cast<std::uint32_t>(
      release.seed % 8 == 0 ? 150000 + release.seed % 50000
                            : 20000 + release.seed % 30000);
  const std::string number = std::to_string(version);
  world_.Put("secrets", release.ns,
             fmt::format("sh.helm.release.v1.{}.v{}", release.name, version),
             ReleaseTemplate(),
             {{"time", world_.Now()},
              {"modified", std::to_string(world_.clock.Wall() / kSecond)},
              {"release", release.name},
              {"status", status},
              {"version", number},
              {"release_data", Value::Base64(seed, size)}});
}

void Releases::Fill(const Plan& plan) {
  for (std::size_t i = 0; i < plan.releases; ++i) {
    auto release = std::make_shared<Release>();
    release->ns = world_.namespaces[i % world_.namespaces.size()];
    release->name = fmt::format("chart-{}", i);
    release->seed = world_.random.Next() >> 8;
    Put(*release, 1, "deployed");
    all_.push_back(std::move(release));
  }
}

bool Releases::Act() {
  if (all_.empty() || world_.Busy()) return false;
  const std::shared_ptr<Release> release = all_[world_.Below(all_.size())];
  if (release->changing) return false;
  release->changing = true;
  world_.QueuePut([this, release] {
    ++release->version;
    Put(*release, release->version, "pending-upgrade");
  });
  world_.QueuePut(
      [this, release] { Put(*release, release->version - 1, "superseded"); });
  world_.QueuePut([this, release] {
    release->changing = false;
    Put(*release, release->version, "deployed");
  });
  world_.Queue([this, release] {
    return release->version > kKept &&
           world_.Delete("secrets", release->ns,
                         fmt::format("sh.helm.release.v1.{}.v{}", release->name,
                                     release->version - kKept));
  });
  return false;
}

}  // namespace kubescribe::fakes
