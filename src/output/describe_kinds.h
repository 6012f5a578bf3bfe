// The describers, one a kind. Private to src/output.
#pragma once

#include "output/describe_parts.h"

namespace kubescribe::output {

using Describer = void (*)(const Subject&, Sheet&);

void DescribeCertificateSigningRequest(const Subject& subject, Sheet& sheet);
void DescribeConfigMap(const Subject& subject, Sheet& sheet);
void DescribeCronJob(const Subject& subject, Sheet& sheet);
void DescribeCsiNode(const Subject& subject, Sheet& sheet);
void DescribeDaemonSet(const Subject& subject, Sheet& sheet);
void DescribeDeployment(const Subject& subject, Sheet& sheet);
void DescribeEndpoints(const Subject& subject, Sheet& sheet);
void DescribeEndpointSlice(const Subject& subject, Sheet& sheet);
void DescribeGeneric(const Subject& subject, Sheet& sheet);
void DescribeHorizontalPodAutoscaler(const Subject& subject, Sheet& sheet);
void DescribeIngress(const Subject& subject, Sheet& sheet);
void DescribeIngressClass(const Subject& subject, Sheet& sheet);
void DescribeIpAddress(const Subject& subject, Sheet& sheet);
void DescribeJob(const Subject& subject, Sheet& sheet);
void DescribeLimitRange(const Subject& subject, Sheet& sheet);
void DescribeNamespace(const Subject& subject, Sheet& sheet);
void DescribeNetworkPolicy(const Subject& subject, Sheet& sheet);
void DescribeNode(const Subject& subject, Sheet& sheet);
void DescribePersistentVolume(const Subject& subject, Sheet& sheet);
void DescribePersistentVolumeClaim(const Subject& subject, Sheet& sheet);
void DescribePod(const Subject& subject, Sheet& sheet);
void DescribePodDisruptionBudget(const Subject& subject, Sheet& sheet);
void DescribePriorityClass(const Subject& subject, Sheet& sheet);
void DescribeReplicaSet(const Subject& subject, Sheet& sheet);
void DescribeReplicationController(const Subject& subject, Sheet& sheet);
void DescribeResourceQuota(const Subject& subject, Sheet& sheet);
// Role and ClusterRole.
void DescribeRole(const Subject& subject, Sheet& sheet);
// RoleBinding and ClusterRoleBinding.
void DescribeRoleBinding(const Subject& subject, Sheet& sheet);
void DescribeSecret(const Subject& subject, Sheet& sheet);
void DescribeService(const Subject& subject, Sheet& sheet);
void DescribeServiceAccount(const Subject& subject, Sheet& sheet);
void DescribeServiceCidr(const Subject& subject, Sheet& sheet);
void DescribeStatefulSet(const Subject& subject, Sheet& sheet);
void DescribeStorageClass(const Subject& subject, Sheet& sheet);
void DescribeVolumeAttributesClass(const Subject& subject, Sheet& sheet);

}  // namespace kubescribe::output
