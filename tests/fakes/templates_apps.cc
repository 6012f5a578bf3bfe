#include <string>

#include "fakes/templates.h"

namespace kubescribe::fakes {
namespace {

// The Pods that controllers ask for.
const std::string kPodTemplate = R"json(
"template":{"metadata":{"labels":{"app":"${app}","tier":"backend"}},"spec":{
"containers":[{"name":"app","image":"${image}","args":["--listen=:8080",
"--config=/etc/app/app.yaml"],"ports":[{"name":"http","containerPort":8080,
"protocol":"TCP"}],"env":[{"name":"LOG_LEVEL","value":"info"},{
"name":"REGION","value":"eu-1"}],"resources":{"limits":{"cpu":"500m",
"memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},
"terminationMessagePath":"/dev/termination-log",
"terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
"restartPolicy":"Always","terminationGracePeriodSeconds":30,
"dnsPolicy":"ClusterFirst","securityContext":{},
"schedulerName":"default-scheduler"}})json";
const std::string kPodFields = R"json(
"f:template":{"f:metadata":{"f:labels":{
".":{},"f:app":{},"f:tier":{}}},"f:spec":{"f:containers":{"k:{
\"name\":\"app\"}":{".":{},"f:args":{},"f:env":{".":{},"k:{
\"name\":\"LOG_LEVEL\"}":{".":{},"f:name":{},"f:value":{}},"k:{
\"name\":\"REGION\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},
"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{
\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},
"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},
"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},
"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},
"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}})json";

// managedFields: who wrote the spec, and who the status.
const std::string kOwnedBy = R"json(
{"manager":"kubectl-client-side-apply","operation":"Update",
"apiVersion":"${api}","time":"${applied}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{)json";
const std::string kStatusBy = R"json(
}}},{"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"${api}","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:status":{)json";

}  // namespace

const Template& DeploymentTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":${generation},
"creationTimestamp":"${created}","labels":{"app":"${app}"},"annotations":{
"deployment.kubernetes.io/revision":"${revision}"},"managedFields":[{
"manager":"kubectl-client-side-apply","operation":"Update",
"apiVersion":"apps/v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{
"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},
"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},
"f:maxUnavailable":{}},"f:type":{}},)json" +
                             kPodFields + R"json(}}},{
"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"apps/v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:annotations":{".":{},"f:deployment.kubernetes.io/revision":{
}}},"f:status":{"f:availableReplicas":{},"f:conditions":{".":{},"k:{
\"type\":\"Available\"}":{".":{},"f:status":{},"f:type":{}}},
"f:observedGeneration":{},"f:readyReplicas":{},"f:replicas":{},
"f:updatedReplicas":{}}},"subresource":"status"}]},"spec":{
"replicas":${replicas},"selector":{"matchLabels":{"app":"${app}"}},
)json" + kPodTemplate + R"json(,"strategy":{"type":"RollingUpdate",
"rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},
"revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{
"observedGeneration":${generation},"replicas":${replicas},
"updatedReplicas":${updated},"readyReplicas":${ready},
"availableReplicas":${ready},"conditions":[{"type":"Available",
"status":"True","lastUpdateTime":"${time}","lastTransitionTime":"${created}",
"reason":"MinimumReplicasAvailable",
"message":"Deployment has minimum availability."},{"type":"Progressing",
"status":"True","lastUpdateTime":"${time}","lastTransitionTime":"${created}",
"reason":"NewReplicaSetAvailable","message":"ReplicaSet \"${
app}\" has successfully progressed."}]}})json");
  return text;
}

