#include "fakes/kinds.h"

namespace kubescribe::fakes {
namespace {

struct Row {
  const char* group;
  const char* plural;
  const char* kind;
  bool namespaced;
  const char* short_name;  // several: comma
  const char* category;
  const char* hash;
};

constexpr Row kRows[] = {
    {"", "configmaps", "ConfigMap", true, "cm", "", "qFsyl6wFWjQ="},
    {"", "endpoints", "Endpoints", true, "ep", "", "fWeeMqaN/OA="},
    {"", "events", "Event", true, "ev", "", "r2yiGXH7wu8="},
    {"", "limitranges", "LimitRange", true, "limits", "", "EBKMFVe6cwo="},
    {"", "namespaces", "Namespace", false, "ns", "", "Q3oi5N2YM8M="},
    {"", "nodes", "Node", false, "no", "", "XwShjMxG9Fs="},
    {"", "persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc", "",
     "QWTyNDq0dC4="},
    {"", "persistentvolumes", "PersistentVolume", false, "pv", "",
     "HN/zwEC+JgM="},
    {"", "pods", "Pod", true, "po", "all", "xPOwRZ+Yhw8="},
    {"", "resourcequotas", "ResourceQuota", true, "quota", "", "8uhSgffRX6w="},
    {"", "secrets", "Secret", true, "", "", "S6u1pOWzb84="},
    {"", "serviceaccounts", "ServiceAccount", true, "sa", "", "pbx9ZvyFpBE="},
    {"", "services", "Service", true, "svc", "all", "0/CO1lhkEBI="},
    {"apiregistration.k8s.io", "apiservices", "APIService", false, "",
     "api-extensions", "InPBPD7+PqM="},
    {"apps", "controllerrevisions", "ControllerRevision", true, "", "",
     "85nkx63pcBU="},
    {"apps", "daemonsets", "DaemonSet", true, "ds", "all", "dd7pWHUlMKQ="},
    {"apps", "deployments", "Deployment", true, "deploy", "all",
     "8aSe+NMegvE="},
    {"apps", "replicasets", "ReplicaSet", true, "rs", "all", "P1RzHs8/mWQ="},
    {"apps", "statefulsets", "StatefulSet", true, "sts", "all", "H+vl74LkKdo="},
    {"events.k8s.io", "events", "Event", true, "ev", "", "r2yiGXH7wu8="},
    {"batch", "cronjobs", "CronJob", true, "cj", "all", "sd5LIXh4Fjs="},
    {"batch", "jobs", "Job", true, "", "all", "mudhfqk/qZY="},
    {"networking.k8s.io", "ingresses", "Ingress", true, "ing", "",
     "39NQlfNR+bo="},
    {"rbac.authorization.k8s.io", "clusterroles", "ClusterRole", false, "", "",
     "bYE5ZWDrJ44="},
    {"rbac.authorization.k8s.io", "roles", "Role", true, "", "",
     "7FuwZcIIItM="},
    {"apiextensions.k8s.io", "customresourcedefinitions",
     "CustomResourceDefinition", false, "crd,crds", "api-extensions",
     "jfWCUB31mvA="},
    {"coordination.k8s.io", "leases", "Lease", true, "", "", "gqkMMb/YqFM="},
};

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

}  // namespace

std::vector<KindInfo> BuiltInKinds() {
  std::vector<KindInfo> kinds;
  for (const Row& row : kRows) {
    KindInfo info;
    info.group = row.group;
    info.version = "v1";
    info.plural = row.plural;
    info.kind = row.kind;
    for (const char* c = row.kind; *c != '\0'; ++c) {
      info.singular += static_cast<char>(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    }
    info.namespaced = row.namespaced;
    info.short_names = Split(row.short_name);
    info.categories = Split(row.category);
    info.storage_hash = row.hash;
    info.cached = info.plural != "events";
    info.storage = info.plural == "events" ? "events" : info.Id();
    kinds.push_back(std::move(info));
  }
  return kinds;
}

const char* BookmarkFields(const KindInfo& kind) {
  struct Fields {
    const char* id;
    const char* text;
  };
  static constexpr Fields kFields[] = {
      {"pods", R"(,"spec":{"containers":null},"status":{})"},
      {"nodes",
       R"(,"spec":{},"status":{"daemonEndpoints":{"kubeletEndpoint":)"
       R"({"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"",)"
       R"("kernelVersion":"","osImage":"","containerRuntimeVersion":"",)"
       R"("kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"",)"
       R"("architecture":""}})"},
      {"namespaces", R"(,"spec":{},"status":{})"},
      {"services", R"(,"spec":{},"status":{"loadBalancer":{}})"},
      {"events",
       R"(,"involvedObject":{},"source":{},"firstTimestamp":null,)"
       R"("lastTimestamp":null,"eventTime":null,"reportingComponent":"",)"
       R"("reportingInstance":"")"},
      {"events.events.k8s.io",
       R"(,"eventTime":null,"regarding":{},"deprecatedSource":{},)"
       R"("deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null)"},
      {"limitranges", R"(,"spec":{"limits":null})"},
      {"persistentvolumeclaims", R"(,"spec":{"resources":{}},"status":{})"},
      {"persistentvolumes", R"(,"spec":{},"status":{})"},
      {"resourcequotas", R"(,"spec":{},"status":{})"},
      {"apiservices.apiregistration.k8s.io",
       R"(,"spec":{"groupPriorityMinimum":0,"versionPriority":0},"status":{})"},
      {"controllerrevisions.apps", R"(,"data":null,"revision":0)"},
      {"daemonsets.apps",
       R"(,"spec":{"selector":null,"template":{"metadata":{},"spec":)"
       R"({"containers":null}},"updateStrategy":{}},"status":)"
       R"({"currentNumberScheduled":0,"numberMisscheduled":0,)"
       R"("desiredNumberScheduled":0,"numberReady":0})"},
      {"statefulsets.apps",
       R"(,"spec":{"replicas":0,"selector":null,"template":{"metadata":{},)"
       R"("spec":{"containers":null}},"serviceName":"","updateStrategy":{}},)"
       R"("status":{"replicas":0,"availableReplicas":0})"},
      {"cronjobs.batch",
       R"(,"spec":{"schedule":"","jobTemplate":{"metadata":{},"spec":)"
       R"({"template":{"metadata":{},"spec":{"containers":null}}}}},)"
       R"("status":{})"},
      {"ingresses.networking.k8s.io",
       R"(,"spec":{},"status":{"loadBalancer":{}})"},
      {"roles.rbac.authorization.k8s.io", R"(,"rules":null)"},
      {"clusterroles.rbac.authorization.k8s.io", R"(,"rules":null)"},
      {"deployments.apps",
       R"(,"spec":{"replicas":0,"selector":null,"template":{"metadata":{},)"
       R"("spec":{"containers":null}},"strategy":{}},"status":{})"},
      {"replicasets.apps",
       R"(,"spec":{"replicas":0,"selector":null,"template":{"metadata":{},)"
       R"("spec":{"containers":null}}},"status":{"replicas":0})"},
      {"jobs.batch",
       R"(,"spec":{"template":{"metadata":{},"spec":{"containers":null}}},)"
       R"("status":{})"},
      {"leases.coordination.k8s.io", R"(,"spec":{})"},
      {"customresourcedefinitions.apiextensions.k8s.io",
       R"(,"spec":{"group":"","names":{"plural":"","kind":""},"scope":"",)"
       R"("versions":null},"status":{"conditions":null,"acceptedNames":)"
       R"({"plural":"","kind":""},"storedVersions":null})"},
  };
  for (const Fields& fields : kFields) {
    if (kind.Id() == fields.id) return fields.text;
  }
  return "";
}

}  // namespace kubescribe::fakes
