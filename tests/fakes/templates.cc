#include "fakes/templates.h"

#include <cstdio>
#include <cstdlib>

namespace kubescribe::fakes {
namespace {

// The lines below are broken for the reader; the text is one line.
std::string Joined(std::string text) {
  std::erase(text, '\n');
  return text;
}

}  // namespace

std::string Fill(std::string_view text, Fields fields) {
  std::string out;
  out.reserve(text.size() + 1024);
  std::size_t at = 0;
  while (true) {
    const std::size_t hole = text.find("${", at);
    if (hole == std::string_view::npos) break;
    const std::size_t end = text.find('}', hole);
    const std::string_view name = text.substr(hole + 2, end - hole - 2);
    out.append(text, at, hole - at);
    bool filled = false;
    for (const auto& [field, value] : fields) {
      if (field != name) continue;
      out.append(value);
      filled = true;
      break;
    }
    if (!filled) {
      std::fprintf(stderr, "template: nothing fills '%.*s'\n",
                   static_cast<int>(name.size()), name.data());
      std::abort();
    }
    at = end + 1;
  }
  out.append(text, at, text.size() - at);
  return out;
}

const std::string& NamespaceTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","uid":"${uid}","resourceVersion":"@@rv@@",
"creationTimestamp":"${created}","labels":{
"kubernetes.io/metadata.name":"${name}"},"managedFields":[{
"manager":"kubectl-create","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:labels":{".":{},"f:kubernetes.io/metadata.name":{}}}}}]},"spec":{
"finalizers":["kubernetes"]},"status":{"phase":"Active"}})json");
  return text;
}

const std::string& NodeTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","uid":"${uid}","resourceVersion":"@@rv@@",
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

const std::string& LeaseTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","creationTimestamp":"${created}","managedFields":[{
"manager":"kubelet","operation":"Update",
"apiVersion":"coordination.k8s.io/v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:holderIdentity":{},
"f:leaseDurationSeconds":{},"f:renewTime":{}}}}]},"spec":{
"holderIdentity":"${name}","leaseDurationSeconds":40,"renewTime":"${micros}"}})json");
  return text;
}

const std::string& ConfigMapTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","creationTimestamp":"${created}","labels":{
"app.kubernetes.io/managed-by":"kubectl",
"app.kubernetes.io/part-of":"${name}"},"annotations":{
"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",
\"data\":{\"revision\":\"${value}\"},\"kind\":\"ConfigMap\",\"metadata\":{
\"annotations\":{},\"name\":\"${name}\",\"namespace\":\"${ns}\"}}\n"},
"managedFields":[{"manager":"kubectl-client-side-apply","operation":"Update",
"apiVersion":"v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:data":{".":{},"f:app.yaml":{},"f:revision":{}},"f:metadata":{
"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{
}},"f:labels":{".":{},"f:app.kubernetes.io/managed-by":{},
"f:app.kubernetes.io/part-of":{}}}}}]},"data":{"revision":"${value}",
"app.yaml":"# edited by hand: \"quotes\",
 tabs\t and \u00fcml\u00e4uts\nserver:\n  port: 08\n  workers: 1.0\nflags:\n  - null\n  - \"null\"\n  - 9007199254740993\nrevision: ${
value}\nkey00: value-0\nkey01: value-37\nkey02: value-74\nkey03: value-111\nkey04: value-148\nkey05: value-185\nkey06: value-222\nkey07: value-259\nkey08: value-296\nkey09: value-333\nkey10: value-370\nkey11: value-407\nkey12: value-444\nkey13: value-481\nkey14: value-518\nkey15: value-555\nkey16: value-592\nkey17: value-629\nkey18: value-666\nkey19: value-703\nkey20: value-740\nkey21: value-777\nkey22: value-814\nkey23: value-851\nkey24: value-888\nkey25: value-925\nkey26: value-962\nkey27: value-999\nkey28: value-1036\nkey29: value-1073\nkey30: value-1110\nkey31: value-1147\nkey32: value-1184\nkey33: value-1221\nkey34: value-1258\nkey35: value-1295\nkey36: value-1332\nkey37: value-1369\nkey38: value-1406\nkey39: value-1443\n"}})json");
  return text;
}

const std::string& SecretTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","creationTimestamp":"${created}","managedFields":[{
"manager":"kubectl-create","operation":"Update","apiVersion":"v1",
"time":"${time}","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},
"f:password":{},"f:tls.crt":{},"f:username":{}},"f:type":{}}}]},"data":{
"password":"${secret}","tls.crt":"${secret}${secret}${secret}${secret}",
"username":"YWRtaW4="},"type":"Opaque"})json");
  return text;
}

