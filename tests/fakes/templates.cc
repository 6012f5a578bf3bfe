#include "fakes/templates.h"

namespace kubescribe::fakes {

const Template& NamespaceTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","uid":"${uid}","resourceVersion":"${rv}",
"creationTimestamp":"${created}",${deletion}"labels":{
"kubernetes.io/metadata.name":"${name}"},"managedFields":[{
"manager":"kubectl-create","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:labels":{".":{},"f:kubernetes.io/metadata.name":{}}}}}]},"spec":{
"finalizers":["kubernetes"]},"status":{"phase":"${phase}"${conditions}}})json");
  return text;
}

const Template& ServiceAccountTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}"}})json");
  return text;
}

const Template& NodeTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","uid":"${uid}","resourceVersion":"${rv}",
"creationTimestamp":"${created}","labels":{"beta.kubernetes.io/arch":"amd64",
"beta.kubernetes.io/os":"linux","kubernetes.io/arch":"amd64",
"kubernetes.io/hostname":"${name}","kubernetes.io/os":"linux",
"node-role.kubernetes.io/worker":"",
"topology.kubernetes.io/zone":"zone-${zone}"},"annotations":{
"node.alpha.kubernetes.io/ttl":"0",
"volumes.kubernetes.io/controller-managed-attach-detach":"true"},
"managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:annotations":{".":{},
"f:volumes.kubernetes.io/controller-managed-attach-detach":{}},"f:labels":{
".":{},"f:beta.kubernetes.io/arch":{},"f:beta.kubernetes.io/os":{},
"f:kubernetes.io/arch":{},"f:kubernetes.io/hostname":{},"f:kubernetes.io/os":{
}}}}},{"manager":"kubelet","operation":"Update","apiVersion":"v1",
"time":"${time}","fieldsType":"FieldsV1","fieldsV1":{"f:status":{
"f:conditions":{"k:{\"type\":\"DiskPressure\"}":{"f:lastHeartbeatTime":{}},
"k:{\"type\":\"MemoryPressure\"}":{"f:lastHeartbeatTime":{}},"k:{
\"type\":\"PIDPressure\"}":{"f:lastHeartbeatTime":{}},"k:{
\"type\":\"Ready\"}":{"f:lastHeartbeatTime":{}}},"f:images":{}}},
"subresource":"status"}]},"spec":{"podCIDR":"10.${zone}.0.0/24",
"podCIDRs":["10.${zone}.0.0/24"],"providerID":"sim:///${name}"},"status":{
"capacity":{"cpu":"16","ephemeral-storage":"104845292Ki","hugepages-1Gi":"0",
"hugepages-2Mi":"0","memory":"65843064Ki","pods":"110"},"allocatable":{
"cpu":"15800m","ephemeral-storage":"96625420948","hugepages-1Gi":"0",
"hugepages-2Mi":"0","memory":"64692088Ki","pods":"110"},"conditions":[{
"type":"MemoryPressure","status":"False","lastHeartbeatTime":"${time}",
"lastTransitionTime":"${created}","reason":"KubeletHasSufficientMemory",
"message":"kubelet has sufficient memory available"},{"type":"DiskPressure",
"status":"False","lastHeartbeatTime":"${time}",
"lastTransitionTime":"${created}","reason":"KubeletHasNoDiskPressure",
"message":"kubelet has no disk pressure"},{"type":"PIDPressure",
"status":"False","lastHeartbeatTime":"${time}",
"lastTransitionTime":"${created}","reason":"KubeletHasSufficientPID",
"message":"kubelet has sufficient PID available"},{"type":"Ready",
"status":"True","lastHeartbeatTime":"${time}",
"lastTransitionTime":"${created}","reason":"KubeletReady",
"message":"kubelet is posting ready status"}],"addresses":[{
"type":"InternalIP","address":"192.168.${zone}.${zone}"},{"type":"Hostname",
"address":"${name}"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
"nodeInfo":{"machineID":"${machine}","systemUUID":"${uid}","bootID":"${uid}",
"kernelVersion":"6.1.0-30-amd64","osImage":"Debian GNU/Linux 12 (bookworm)",
"containerRuntimeVersion":"containerd://2.0.4","kubeletVersion":"v1.36.3",
"kubeProxyVersion":"","operatingSystem":"linux","architecture":"amd64"},
"images":[{
"names":["registry.example/team/app-0@sha256:0000000000000000000000000000000b",
"registry.example/team/app-0:v0"],"sizeBytes":31000000},{
"names":["registry.example/team/app-1@sha256:00000000000000000000000000001efa",
"registry.example/team/app-1:v1"],"sizeBytes":32234567},{
"names":["registry.example/team/app-2@sha256:00000000000000000000000000003de9",
"registry.example/team/app-2:v2"],"sizeBytes":33469134},{
"names":["registry.example/team/app-3@sha256:00000000000000000000000000005cd8",
"registry.example/team/app-3:v3"],"sizeBytes":34703701},{
"names":["registry.example/team/app-4@sha256:00000000000000000000000000007bc7",
"registry.example/team/app-4:v4"],"sizeBytes":35938268},{
"names":["registry.example/team/app-5@sha256:00000000000000000000000000009ab6",
"registry.example/team/app-5:v5"],"sizeBytes":37172835},{
"names":["registry.example/team/app-6@sha256:0000000000000000000000000000b9a5",
"registry.example/team/app-6:v6"],"sizeBytes":38407402},{
"names":["registry.example/team/app-7@sha256:0000000000000000000000000000d894",
"registry.example/team/app-7:v7"],"sizeBytes":39641969},{
"names":["registry.example/team/app-8@sha256:0000000000000000000000000000f783",
"registry.example/team/app-8:v8"],"sizeBytes":40876536},{
"names":["registry.example/team/app-9@sha256:00000000000000000000000000011672",
"registry.example/team/app-9:v9"],"sizeBytes":42111103},{
"names":["registry.example/team/app-10@sha256:00000000000000000000000000013561",
"registry.example/team/app-10:v10"],"sizeBytes":43345670},{
"names":["registry.example/team/app-11@sha256:00000000000000000000000000015450",
"registry.example/team/app-11:v11"],"sizeBytes":44580237},{
"names":["registry.example/team/app-12@sha256:0000000000000000000000000001733f",
"registry.example/team/app-12:v12"],"sizeBytes":45814804},{
"names":["registry.example/team/app-13@sha256:0000000000000000000000000001922e",
"registry.example/team/app-13:v13"],"sizeBytes":47049371},{
"names":["registry.example/team/app-14@sha256:0000000000000000000000000001b11d",
"registry.example/team/app-14:v14"],"sizeBytes":48283938},{
"names":["registry.example/team/app-15@sha256:0000000000000000000000000001d00c",
"registry.example/team/app-15:v15"],"sizeBytes":49518505},{
"names":["registry.example/team/app-16@sha256:0000000000000000000000000001eefb",
"registry.example/team/app-16:v16"],"sizeBytes":50753072},{
"names":["registry.example/team/app-17@sha256:00000000000000000000000000020dea",
"registry.example/team/app-17:v17"],"sizeBytes":51987639},{
"names":["registry.example/team/app-18@sha256:00000000000000000000000000022cd9",
"registry.example/team/app-18:v18"],"sizeBytes":53222206},{
"names":["registry.example/team/app-19@sha256:00000000000000000000000000024bc8",
"registry.example/team/app-19:v19"],"sizeBytes":54456773}]}})json");
  return text;
}

