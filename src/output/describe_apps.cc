// Deployments and the other controllers of Pods that go on running.
#include <algorithm>

#include "kube/user_time.h"
#include "output/describe_fields.h"
#include "output/describe_kinds.h"
#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

constexpr const char* kTemplateHash = "pod-template-hash";

bool IsNothing(View value) {
  return !value.has() || (value.empty() && !value.is_object()) ||
         (value.is_object() && value.Members().empty());
}

// As the API compares: absent and empty are the same. `hash_counts` false: the
// label that tells ReplicaSets apart does not.
bool IsSame(View a, View b, bool hash_counts = true) {
  if (IsNothing(a) || IsNothing(b)) return IsNothing(a) && IsNothing(b);
  if (a.value()->kind != b.value()->kind) return false;
  if (a.is_array()) {
    const std::vector<View> mine = a.Items();
    const std::vector<View> theirs = b.Items();
    return std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                      [](View x, View y) { return IsSame(x, y); });
  }
  if (!a.is_object()) return a.Scalar() == b.Scalar();
  const auto all_in = [hash_counts](View from, View to) {
    return std::all_of(
        from.Members().begin(), from.Members().end(),
        [&](const Value::Member& member) {
          return (!hash_counts && member.first == kTemplateHash) ||
                 IsSame(member.second, to[member.first]);
        });
  };
  return all_in(a, b) && all_in(b, a);
}

bool IsSameTemplate(View a, View b) {
  const View a_meta = a["metadata"];
  const View b_meta = b["metadata"];
  return IsSame(a["spec"], b["spec"]) &&
         IsSame(a_meta["labels"], b_meta["labels"], false) &&
         IsSame(a_meta["annotations"], b_meta["annotations"]);
}

// Those that the Deployment controls, the oldest first.
std::vector<Value> ReplicaSetsOf(const Subject& subject,
                                 const std::string& selector) {
  Related::Query query;
  query.resource = {"apps", "replicasets"};
  query.name_space = subject.name_space();
  query.label_selector = selector;
  std::vector<Value> sets = subject.Find(query);
  std::erase_if(sets, [&](const Value& set) {
    const std::string controller = ControllerUid(set);
    return controller.empty() || controller != subject.meta("uid").Text();
  });
  std::stable_sort(sets.begin(), sets.end(),
                   [](const Value& a, const Value& b) {
                     const auto key = [](const Value& set) {
                       const View meta = View(set)["metadata"];
                       return std::pair(meta["creationTimestamp"].Text(),
                                        meta["name"].Text());
                     };
                     return key(a) < key(b);
                   });
  return sets;
}

std::string ReplicaSetTexts(const std::vector<View>& sets) {
  std::vector<std::string> texts;
  texts.reserve(sets.size());
  for (const View set : sets) {
    texts.push_back(fmt::format(
        "{} ({}/{} replicas created)", set["metadata"]["name"].Text(),
        set["status"]["replicas"].Int(), set["spec"]["replicas"].Int()));
  }
  return texts.empty() ? "<none>" : Join(texts, ", ");
}

void RevisionLines(const Subject& subject, const std::string& selector,
                   Sheet& sheet) {
  const std::vector<Value> sets = ReplicaSetsOf(subject, selector);
  if (sets.empty()) return;
  std::vector<View> newest;
  std::vector<View> older;
  for (const Value& value : sets) {
    const View set(value);
    const bool is_newest =
        newest.empty() &&
        IsSameTemplate(set["spec"]["template"], subject["spec"]["template"]);
    (is_newest ? newest : older).push_back(set);
  }
  sheet.Write(0, "OldReplicaSets:\t{}\n", ReplicaSetTexts(older));
  sheet.Write(0, "NewReplicaSet:\t{}\n", ReplicaSetTexts(newest));
}

// The head that a ReplicaSet and a ReplicationController share.
void ReplicaLines(const Subject& subject, const std::string& shown_selector,
                  const std::string& selector, Sheet& sheet) {
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  sheet.Write(0, "Selector:\t{}\n", shown_selector);
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  const std::string controller = Controller(subject.object());
  if (subject.kind() == "ReplicaSet" && !controller.empty()) {
    sheet.Write(0, "Controlled By:\t{}\n", controller);
  }
  sheet.Write(0, "Replicas:\t{} current / {} desired\n",
              subject["status"]["replicas"].Int(),
              subject["spec"]["replicas"].Int());
  sheet.Write(0, "Pods Status:\t{}\n", PodCounts(subject, selector));
  TemplateLines(subject, subject["spec"]["template"], sheet);
  ReasonTable(subject["status"]["conditions"], sheet);
  TellEvents(subject, sheet);
}