const std::string& DeploymentTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","generation":${generation},
"creationTimestamp":"${created}","labels":{"app":"${app}"},"annotations":{
"deployment.kubernetes.io/revision":"${revision}"},"managedFields":[{
"manager":"kubectl-client-side-apply","operation":"Update",
"apiVersion":"apps/v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{
"f:progressDeadlineSeconds":{},"f:replicas":{},"f:revisionHistoryLimit":{},
"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},
"f:maxUnavailable":{}},"f:type":{}},"f:template":{"f:metadata":{"f:labels":{
".":{},"f:app":{},"f:tier":{}}},"f:spec":{"f:containers":{"k:{
\"name\":\"app\"}":{".":{},"f:args":{},"f:env":{".":{},"k:{
\"name\":\"LOG_LEVEL\"}":{".":{},"f:name":{},"f:value":{}},"k:{
\"name\":\"REGION\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},
"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{
\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},
"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},
"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},
"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},
"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}}},{
"manager":"kube-controller-manager","operation":"Update",
"apiVersion":"apps/v1","time":"${time}","fieldsType":"FieldsV1","fieldsV1":{
"f:metadata":{"f:annotations":{".":{},"f:deployment.kubernetes.io/revision":{
}}},"f:status":{"f:availableReplicas":{},"f:conditions":{".":{},"k:{
\"type\":\"Available\"}":{".":{},"f:status":{},"f:type":{}}},
"f:observedGeneration":{},"f:readyReplicas":{},"f:replicas":{},
"f:updatedReplicas":{}}},"subresource":"status"}]},"spec":{
"replicas":${replicas},"selector":{"matchLabels":{"app":"${app}"}},
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
"schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate",
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

const std::string& ReplicaSetTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","generation":${generation},
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
"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{},"f:tier":{}}},
"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:args":{},"f:env":{
".":{},"k:{\"name\":\"LOG_LEVEL\"}":{".":{},"f:name":{},"f:value":{}},"k:{
\"name\":\"REGION\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},
"f:imagePullPolicy":{},"f:name":{},"f:ports":{".":{},"k:{
\"containerPort\":8080,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},
"f:name":{},"f:protocol":{}}},"f:resources":{".":{},"f:limits":{".":{},
"f:cpu":{},"f:memory":{}},"f:requests":{".":{},"f:cpu":{},"f:memory":{}}}}},
"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{},
"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}}}}]},"spec":{
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
"fullyLabeledReplicas":${replicas},"readyReplicas":${replicas},
"availableReplicas":${replicas},"observedGeneration":${generation}}})json");
  return text;
}

const std::string& PodTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","generateName":"${owner}-","namespace":"${ns}",
"uid":"${uid}","resourceVersion":"@@rv@@","generation":1,
"creationTimestamp":"${created}",${deletion}"labels":{"app":"${app}",
"pod-template-hash":"${hash}","tier":"backend"},"annotations":{
"prometheus.io/port":"8080","prometheus.io/scrape":"true"},
"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet",
"name":"${owner}","uid":"${owner_uid}","controller":true,
"blockOwnerDeletion":true}],"managedFields":[{
"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1",
"time":"${created}","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
"f:annotations":{".":{},"f:prometheus.io/port":{},"f:prometheus.io/scrape":{
}},"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{},
"f:tier":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"${owner_uid}\"}":{}}},
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
"successThreshold":1,"failureThreshold":3}}],"restartPolicy":"Always",
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

const std::string& PodStatusFieldsTemplate() {
  static const std::string text = Joined(R"json(
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

const std::string& PodStatusTemplate() {
  static const std::string text = Joined(R"json(
"conditions":[{"type":"PodReadyToStartContainers","status":"${s0}",
"lastProbeTime":null,"lastTransitionTime":"${time}"},{"type":"Initialized",
"status":"${s1}","lastProbeTime":null,"lastTransitionTime":"${time}"},{
"type":"Ready","status":"${s2}","lastProbeTime":null,
"lastTransitionTime":"${time}"},{"type":"ContainersReady","status":"${s3}",
"lastProbeTime":null,"lastTransitionTime":"${time}"},{"type":"PodScheduled",
"status":"${s4}","lastProbeTime":null,"lastTransitionTime":"${time}"}],
"hostIP":"${host_ip}","hostIPs":[{"ip":"${host_ip}"}],"podIP":"${ip}",
"podIPs":[{"ip":"${ip}"}],"startTime":"${created}","containerStatuses":[{
"name":"app","state":${state},"lastState":{},"ready":${ready},
"restartCount":${restarts},"image":"${image}",
"imageID":"${image}@sha256:${image_hash}","containerID":"${container_id}",
"started":${ready}}],)json");
  return text;
}

const std::string& EventTemplate() {
  static const std::string text = Joined(R"json(
{"metadata":{"name":"${name}","namespace":"${ns}","uid":"${uid}",
"resourceVersion":"@@rv@@","creationTimestamp":"${created}","managedFields":[{
"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"${time}",
"fieldsType":"FieldsV1","fieldsV1":{"f:count":{},"f:firstTimestamp":{},
"f:involvedObject":{},"f:lastTimestamp":{},"f:message":{},"f:reason":{},
"f:reportingComponent":{},"f:reportingInstance":{},"f:source":{"f:component":{
},"f:host":{}},"f:type":{}}}]},"involvedObject":{"kind":"Pod",
"namespace":"${ns}","name":"${object}","uid":"${object_uid}",
"apiVersion":"v1","resourceVersion":"${object_rv}",
"fieldPath":"spec.containers{app}"},"reason":"${reason}",
"message":"${message}","source":{"component":"kubelet","host":"${node}"},
"firstTimestamp":"${created}","lastTimestamp":"${time}","count":${count},
"type":"${type}","eventTime":null,"reportingComponent":"kubelet",
"reportingInstance":"${node}"})json");
  return text;
}

}  // namespace kubescribe::fakes
