// Volumes, claims, and the classes they come from.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

constexpr char kBetaClass[] = "volume.beta.kubernetes.io/storage-class";

// "RWO,RWX": each mode once, in this order.
std::string AccessModes(View modes) {
  struct Mode {
    const char* name;
    const char* abbreviation;
  };
  static constexpr std::array<Mode, 4> kModes = {
      {{"ReadWriteOnce", "RWO"},
       {"ReadOnlyMany", "ROX"},
       {"ReadWriteMany", "RWX"},
       {"ReadWriteOncePod", "RWOP"}}};
  std::string text;
  for (const Mode& mode : kModes) {
    const std::vector<View> items = modes.Items();
    const bool there = std::any_of(items.begin(), items.end(), [&](View item) {
      return item.Text() == mode.name;
    });
    if (there)
      text += (text.empty() ? "" : ",") + std::string(mode.abbreviation);
  }
  return text;
}

std::string StatusText(const Subject& subject) {
  View deleted = subject.meta("deletionTimestamp");
  if (deleted.has()) {
    return "Terminating (lasts " + subject.Age(deleted) + ")";
  }
  return subject["status"]["phase"].Text();
}

// "zone in [a, b]" a line, under "Term 0:".
void WriteTerm(int level, std::size_t index, View expressions, Sheet& sheet) {
  const std::string title = fmt::format("Term {}:\t", index);
  if (expressions.Items().empty()) sheet.Put(level, title + "<none>\n");
  bool first = true;
  for (View expression : expressions.Items()) {
    std::string op = expression["operator"].Text();
    for (char& c : op) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    // An expression of a class's topology has no operator: it is "in".
    std::string line = expression["key"].Text() + " " +
                       (!expression["operator"].has() ? "in" : op);
    if (!expression["values"].Items().empty()) {
      line += " [" + Join(Texts(expression["values"]), ", ") + "]";
    }
    sheet.Put(level, (first ? title : "\t") + line + "\n");
    first = false;
  }
}

void WriteNodeAffinity(View affinity, Sheet& sheet) {
  View required = affinity["required"];
  FieldLine(sheet, "Node Affinity", required.is_object() ? "" : "<none>");
  if (!required.is_object()) return;
  const std::vector<View> terms = required["nodeSelectorTerms"].Items();
  sheet.Put(
      1, terms.empty() ? "Required Terms:\t<none>\n" : "Required Terms:\t\n");
  for (std::size_t i = 0; i < terms.size(); ++i) {
    WriteTerm(2, i, terms[i]["matchExpressions"], sheet);
  }
}

