// The texts of the workload's objects, full-size, as servers send them: without
// apiVersion and kind. Which holes each has is seen in its text.
#pragma once

#include "fakes/recipe.h"

namespace kubescribe::fakes {

// Of the cluster.
const Template& NamespaceTemplate();
const Template& ServiceAccountTemplate();
const Template& NodeTemplate();
const Template& LeaseTemplate();
const Template& EventTemplate();

// Controllers.
const Template& DeploymentTemplate();
const Template& ReplicaSetTemplate();
const Template& StatefulSetTemplate();
const Template& ControllerRevisionTemplate();
const Template& DaemonSetTemplate();
const Template& JobTemplate();
const Template& CronJobTemplate();
// Conditions of a Job, for its hole `conditions`.
const Template& JobCompleteTemplate();

// Pods. Below it: what goes into its holes.
const Template& PodTemplate();
const Template& PodStatusFieldsTemplate();  // status_fields
const Template& PodStatusTemplate();        // status, from the kubelet on
const Template& ScheduledStatusTemplate();  // status before that
const Template& WaitingTemplate();          // state
const Template& CrashedTemplate();
const Template& RunningTemplate();
const Template& TerminatedTemplate();
const Template& DeletionTemplate();  // deletion

enum class PodOwnerKind { kReplicaSet, kStatefulSet, kDaemonSet, kJob };
struct PodOwnerTemplates {
  const char* api_version;
  const char* kind;
  const char* resource;
  const Template& labels;
  const Template& label_fields;
};
const PodOwnerTemplates& PodOwner(PodOwnerKind kind);

// Settings.
const Template& ConfigMapTemplate();
const Template& RootCaTemplate();
const Template& SecretTemplate();
const Template& ReleaseTemplate();  // Helm's
// What `kubectl edit` and `kubectl apply` leave in managedFields.
const Template& EditedFieldsTemplate();
const Template& AppliedFieldsTemplate();

// Custom resources, with sorted keys.
const Template& CertificateTemplate();
const Template& ServiceMonitorTemplate();
const Template& ApplicationTemplate();
const Template& PostgresTemplate();

}  // namespace kubescribe::fakes
