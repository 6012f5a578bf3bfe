#include "kube/printer_versions.h"

#include <charconv>
#include <string>

namespace kubescribe::kube {
namespace {

// Minor versions of 1.x, both included.
constexpr int kFirst = 0;
constexpr int kNewest = 1000;

struct VariantRow {
  Variant variant;
  int since;
  int until;
};

constexpr VariantRow kVariants[] = {
    {Variant::kFailureOverCompleted, 35, kNewest},
    {Variant::kFinalPhaseOverTerminating, 31, kNewest},
    {Variant::kSidecars, 28, kNewest},
    {Variant::kSchedulingGated, 26, kNewest},
    {Variant::kAgeOfRestart, 22, kNewest},
    {Variant::kSuccessCriteriaMet, 34, kNewest},
    {Variant::kNameOfResourceMetric, 30, kNewest},
    {Variant::kArchitectureOfKernel, 36, kNewest},
    {Variant::kDefaultIngressClass, 36, kNewest},
    {Variant::kDefaultVolumeAttributesClass, kFirst, 33},
    {Variant::kVersionOfMigration, kFirst, 34},
    {Variant::kDeallocating, kFirst, 31},
};

struct ColumnRow {
  std::string_view resource;
  int since;
  int until;
  std::string_view columns;
};

constexpr ColumnRow kColumns[] = {
    {"serviceaccounts", kFirst, 34, "Name, Secrets, Age"},
    {"resourcequotas", kFirst, 32, "Name, Age, Request, Limit"},
    {"jobs.batch", kFirst, 29,
     "Name, Completions, Duration, Age, Containers, Images, Selector"},
    {"cronjobs.batch", kFirst, 29,
     "Name, Schedule, Suspend, Active, Last Schedule, Age, Containers, Images, "
     "Selector"},
    {"persistentvolumes", kFirst, 28,
     "Name, Capacity, Access Modes, Reclaim Policy, Status, Claim, "
     "StorageClass, Reason, Age, VolumeMode"},
    {"persistentvolumeclaims", kFirst, 28,
     "Name, Status, Volume, Capacity, Access Modes, StorageClass, Age, "
     "VolumeMode"},
    {"certificatesigningrequests.certificates.k8s.io", kFirst, 21,
     "Name, Age, SignerName, Requestor, Condition"},
    {"podcertificaterequests.certificates.k8s.io", kFirst, 34,
     "Name, PodName, ServiceAccountName, NodeName, SignerName, State"},
    {"priorityclasses.scheduling.k8s.io", kFirst, 31,
     "Name, Value, Global-Default, Age"},
    {"prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", kFirst, 25,
     "Name, Type, AssuredConcurrencyShares, Queues, HandSize, "
     "QueueLengthLimit, Age"},
    {"storageversionmigrations.storagemigration.k8s.io", kFirst, 34,
     "Name, Resource"},
    {"resourceclaims.resource.k8s.io", kFirst, 30,
     "Name, ResourceClassName, AllocationMode, State, Age"},
    {"resourceclaimtemplates.resource.k8s.io", kFirst, 30,
     "Name, ResourceClassName, AllocationMode, Age"},
};

}  // namespace

ServerMinor ParseServerMinor(std::string_view server_version) {
  if (!server_version.empty() && server_version.front() == 'v') {
    server_version.remove_prefix(1);
  }
  constexpr std::string_view kMajor = "1.";
  int minor = 0;
  if (server_version.substr(0, kMajor.size()) != kMajor) return {kNewest};
  const char* const end = server_version.data() + server_version.size();
  const auto parsed =
      std::from_chars(server_version.data() + kMajor.size(), end, minor);
  return {parsed.ec == std::errc() && minor >= 0 ? minor : kNewest};
}

bool ServerPrints(Variant variant, ServerMinor server) {
  for (const VariantRow& row : kVariants) {
    if (row.variant == variant) {
      return server.value >= row.since && server.value <= row.until;
    }
  }
  return false;
}

std::optional<std::string_view> ServerColumns(std::string_view resource,
                                              ServerMinor server) {
  for (const ColumnRow& row : kColumns) {
    if (row.resource == resource && server.value >= row.since &&
        server.value <= row.until) {
      return row.columns;
    }
  }
  return std::nullopt;
}

}  // namespace kubescribe::kube
