// What servers of other minor versions print otherwise than the newest that is
// known here (1.36). Private to src/kube.
#pragma once

#include <optional>
#include <string_view>

namespace kubescribe::kube {

// The 32 of "v1.32.13".
struct ServerMinor {
  int value = 0;
};
// The newest for "" and what is no version.
ServerMinor ParseServerMinor(std::string_view server_version);

// A difference within a cell.
enum class Variant {
  // A node's kernel version has its architecture behind it.
  kArchitectureOfKernel,
  // "(default)" behind the name of an IngressClass.
  kDefaultIngressClass,
  // "(default)" behind the name of a VolumeAttributesClass.
  kDefaultVolumeAttributesClass,
  // A Pod whose containers ended, one of them badly, has that one's reason.
  kFailureOverCompleted,
  // A Job that has enough successes says so before it is complete.
  kSuccessCriteriaMet,
  // A StorageVersionMigration names the version of its resource.
  kVersionOfMigration,
  // A Pod that is being deleted keeps a final phase.
  kFinalPhaseOverTerminating,
  // An HPA's resource metrics have the resource's name before them.
  kNameOfResourceMetric,
  // Init containers that go on running count as containers.
  kSidecars,
  // A Pod that waits for scheduling gates says so.
  kSchedulingGated,
  // How long ago a container was last restarted.
  kAgeOfRestart,
  // A claim to be freed says so.
  kDeallocating,
};
bool ServerPrints(Variant variant, ServerMinor server);

// The columns that such a server has of a kind ("nodes", "jobs.batch"), in its
// order, by name: "Name, Age". None: the kind's own, as it stands.
std::optional<std::string_view> ServerColumns(std::string_view resource,
                                              ServerMinor server);

}  // namespace kubescribe::kube
