#include "output/describe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

struct KindEntry {
  std::string_view group;
  std::string_view kind;
  Describer describer;
};

constexpr auto kKinds = std::to_array<KindEntry>({
    {"", "ConfigMap", DescribeConfigMap},
    {"", "Endpoints", DescribeEndpoints},
    {"", "LimitRange", DescribeLimitRange},
    {"", "Namespace", DescribeNamespace},
    {"", "Node", DescribeNode},
    {"", "PersistentVolume", DescribePersistentVolume},
    {"", "PersistentVolumeClaim", DescribePersistentVolumeClaim},
    {"", "Pod", DescribePod},
    {"", "ReplicationController", DescribeReplicationController},
    {"", "ResourceQuota", DescribeResourceQuota},
    {"", "Secret", DescribeSecret},
    {"", "Service", DescribeService},
    {"", "ServiceAccount", DescribeServiceAccount},
    {"apps", "DaemonSet", DescribeDaemonSet},
    {"apps", "Deployment", DescribeDeployment},
    {"apps", "ReplicaSet", DescribeReplicaSet},
    {"apps", "StatefulSet", DescribeStatefulSet},
    {"autoscaling", "HorizontalPodAutoscaler", DescribeHorizontalPodAutoscaler},
    {"batch", "CronJob", DescribeCronJob},
    {"batch", "Job", DescribeJob},
    {"certificates.k8s.io", "CertificateSigningRequest",
     DescribeCertificateSigningRequest},
    {"discovery.k8s.io", "EndpointSlice", DescribeEndpointSlice},
    {"networking.k8s.io", "IPAddress", DescribeIpAddress},
    {"networking.k8s.io", "Ingress", DescribeIngress},
    {"networking.k8s.io", "IngressClass", DescribeIngressClass},
    {"networking.k8s.io", "NetworkPolicy", DescribeNetworkPolicy},
    {"networking.k8s.io", "ServiceCIDR", DescribeServiceCidr},
    {"policy", "PodDisruptionBudget", DescribePodDisruptionBudget},
    {"rbac.authorization.k8s.io", "ClusterRole", DescribeRole},
    {"rbac.authorization.k8s.io", "ClusterRoleBinding", DescribeRoleBinding},
    {"rbac.authorization.k8s.io", "Role", DescribeRole},
    {"rbac.authorization.k8s.io", "RoleBinding", DescribeRoleBinding},
    {"scheduling.k8s.io", "PriorityClass", DescribePriorityClass},
    {"storage.k8s.io", "CSINode", DescribeCsiNode},
    {"storage.k8s.io", "StorageClass", DescribeStorageClass},
    {"storage.k8s.io", "VolumeAttributesClass", DescribeVolumeAttributesClass},
});

Describer DescriberOf(const DescribeRequest& request) {
  const auto* const entry =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KindEntry& kind) {
        return kind.group == request.resource.group &&
               kind.kind == request.kind;
      });
  return entry == kKinds.end() ? DescribeGeneric : entry->describer;
}

}  // namespace

Result<std::string> Describe(const DescribeRequest& request, Related& related) {
  const Subject subject(request, related);
  Sheet sheet;
  DescriberOf(request)(subject, sheet);
  if (!subject.status().ok()) return subject.status().error();
  return sheet.Text();
}

}  // namespace kubescribe::output