const Template& LeaseTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","managedFields":[{
"manager":"kubelet","operation":"Update",
"apiVersion":"coordination.k8s.io/v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:holderIdentity":{},
"f:leaseDurationSeconds":{},"f:renewTime":{}}}}]},"spec":{
"holderIdentity":"${name}","leaseDurationSeconds":40,"renewTime":"${micros}"}})json");
  return text;
}

const Template& EventTemplate() {
  static const Template text(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"${rv}","creationTimestamp":"${created}","managedFields":[{
"manager":"${component}","operation":"Update","apiVersion":"v1",
"time":"${time}","fieldsType":"FieldsV1","fieldsV1":{"f:count":{},"f:firstTimestamp":{},
"f:involvedObject":{},"f:lastTimestamp":{},"f:message":{},"f:reason":{},
"f:reportingComponent":{},"f:reportingInstance":{},"f:source":{"f:component":{
},"f:host":{}},"f:type":{}}}]},"involvedObject":{"kind":"Pod",
"namespace":"${ns}","name":"${object}","uid":"${object_uid}",
"apiVersion":"v1","resourceVersion":"${object_rv}",
"fieldPath":"spec.containers{app}"},"reason":"${reason}",
"message":"${message}","source":{"component":"${component}","host":"${node}"},
"firstTimestamp":"${first}","lastTimestamp":"${time}","count":${count},
"type":"${type}","eventTime":null,"reportingComponent":"${component}",
"reportingInstance":"${node}"})json");
  return text;
}

}  // namespace kubescribe::fakes