std::vector<std::string> PodsOfClaim(const Subject& subject) {
  std::vector<std::string> names;
  for (View pod :
       subject.Find({{"", "pods"}, subject.name_space(), "", "", ""})) {
    const std::string name = pod["metadata"]["name"].Text();
    bool owner = false;
    for (View ref : subject.meta("ownerReferences").Items()) {
      owner = owner || (ref["kind"].Text() == "Pod" &&
                        ref["uid"].Text() == pod["metadata"]["uid"].Text());
    }
    // A Pod that mounts it twice is there twice, one that owns it at least
    // once.
    const std::size_t before = names.size();
    for (View volume : pod["spec"]["volumes"].Items()) {
      View claim = volume["persistentVolumeClaim"]["claimName"];
      if (claim.Text() == subject.name()) names.push_back(name);
    }
    if (owner && names.size() == before) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The first beside the title, the others below it.
void ColumnLines(std::string_view title, const std::vector<std::string>& texts,
                 Sheet& sheet) {
  sheet.Write(0, "{}:\t{}\n", title,
              texts.empty() ? "<none>" : Join(texts, "\n\t"));
}

void WriteClaimConditions(const Subject& subject, Sheet& sheet) {
  View conditions = subject["status"]["conditions"];
  if (conditions.Items().empty()) return;
  sheet.Put(0, "Conditions:\n");
  sheet.Put(
      1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage\n");
  sheet.Put(1,
            "----\t------\t-----------------\t------------------\t------\t-----"
            "--\n");
  for (View condition : conditions.Items()) {
    sheet.Write(1, "{} \t{} \t{} \t{} \t{} \t{}\n", condition["type"].Text(),
                condition["status"].Text(),
                subject.Time(condition["lastProbeTime"]),
                subject.Time(condition["lastTransitionTime"]),
                condition["reason"].Text(), condition["message"].Text());
  }
}

}  // namespace

std::string StorageClassOf(View object) {
  View beta = object["metadata"]["annotations"][kBetaClass];
  return (beta.has() ? beta : object["spec"]["storageClassName"]).Text();
}

void DescribePersistentVolume(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  HeadLines(subject, sheet);
  FieldLine(sheet, "Finalizers", ListText(subject.meta("finalizers")));
  FieldLine(sheet, "StorageClass", StorageClassOf(subject.object()));
  FieldLine(sheet, "Status", StatusText(subject));
  View claim = spec["claimRef"];
  FieldLine(sheet, "Claim",
            claim.is_object()
                ? claim["namespace"].Text() + "/" + claim["name"].Text()
                : "");
  FieldLine(sheet, "Reclaim Policy",
            spec["persistentVolumeReclaimPolicy"].Text());
  FieldLine(sheet, "Access Modes", AccessModes(spec["accessModes"]));
  if (View mode = spec["volumeMode"]; mode.has()) {
    FieldLine(sheet, "VolumeMode", mode.Text());
  }
  FieldLine(sheet, "Capacity", QuantityText(spec["capacity"]["storage"]));
  WriteNodeAffinity(spec["nodeAffinity"], sheet);
  FieldLine(sheet, "Message", subject["status"]["message"].Text());
  sheet.Put(0, "Source:\n");
  if (!VolumeSourceLines(spec, VolumeOf::kCluster, sheet))
    sheet.Put(1, "<unknown>\n");
  TellEvents(subject, sheet);
}

void DescribePersistentVolumeClaim(const Subject& subject, Sheet& sheet) {
  View spec = subject["spec"];
  View status = subject["status"];
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  FieldLine(sheet, "StorageClass", StorageClassOf(subject.object()));
  FieldLine(sheet, "Status", StatusText(subject));
  const std::string volume = spec["volumeName"].Text();
  FieldLine(sheet, "Volume", volume);
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  FieldLine(sheet, "Finalizers", ListText(subject.meta("finalizers")));
  const bool bound = !volume.empty();
  FieldLine(sheet, "Capacity",
            bound ? QuantityText(status["capacity"]["storage"]) : "");
  FieldLine(sheet, "Access Modes",
            bound ? AccessModes(status["accessModes"]) : "");
  if (View mode = spec["volumeMode"]; mode.has()) {
    FieldLine(sheet, "VolumeMode", mode.Text());
  }
  if (View source = spec["dataSource"]; source.is_object()) {
    sheet.Put(0, "DataSource:\n");
    if (View group = source["apiGroup"]; group.has()) {
      FieldLine(sheet, 1, "APIGroup", group.Text());
    }
    FieldLine(sheet, 1, "Kind", source["kind"].Text());
    FieldLine(sheet, 1, "Name", source["name"].Text());
  }
  ColumnLines("Used By", PodsOfClaim(subject), sheet);
  WriteClaimConditions(subject, sheet);
  TellEvents(subject, sheet);
}

void DescribeStorageClass(const Subject& subject, Sheet& sheet) {
  View annotations = subject.meta("annotations");
  const bool is_default =
      annotations["storageclass.kubernetes.io/is-default-class"].Text() ==
          "true" ||
      annotations["storageclass.beta.kubernetes.io/is-default-class"].Text() ==
          "true";
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "IsDefaultClass", is_default ? "Yes" : "No");
  FieldLine(sheet, "Annotations", MapText(annotations));
  FieldLine(sheet, "Provisioner", subject["provisioner"].Text());
  FieldLine(sheet, "Parameters", MapText(subject["parameters"]));
  View expansion = subject["allowVolumeExpansion"];
  FieldLine(sheet, "AllowVolumeExpansion",
            !expansion.has()   ? "<unset>"
            : expansion.Bool() ? "True"
                               : "False");
  const std::vector<View> options = subject["mountOptions"].Items();
  sheet.Put(0, options.empty() ? "MountOptions:\t<none>\n" : "MountOptions:\n");
  for (View option : options) sheet.Put(1, option.Text() + "\n");
  for (const auto& [title, key] :
       {std::pair{"ReclaimPolicy", "reclaimPolicy"},
        std::pair{"VolumeBindingMode", "volumeBindingMode"}}) {
    View value = subject[key];
    if (value.has()) FieldLine(sheet, title, value.Text());
  }
  if (subject["allowedTopologies"].is_array()) {
    const std::vector<View> topologies = subject["allowedTopologies"].Items();
    FieldLine(sheet, "AllowedTopologies", topologies.empty() ? "<none>" : "");
    for (std::size_t i = 0; i < topologies.size(); ++i) {
      WriteTerm(1, i, topologies[i]["matchLabelExpressions"], sheet);
    }
  }
  TellEvents(subject, sheet);
}

void DescribeVolumeAttributesClass(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Annotations", MapText(subject.meta("annotations")));
  FieldLine(sheet, "DriverName", subject["driverName"].Text());
  FieldLine(sheet, "Parameters", MapText(subject["parameters"]));
  TellEvents(subject, sheet);
}

void DescribeCsiNode(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  FieldLine(sheet, "CreationTimestamp",
            subject.Time(subject.meta("creationTimestamp")));
  sheet.Put(0, "Spec:\n");
  View drivers = subject["spec"]["drivers"];
  if (drivers.is_array()) sheet.Put(1, "Drivers:\n");
  for (View driver : drivers.Items()) {
    sheet.Put(2, driver["name"].Text() + ":\n");
    FieldLine(sheet, 3, "Node ID", driver["nodeID"].Text());
    View count = driver["allocatable"]["count"];
    if (count.has()) {
      sheet.Put(3, "Allocatables:\n");
      sheet.Write(4, "Count:\t{}\n", count.Int());
    }
    View keys = driver["topologyKeys"];
    if (keys.is_array()) FieldLine(sheet, 3, "Topology Keys", ListText(keys));
  }
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