const Template& ReplicaSetTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":${generation},
"creationTimestamp":"${created}","labels":{"app":"${app}",
"pod-template-hash":"${hash}","tier":"backend"},"annotations":{
"deployment.kubernetes.io/desired-replicas":"${replicas}",
"deployment.kubernetes.io/max-replicas":"${replicas}",
"deployment.kubernetes.io/revision":"${revision}"},"ownerReferences":[{
"apiVersion":"apps/v1","kind":"Deployment","name":"${owner}",
"uid":"${owner_uid}","controller":true,"blockOwnerDeletion":true}],
"managedFields":[{"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"apps/v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:annotations":{".":{},
"f:deployment.kubernetes.io/desired-replicas":{},
"f:deployment.kubernetes.io/max-replicas":{},
"f:deployment.kubernetes.io/revision":{}},"f:labels":{".":{},"f:app":{},
"f:pod-template-hash":{},"f:tier":{}},"f:ownerReferences":{".":{},"k:{
\"uid\":\"${owner_uid}\"}":{}}},"f:spec":{"f:replicas":{},"f:selector":{},
)json" + kPodFields + R"json(}}}]},"spec":{
"replicas":${replicas},"selector":{"matchLabels":{"app":"${app}",
"pod-template-hash":"${hash}"}},"template":{"metadata":{"labels":{
"app":"${app}","tier":"backend","pod-template-hash":"${hash}"}},"spec":{
"containers":[{"name":"app","image":"${image}","args":["--listen=:8080",
"--config=/etc/app/app.yaml"],"ports":[{"name":"http","containerPort":8080,
"protocol":"TCP"}],"env":[{"name":"LOG_LEVEL","value":"info"},{
"name":"REGION","value":"eu-1"}],"resources":{"limits":{"cpu":"500m",
"memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},
"terminationMessagePath":"/dev/termination-log",
"terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
"restartPolicy":"Always","terminationGracePeriodSeconds":30,
"dnsPolicy":"ClusterFirst","securityContext":{},
"schedulerName":"default-scheduler"}}},"status":{"replicas":${replicas},
"fullyLabeledReplicas":${replicas},"readyReplicas":${ready},
"availableReplicas":${ready},"observedGeneration":${generation}}})json");
  return text;
}

const Template& StatefulSetTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":${generation},
"creationTimestamp":"${created}","labels":{"app":"${app}"},"managedFields":[
)json" + kOwnedBy + R"json(
"f:podManagementPolicy":{},"f:replicas":{},"f:revisionHistoryLimit":{},
"f:selector":{},"f:serviceName":{},)json" +
                             kPodFields + R"json(,
"f:updateStrategy":{"f:rollingUpdate":{".":{},"f:partition":{}},"f:type":{}}
)json" + kStatusBy + R"json(
"f:availableReplicas":{},"f:collisionCount":{},"f:currentReplicas":{},
"f:currentRevision":{},"f:observedGeneration":{},"f:readyReplicas":{},
"f:replicas":{},"f:updateRevision":{},"f:updatedReplicas":{}}},
"subresource":"status"}]},"spec":{"replicas":${replicas},"selector":{
"matchLabels":{"app":"${app}"}},)json" +
                             kPodTemplate + R"json(,
"serviceName":"${name}","podManagementPolicy":"OrderedReady",
"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}},
"revisionHistoryLimit":10,
"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain",
"whenScaled":"Retain"}},"status":{"observedGeneration":${generation},
"replicas":${replicas},"readyReplicas":${ready},"currentReplicas":${current},
"updatedReplicas":${updated},"currentRevision":"${name}-${old_hash}",
"updateRevision":"${name}-${hash}","collisionCount":0,
"availableReplicas":${ready}}})json");
  return text;
}

const Template& ControllerRevisionTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","labels":{
"app":"${app}","controller.kubernetes.io/hash":"${hash}"},
"ownerReferences":[{"apiVersion":"apps/v1","kind":"${owner_kind}",
"name":"${owner}","uid":"${owner_uid}","controller":true,
"blockOwnerDeletion":true}],"managedFields":[{
"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"apps/v1","time":"${created}","fieldsType":"FieldsV1",
"fieldsV1":{"f:data":{},"f:metadata":{"f:labels":{".":{},"f:app":{},
"f:controller.kubernetes.io/hash":{}},"f:ownerReferences":{".":{},"k:{
\"uid\":\"${owner_uid}\"}":{}}},"f:revision":{}}}]},"data":{"spec":{
)json" + kPodTemplate + R"json(}},"revision":${revision}})json");
  return text;
}

const Template& DaemonSetTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":${generation},
"creationTimestamp":"${created}","labels":{"app":"${app}"},"annotations":{
"deprecated.daemonset.template.generation":"${generation}"},"managedFields":[
)json" + kOwnedBy + R"json(
"f:revisionHistoryLimit":{},"f:selector":{},)json" +
                             kPodFields + R"json(,
"f:updateStrategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},
"f:maxUnavailable":{}},"f:type":{}})json" +
                             kStatusBy + R"json(
