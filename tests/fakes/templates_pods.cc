#include "fakes/templates.h"

namespace kubescribe::fakes {

const Template& PodTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","generateName":"${owner}-","namespace":"${ns}",
"uid":"${uid}","resourceVersion":"${rv}","generation":1,
"creationTimestamp":"${created}",${deletion}"labels":{"app":"${app}",
${labels}},"annotations":{
"prometheus.io/port":"8080","prometheus.io/scrape":"true"},
"ownerReferences":[{"apiVersion":"${owner_api}","kind":"${owner_kind}",
"name":"${owner}","uid":"${owner_uid}","controller":true,
"blockOwnerDeletion":true}],"managedFields":[{
"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:annotations":{".":{},"f:prometheus.io/port":{},"f:prometheus.io/scrape":{
}},"f:generateName":{},"f:labels":{".":{},"f:app":{},
${label_fields}},"f:ownerReferences":{".":{},"k:{\"uid\":\"${owner_uid}\"}":{}}},
"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:args":{},"f:env":{
".":{},"k:{\"name\":\"LOG_LEVEL\"}":{".":{},"f:name":{},"f:value":{}},"k:{
\"name\":\"REGION\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},
"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{
\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},
"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},
"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}},
"f:terminationMessagePath":{},"f:terminationMessagePolicy":{},
"f:livenessProbe":{".":{},"f:failureThreshold":{},"f:httpGet":{".":{},
"f:path":{},"f:port":{},"f:scheme":{}},"f:periodSeconds":{},
"f:successThreshold":{},"f:timeoutSeconds":{}},"f:readinessProbe":{".":{},
"f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"f:port":{},
"f:scheme":{}},"f:periodSeconds":{},"f:successThreshold":{},
"f:timeoutSeconds":{}},"f:volumeMounts":{".":{},"k:{
\"mountPath\":\"/etc/app\"}":{".":{},"f:mountPath":{},"f:name":{},
"f:readOnly":{}}}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{
},"f:securityContext":{},"f:terminationGracePeriodSeconds":{},
"f:enableServiceLinks":{},"f:volumes":{".":{},"k:{\"name\":\"config\"}":{".":{
},"f:configMap":{".":{},"f:defaultMode":{},"f:name":{}},"f:name":{
}}}}}}${status_fields}]},"spec":{"volumes":[{"name":"config","configMap":{
"name":"${app}","defaultMode":420}},{"name":"kube-api-access-${suffix}",
"projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,
"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{
"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{
"path":"namespace","fieldRef":{"apiVersion":"v1",
"fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}],"containers":[{
"name":"app","image":"${image}","args":["--listen=:8080",
"--config=/etc/app/app.yaml"],"ports":[{"name":"http","containerPort":8080,
"protocol":"TCP"}],"env":[{"name":"LOG_LEVEL","value":"info"},{
"name":"REGION","value":"eu-1"}],"resources":{"limits":{"cpu":"500m",
"memory":"512Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},
"terminationMessagePath":"/dev/termination-log",
"terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",
"volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/app"},{
"name":"kube-api-access-${suffix}","readOnly":true,
"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],
"livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},
"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,
"failureThreshold":3},"readinessProbe":{"httpGet":{"path":"/readyz",
"port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,
"successThreshold":1,"failureThreshold":3}}],"restartPolicy":"${restart}",
"terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",
"serviceAccountName":"default","serviceAccount":"default",
${node_field}"securityContext":{},"schedulerName":"default-scheduler",
"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists",
"effect":"NoExecute","tolerationSeconds":300},{
"key":"node.kubernetes.io/unreachable","operator":"Exists",
"effect":"NoExecute","tolerationSeconds":300}],"priority":0,
"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},
"status":{"phase":"${phase}",${status}"qosClass":"Burstable"}})json");
  return text;
}

