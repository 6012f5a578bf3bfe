#include "fakes/templates.h"

namespace kubescribe::fakes {

const Template& CertificateTemplate() {
  static const Template text(R"json(
{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":
"{\"apiVersion\":\"cert-manager.io/v1\",\"kind\":\"Certificate\",\"metadata\":{
\"annotations\":{},\"name\":\"${name}\",\"namespace\":\"${ns}\"}}\n"},
"creationTimestamp":"${created}","generation":${generation},"managedFields":[{
"apiVersion":"cert-manager.io/v1","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:annotations":{".":{},
"f:kubectl.kubernetes.io/last-applied-configuration":{}}},"f:spec":{".":{},
"f:dnsNames":{},"f:duration":{},"f:issuerRef":{".":{},"f:group":{},
"f:kind":{},"f:name":{}},"f:privateKey":{".":{},"f:algorithm":{},
"f:rotationPolicy":{},"f:size":{}},"f:renewBefore":{},"f:secretName":{},
"f:usages":{}}},"manager":"kubectl-client-side-apply","operation":"Update",
"time":"${created}"},{"apiVersion":"cert-manager.io/v1",
"fieldsType":"FieldsV1","fieldsV1":{"f:status":{".":{},"f:conditions":{".":{},
"k:{\"type\":\"Ready\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},
"f:observedGeneration":{},"f:reason":{},"f:status":{},"f:type":{}}},
"f:notAfter":{},"f:notBefore":{},"f:renewalTime":{},"f:revision":{}}},
"manager":"cert-manager-certificates-readiness","operation":"Update",
"subresource":"status","time":"${time}"}],"name":"${name}",
"namespace":"${ns}","resourceVersion":"${rv}","uid":"${uid}"},"spec":{
"dnsNames":["${name}.example.com","www.${name}.example.com"],
"duration":"2160h0m0s","issuerRef":{"group":"cert-manager.io",
"kind":"ClusterIssuer","name":"letsencrypt"},"privateKey":{
"algorithm":"ECDSA","rotationPolicy":"Always","size":256},
"renewBefore":"360h0m0s","secretName":"${name}-tls","usages":["digital
 signature","key encipherment"]},"status":{"conditions":[{
"lastTransitionTime":"${time}","message":"${message}",
"observedGeneration":${generation},"reason":"${reason}","status":"${status}",
"type":"Ready"}],"notAfter":"${after}","notBefore":"${time}",
"renewalTime":"${time}","revision":${revision}}})json");
  return text;
}

const Template& ServiceMonitorTemplate() {
  static const Template text(R"json(
{"metadata":{"annotations":{"meta.helm.sh/release-name":"monitoring",
"meta.helm.sh/release-namespace":"${ns}"},"creationTimestamp":"${created}",
"generation":${generation},"labels":{"app.kubernetes.io/instance":"monitoring",
"app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/name":"${name}",
"helm.sh/chart":"kube-prometheus-stack-65.${revision}.0",
"release":"monitoring"},"managedFields":[{
"apiVersion":"monitoring.coreos.com/v1","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:annotations":{".":{},"f:meta.helm.sh/release-name":{},
"f:meta.helm.sh/release-namespace":{}},"f:labels":{".":{},
"f:app.kubernetes.io/instance":{},"f:app.kubernetes.io/managed-by":{},
"f:app.kubernetes.io/name":{},"f:helm.sh/chart":{},"f:release":{}}},"f:spec":{
".":{},"f:endpoints":{},"f:jobLabel":{},"f:namespaceSelector":{".":{},
"f:matchNames":{}},"f:selector":{}}},"manager":"helm","operation":"Update",
"time":"${time}"}],"name":"${name}","namespace":"${ns}",
"resourceVersion":"${rv}","uid":"${uid}"},"spec":{"endpoints":[{
"bearerTokenFile":"/var/run/secrets/kubernetes.io/serviceaccount/token",
"honorLabels":true,"interval":"${interval}s","metricRelabelings":[{
"action":"drop","regex":"go_gc_.*","sourceLabels":["__name__"]}],
"path":"/metrics","port":"http","scheme":"https","tlsConfig":{
"insecureSkipVerify":true}}],"jobLabel":"app.kubernetes.io/name",
"namespaceSelector":{"matchNames":["${ns}"]},"selector":{"matchLabels":{
"app":"${name}"}}}})json");
  return text;
}