"f:currentNumberScheduled":{},"f:desiredNumberScheduled":{},
"f:numberAvailable":{},"f:numberReady":{},"f:observedGeneration":{},
"f:updatedNumberScheduled":{}}},"subresource":"status"}]},"spec":{"selector":{
"matchLabels":{"app":"${app}"}},)json" +
                             kPodTemplate + R"json(,
"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1,
"maxSurge":0}},"revisionHistoryLimit":10},"status":{
"currentNumberScheduled":${replicas},"numberMisscheduled":0,
"desiredNumberScheduled":${replicas},"numberReady":${ready},
"observedGeneration":${generation},"updatedNumberScheduled":${updated},
"numberAvailable":${ready}}})json");
  return text;
}

const Template& JobTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":1,"creationTimestamp":"${created}",
${deletion}"labels":{"app":"${app}",
"batch.kubernetes.io/controller-uid":"${uid}",
"batch.kubernetes.io/job-name":"${name}","controller-uid":"${uid}",
"job-name":"${name}"},"annotations":{
"batch.kubernetes.io/cronjob-scheduled-timestamp":"${created}"},
"ownerReferences":[{"apiVersion":"batch/v1","kind":"CronJob",
"name":"${owner}","uid":"${owner_uid}","controller":true,
"blockOwnerDeletion":true}],"managedFields":[{
"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"batch/v1","time":"${created}","fieldsType":"FieldsV1",
"fieldsV1":{"f:metadata":{"f:ownerReferences":{".":{},"k:{
\"uid\":\"${owner_uid}\"}":{}}},"f:spec":{"f:backoffLimit":{},
"f:completionMode":{},"f:completions":{},"f:parallelism":{},"f:suspend":{},
)json" + kPodFields + R"json(,"f:ttlSecondsAfterFinished":{})json" +
                             kStatusBy + R"json(
"f:active":{},"f:completionTime":{},"f:conditions":{},"f:ready":{},
"f:startTime":{},"f:succeeded":{},"f:terminating":{},
"f:uncountedTerminatedPods":{}}},"subresource":"status"}]},"spec":{
"parallelism":1,"completions":1,"backoffLimit":6,"selector":{"matchLabels":{
"batch.kubernetes.io/controller-uid":"${uid}"}},)json" +
                             kPodTemplate +
                             R"json(,"ttlSecondsAfterFinished":3600,
"completionMode":"NonIndexed","suspend":false,
"podReplacementPolicy":"TerminatingOrFailed"},"status":{${conditions}
"startTime":"${created}",${counts}"terminating":0,
"uncountedTerminatedPods":{}}})json");
  return text;
}

const Template& JobCompleteTemplate() {
  static const Template text(R"json(
"conditions":[{"type":"SuccessCriteriaMet","status":"True",
"lastProbeTime":"${time}","lastTransitionTime":"${time}",
"reason":"CompletionsReached",
"message":"Reached expected number of succeeded pods"},{"type":"Complete",
"status":"True","lastProbeTime":"${time}","lastTransitionTime":"${time}",
"reason":"CompletionsReached",
"message":"Reached expected number of succeeded pods"}],
"completionTime":"${time}",)json");
  return text;
}

const Template& CronJobTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","generation":1,"creationTimestamp":"${created}",
"labels":{"app":"${app}"},"managedFields":[)json" +
                             kOwnedBy + R"json(
"f:concurrencyPolicy":{},"f:failedJobsHistoryLimit":{},"f:jobTemplate":{
"f:spec":{)json" + kPodFields +
                             R"json(,"f:ttlSecondsAfterFinished":{}}},
"f:schedule":{},"f:successfulJobsHistoryLimit":{},"f:suspend":{})json" +
                             kStatusBy + R"json(
"f:active":{},"f:lastScheduleTime":{},"f:lastSuccessfulTime":{}}},
"subresource":"status"}]},"spec":{"schedule":"*/5 * * * *",
"concurrencyPolicy":"Forbid","suspend":false,"jobTemplate":{"metadata":{},
"spec":{)json" + kPodTemplate +
                             R"json(,"ttlSecondsAfterFinished":3600}},
"successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1},
"status":{${active}"lastScheduleTime":"${scheduled}"${successful}}})json");
  return text;
}

}  // namespace kubescribe::fakes