const Template& PodStatusFieldsTemplate() {
  static const Template text(R"json(
,{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:conditions":{"k:{
\"type\":\"ContainersReady\"}":{".":{},"f:lastProbeTime":{},
"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{
\"type\":\"Initialized\"}":{".":{},"f:lastProbeTime":{},
"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{
\"type\":\"PodReadyToStartContainers\"}":{".":{},"f:lastProbeTime":{},
"f:lastTransitionTime":{},"f:status":{},"f:type":{}},"k:{
\"type\":\"Ready\"}":{".":{},"f:lastProbeTime":{},"f:lastTransitionTime":{},
"f:status":{},"f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},
"f:hostIPs":{},"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{
\"ip\":\"${ip}\"}":{".":{},"f:ip":{}}},"f:startTime":{}}},
"subresource":"status"})json");
  return text;
}

const Template& PodStatusTemplate() {
  static const Template text(R"json(
"conditions":[{"type":"PodReadyToStartContainers","status":"${sandbox}",
"lastProbeTime":null,"lastTransitionTime":"${time}"},{"type":"Initialized",
"status":"True","lastProbeTime":null,"lastTransitionTime":"${created}"${
reason}},{"type":"Ready","status":"${all_ready}","lastProbeTime":null,
"lastTransitionTime":"${time}"${reason}},{"type":"ContainersReady",
"status":"${all_ready}","lastProbeTime":null,"lastTransitionTime":"${time}"${
reason}},{"type":"PodScheduled","status":"True","lastProbeTime":null,
"lastTransitionTime":"${created}"}],"hostIP":"${host_ip}","hostIPs":[{
"ip":"${host_ip}"}],"podIP":"${ip}","podIPs":[{"ip":"${ip}"}],
"startTime":"${created}","containerStatuses":[{"name":"app","state":${state},
"lastState":${last_state},"ready":${ready},"restartCount":${restarts},
"image":"${image}","imageID":"${image}@sha256:${image_hash}",
"containerID":"containerd://${container_id}","started":${ready}}],)json");
  return text;
}

const Template& ScheduledStatusTemplate() {
  static const Template text(R"json(
"conditions":[{"type":"PodScheduled","status":"True","lastProbeTime":null,
"lastTransitionTime":"${created}"}],)json");
  return text;
}

const Template& WaitingTemplate() {
  static const Template text(R"({"waiting":{"reason":"ContainerCreating"}})");
  return text;
}

const Template& CrashedTemplate() {
  static const Template text(R"json(
{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 10s restarting fail
ed container=app pod=${name}_${ns}(${uid})"}})json");
  return text;
}

const Template& RunningTemplate() {
  static const Template text(R"({"running":{"startedAt":"${time}"}})");
  return text;
}

const Template& TerminatedTemplate() {
  static const Template text(R"json(
{"terminated":{"exitCode":${exit_code},"reason":"${exit_reason}",
"startedAt":"${created}","finishedAt":"${time}",
"containerID":"containerd://${container_id}"}})json");
  return text;
}

const Template& DeletionTemplate() {
  static const Template text(R"json(
"deletionTimestamp":"${deadline}","deletionGracePeriodSeconds":30,)json");
  return text;
}

const PodOwnerTemplates& PodOwner(PodOwnerKind kind) {
  static const Template set_labels(
      R"("pod-template-hash":"${hash}","tier":"backend")");
  static const Template set_fields(R"("f:pod-template-hash":{},"f:tier":{})");
  static const Template stateful_labels(R"json(
"apps.kubernetes.io/pod-index":"${index}",
"controller-revision-hash":"${owner}-${hash}",
"statefulset.kubernetes.io/pod-name":"${name}")json");
  static const Template stateful_fields(R"json(
"f:apps.kubernetes.io/pod-index":{},"f:controller-revision-hash":{},
"f:statefulset.kubernetes.io/pod-name":{})json");
  static const Template daemon_labels(R"json(
"controller-revision-hash":"${hash}","pod-template-generation":"${index}")json");
  static const Template daemon_fields(
      R"("f:controller-revision-hash":{},"f:pod-template-generation":{})");
  static const Template job_labels(R"json(
"batch.kubernetes.io/controller-uid":"${owner_uid}",
"batch.kubernetes.io/job-name":"${owner}",
"controller-uid":"${owner_uid}","job-name":"${owner}")json");
  static const Template job_fields(R"json(
"f:batch.kubernetes.io/controller-uid":{},
"f:batch.kubernetes.io/job-name":{},"f:controller-uid":{},
"f:job-name":{})json");
  static const PodOwnerTemplates all[] = {
      {"apps/v1", "ReplicaSet", "replicasets.apps", set_labels, set_fields},
      {"apps/v1", "StatefulSet", "statefulsets.apps", stateful_labels,
       stateful_fields},
      {"apps/v1", "DaemonSet", "daemonsets.apps", daemon_labels, daemon_fields},
      {"batch/v1", "Job", "jobs.batch", job_labels, job_fields},
  };
  return all[static_cast<int>(kind)];
}

}  // namespace kubescribe::fakes