void ClaimTemplateLines(View claims, Sheet& sheet) {
  if (claims.Items().empty()) {
    sheet.Put(0, "Volume Claims:\t<none>\n");
    return;
  }
  sheet.Put(0, "Volume Claims:\n");
  for (const View claim : claims.Items()) {
    const View meta = claim["metadata"];
    sheet.Write(1, "Name:\t{}\n", meta["name"].Text());
    sheet.Write(1, "StorageClass:\t{}\n", StorageClassOf(claim));
    LabelLines(sheet, "Labels", meta["labels"], "  ");
    LabelLines(sheet, "Annotations", meta["annotations"], "  ");
    const View storage = claim["spec"]["resources"]["requests"]["storage"];
    sheet.Write(1, "Capacity:\t{}\n",
                storage.has()
                    ? kube::Quantity::ParseOrZero(storage.Scalar()).ToString()
                    : "<default>");
    sheet.Write(1, "Access Modes:\t[{}]\n",
                Join(Texts(claim["spec"]["accessModes"]), " "));
  }
}

}  // namespace

void DescribeDeployment(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  const std::string selector = SelectorQuery(spec["selector"]).value_or("");
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  sheet.Write(0, "CreationTimestamp:\t{}\n",
              subject.Time(subject.meta("creationTimestamp")));
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Write(0, "Selector:\t{}\n", selector);
  sheet.Write(0,
              "Replicas:\t{} desired | {} updated | {} total | {} available | "
              "{} unavailable\n",
              spec["replicas"].Int(), status["updatedReplicas"].Int(),
              status["replicas"].Int(), status["availableReplicas"].Int(),
              status["unavailableReplicas"].Int());
  sheet.Write(0, "StrategyType:\t{}\n", spec["strategy"]["type"].Text());
  sheet.Write(0, "MinReadySeconds:\t{}\n", spec["minReadySeconds"].Int());
  if (const View rolling = spec["strategy"]["rollingUpdate"]; rolling.has()) {
    sheet.Write(0, "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
                GoText(rolling["maxUnavailable"]), GoText(rolling["maxSurge"]));
  }
  TemplateLines(subject, spec["template"], sheet);
  ReasonTable(status["conditions"], sheet);
  RevisionLines(subject, selector, sheet);
  TellEvents(subject, sheet);
}

void DescribeReplicaSet(const Subject& subject, Sheet& sheet) {
  const View selector = subject["spec"]["selector"];
  ReplicaLines(subject, SelectorText(selector),
               SelectorQuery(selector).value_or(""), sheet);
}

void DescribeReplicationController(const Subject& subject, Sheet& sheet) {
  const std::string selector = MapText(subject["spec"]["selector"]);
  ReplicaLines(subject, selector, selector == "<none>" ? "" : selector, sheet);
}

void DescribeStatefulSet(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const std::string selector = SelectorQuery(spec["selector"]).value_or("");
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  sheet.Write(0, "CreationTimestamp:\t{}\n",
              subject.Time(subject.meta("creationTimestamp")));
  sheet.Write(0, "Selector:\t{}\n", selector);
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Write(0, "Replicas:\t{} desired | {} total\n", spec["replicas"].Int(),
              subject["status"]["replicas"].Int());
  const View strategy = spec["updateStrategy"];
  sheet.Write(0, "Update Strategy:\t{}\n", strategy["type"].Text());
  if (const View partition = strategy["rollingUpdate"]["partition"];
      partition.has()) {
    sheet.Write(1, "Partition:\t{}\n", partition.Int());
    const View most = strategy["rollingUpdate"]["maxUnavailable"];
    if (most.has()) sheet.Write(1, "MaxUnavailable:\t{}\n", most.Scalar());
  }
  sheet.Write(0, "Pods Status:\t{}\n", PodCounts(subject, selector));
  TemplateLines(subject, spec["template"], sheet);
  ClaimTemplateLines(spec["volumeClaimTemplates"], sheet);
  TellEvents(subject, sheet);
}

void DescribeDaemonSet(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  const std::string selector = SelectorQuery(spec["selector"]).value_or("");
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  sheet.Write(0, "Selector:\t{}\n", selector);
  sheet.Write(0, "Node-Selector:\t{}\n",
              MapText(spec["template"]["spec"]["nodeSelector"]));
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  const std::initializer_list<std::pair<const char*, const char*>> kCounts = {
      {"Desired Number of Nodes Scheduled", "desiredNumberScheduled"},
      {"Current Number of Nodes Scheduled", "currentNumberScheduled"},
      {"Number of Nodes Scheduled with Up-to-date Pods",
       "updatedNumberScheduled"},
      {"Number of Nodes Scheduled with Available Pods", "numberAvailable"},
      {"Number of Nodes Misscheduled", "numberMisscheduled"}};
  for (const auto& [title, key] : kCounts) {
    sheet.Write(0, "{}: {}\n", title, status[key].Int());
  }
  sheet.Write(0, "Pods Status:\t{}\n", PodCounts(subject, selector));
  TemplateLines(subject, spec["template"], sheet);
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