const Template& ApplicationTemplate() {
  static const Template text(R"json(
{"metadata":{"creationTimestamp":"${created}",
"finalizers":["resources-finalizer.argocd.argoproj.io"],
"generation":${generation},"managedFields":[{
"apiVersion":"argoproj.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:finalizers":{".":{},
"v:\"resources-finalizer.argocd.argoproj.io\"":{}}},"f:spec":{".":{},
"f:destination":{".":{},"f:namespace":{},"f:server":{}},"f:project":{},
"f:source":{".":{},"f:path":{},"f:repoURL":{},"f:targetRevision":{}},
"f:syncPolicy":{}}},"manager":"argocd-server","operation":"Update",
"time":"${created}"},{"apiVersion":"argoproj.io/v1alpha1",
"fieldsType":"FieldsV1","fieldsV1":{"f:status":{".":{},"f:health":{},
"f:history":{},"f:reconciledAt":{},"f:resources":{},"f:sourceType":{},
"f:summary":{},"f:sync":{}}},"manager":"argocd-application-controller",
"operation":"Update","time":"${time}"}],"name":"${name}","namespace":"${ns}",
"resourceVersion":"${rv}","uid":"${uid}"},"spec":{"destination":{
"namespace":"${ns}","server":"https://kubernetes.default.svc"},
"project":"default","source":{"path":"deploy/${name}",
"repoURL":"https://git.example.com/team/${name}.git","targetRevision":"main"},
"syncPolicy":{"automated":{"prune":true,"selfHeal":true}}},"status":{
"controllerNamespace":"argocd","health":{"status":"${message}"},"history":[{
"deployStartedAt":"${created}","deployedAt":"${time}","id":${revision},
"revision":"${commit}","source":{"path":"deploy/${name}",
"repoURL":"https://git.example.com/team/${name}.git",
"targetRevision":"main"}}],"reconciledAt":"${time}","resources":[{
"group":"apps","health":{"status":"${message}"},"kind":"Deployment",
"name":"${name}","namespace":"${ns}","status":"${status}","version":"v1"},{
"kind":"ConfigMap","name":"${name}","namespace":"${ns}","status":"${status}",
"version":"v1"},{"kind":"Service","name":"${name}","namespace":"${ns}",
"status":"Synced","version":"v1"}],"sourceType":"Kustomize","summary":{
"images":["registry.example/team/${name}:v1.${revision}.0"]},"sync":{
"comparedTo":{"destination":{"namespace":"${ns}",
"server":"https://kubernetes.default.svc"},"source":{
"path":"deploy/${name}",
"repoURL":"https://git.example.com/team/${name}.git",
"targetRevision":"main"}},"revision":"${commit}","status":"${status}"}}}
)json");
  return text;
}

const Template& PostgresTemplate() {
  static const Template text(R"json(
{"metadata":{"creationTimestamp":"${created}","generation":${generation},
"managedFields":[{"apiVersion":"postgresql.cnpg.io/v1",
"fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"f:bootstrap":{".":{},
"f:initdb":{".":{},"f:database":{},"f:owner":{}}},"f:imageName":{},
"f:instances":{},"f:monitoring":{},"f:postgresql":{},"f:storage":{".":{},
"f:size":{}}}},"manager":"kubectl-create","operation":"Update",
"time":"${created}"},{"apiVersion":"postgresql.cnpg.io/v1",
"fieldsType":"FieldsV1","fieldsV1":{"f:status":{".":{},"f:certificates":{},
"f:conditions":{},"f:currentPrimary":{},"f:currentPrimaryTimestamp":{},
"f:healthyPVC":{},"f:instanceNames":{},"f:instances":{},
"f:instancesStatus":{},"f:phase":{},"f:readyInstances":{},
"f:targetPrimary":{},"f:timelineID":{}}},"manager":"manager",
"operation":"Update","subresource":"status","time":"${time}"}],
"name":"${name}","namespace":"${ns}","resourceVersion":"${rv}",
"uid":"${uid}"},"spec":{"bootstrap":{"initdb":{"database":"app",
"owner":"app"}},"imageName":"ghcr.io/cloudnative-pg/postgresql:17.2",
"instances":3,"monitoring":{"enablePodMonitor":true},"postgresql":{
"parameters":{"max_connections":"200","shared_buffers":"256MB",
"wal_keep_size":"512MB"}},"storage":{"size":"20Gi"}},"status":{
"certificates":{"clientCASecret":"${name}-ca","expirations":{
"${name}-ca":"${after}","${name}-server":"${after}"},
"serverTLSSecret":"${name}-server"},"conditions":[{
"lastTransitionTime":"${time}","message":"${message}","reason":"${reason}",
"status":"${status}","type":"Ready"}],"currentPrimary":"${name}-${primary}",
"currentPrimaryTimestamp":"${time}","healthyPVC":["${name}-1","${name}-2",
"${name}-3"],"instanceNames":["${name}-1","${name}-2","${name}-3"],
"instances":3,"instancesStatus":{"healthy":["${name}-1","${name}-2",
"${name}-3"]},"phase":"${message}","readyInstances":${ready},
"targetPrimary":"${name}-${primary}","timelineID":${revision}}})json");
  return text;
}

}  // namespace kubescribe::fakes
