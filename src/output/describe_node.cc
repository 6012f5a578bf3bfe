#include <algorithm>
#include <limits>
#include <set>

#include "kube/user_time.h"
#include "output/describe_kinds.h"
#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

constexpr std::string_view kRolePrefix = "node-role.kubernetes.io/";
constexpr const char* kLeases = "leases.coordination.k8s.io";

std::string RoleTexts(View labels) {
  std::set<std::string> roles;
  for (const auto& [key, value] : labels.Members()) {
    if (key.size() > kRolePrefix.size() && key.rfind(kRolePrefix, 0) == 0) {
      roles.insert(key.substr(kRolePrefix.size()));
    } else if (key == "kubernetes.io/role" && !View(value).Text().empty()) {
      roles.insert(View(value).Text());
    }
  }
  return roles.empty() ? "<none>" : Join({roles.begin(), roles.end()}, ",");
}

void TaintLines(View taints, Sheet& sheet) {
  std::vector<View> sorted = taints.Items();
  const auto key = [](View taint) {
    return taint["effect"].Text() + "," + taint["key"].Text();
  };
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](View a, View b) { return key(a) < key(b); });
  sheet.Put(0, "Taints:\t");
  if (sorted.empty()) sheet.Put(0, "<none>\n");
  bool first = true;
  for (const View taint : sorted) {
    const std::string& value = taint["value"].Text();
    const std::string& effect = taint["effect"].Text();
    std::string text = taint["key"].Text();
    if (!value.empty()) text += "=" + value;
    if (!value.empty() || !effect.empty()) text += ":" + effect;
    sheet.Write(0, "{}{}\n", first ? "" : "\t", text);
    first = false;
  }
}

void LeaseLines(const Subject& subject, Sheet& sheet) {
  Related::Query query;
  query.resource = {"coordination.k8s.io", "leases"};
  query.name_space = "kube-node-lease";
  query.name = subject.name();
  const std::optional<std::vector<Value>> found = subject.FindType(query);
  if (!found || found->empty()) {
    sheet.Write(
        0, "Lease:\tFailed to get lease: {} {}\n", kLeases,
        found ? "\"" + subject.name() + "\" not found" : "are not recorded");
    return;
  }
  const View spec = View(found->front())["spec"];
  const auto time = [&](const char* key) {
    return spec[key].has() ? subject.Time(spec[key]) : "<unset>";
  };
  sheet.Put(0, "Lease:\n");
  sheet.Write(
      1, "HolderIdentity:\t{}\n",
      spec["holderIdentity"].has() ? spec["holderIdentity"].Text() : "<unset>");
  sheet.Write(1, "AcquireTime:\t{}\n", time("acquireTime"));
  sheet.Write(1, "RenewTime:\t{}\n", time("renewTime"));
}

void NodeConditionLines(const Subject& subject, Sheet& sheet) {
  const std::vector<View> conditions = subject["status"]["conditions"].Items();
  if (conditions.empty()) return;
  sheet.Put(0,
            "Conditions:\n"
            "  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\t"
            "Message\n"
            "  ----\t------\t-----------------\t------------------\t------\t"
            "-------\n");
  for (const View condition : conditions) {
    sheet.Write(1, "{} \t{} \t{} \t{} \t{} \t{}\n", condition["type"].Text(),
                condition["status"].Text(),
                subject.Time(condition["lastHeartbeatTime"]),
                subject.Time(condition["lastTransitionTime"]),
                condition["reason"].Text(), condition["message"].Text());
  }
}

void AmountLines(std::string_view title, View amounts, Sheet& sheet) {
  if (amounts.Members().empty()) return;
  sheet.Write(0, "{}:\n", title);
  for (const auto& [name, amount] : amounts.Members()) {
    sheet.Write(1, "{}:\t{}\n", name,
                kube::Quantity::ParseOrZero(View(amount).Scalar()).ToString());
  }
}

// The pools of devices that only this node has.
void SliceLines(const Subject& subject, Sheet& sheet) {
  constexpr std::size_t kMost = 10;
  Related::Query query;
  query.resource = {"resource.k8s.io", "resourceslices"};
  query.field_selector = "spec.nodeName=" + subject.name();
  std::map<std::string, std::pair<View, std::pair<int, std::size_t>>> pools;
  const std::vector<Value> slices = subject.Find(query);
  for (const Value& value : slices) {
    const View slice(value);
    // kubectl asks for no older version.
    if (slice["apiVersion"].Text() != "resource.k8s.io/v1") continue;
    const View spec = slice["spec"];
    auto& [first, counts] =
        pools[spec["driver"].Text() + "/" + spec["pool"]["name"].Text()];
    if (counts.first == 0) first = spec;
    ++counts.first;
    counts.second += spec["devices"].Items().size();
  }
  if (pools.empty()) return;
  sheet.Put(0,
            "Node-Local ResourceSlices:\n"
            "  Driver\tPool\tSlices\tDevices\n"
            "  ------\t----\t------\t-------\n");
  std::size_t shown = 0;
  for (const auto& [key, pool] : pools) {
    if (shown++ == kMost) {
      sheet.Write(1, "...and {} more pools\n", pools.size() - kMost);
      break;
    }
    sheet.Write(1, "{}\t{}\t{}\t{}\n", pool.first["driver"].Text(),
                pool.first["pool"]["name"].Text(), pool.second.first,
                pool.second.second);
  }
}

void SystemLines(View node, Sheet& sheet) {
  const View info = node["status"]["nodeInfo"];
  const std::initializer_list<std::pair<const char*, const char*>> kFields = {
      {"Machine ID", "machineID"},
      {"System UUID", "systemUUID"},
      {"Boot ID", "bootID"},
      {"Kernel Version", "kernelVersion"},
      {"OS Image", "osImage"},
      {"Operating System", "operatingSystem"},
      {"Architecture", "architecture"},
      {"Container Runtime Version", "containerRuntimeVersion"},
      {"Kubelet Version", "kubeletVersion"}};
  sheet.Put(0, "System Info:\n");
  for (const auto& [title, key] : kFields) {
    sheet.Write(1, "{}:\t{}\n", title, info[key].Text());
  }
  const View spec = node["spec"];
  if (!spec["podCIDR"].empty()) {
    sheet.Write(0, "PodCIDR:\t{}\n", spec["podCIDR"].Text());
  }
  if (!spec["podCIDRs"].empty()) {
    sheet.Write(0, "PodCIDRs:\t{}\n", Join(Texts(spec["podCIDRs"]), ","));
  }
  if (!spec["providerID"].empty()) {
    sheet.Write(0, "ProviderID:\t{}\n", spec["providerID"].Text());
  }
}

kube::Quantity AmountOf(const Amounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? kube::Quantity() : found->second;
}

std::int64_t NumberOf(const kube::Quantity& amount, bool cpu) {
  return cpu ? amount.MilliValue() : amount.Value();
}

// "250m (12%)": an amount and how much that is of what there is. Of nothing it
// is `of_nothing`.
std::string Share(const kube::Quantity& amount, const kube::Quantity& all,
                  bool cpu, std::int64_t of_nothing) {
  const auto whole = static_cast<double>(NumberOf(all, cpu));
  const std::int64_t percent =
      whole == 0
          ? of_nothing
          : static_cast<std::int64_t>(
                static_cast<double>(NumberOf(amount, cpu)) / whole * 100);
  return fmt::format("{} ({}%)", amount.ToString(), percent);
}

class NodeLoad {
 public:
  NodeLoad(const Subject& subject, Sheet& sheet)
      : subject_(subject), sheet_(sheet) {
    const View status = subject["status"];
    const View amounts = status["allocatable"].Members().empty()
                             ? status["capacity"]
                             : status["allocatable"];
    for (const auto& [name, amount] : amounts.Members()) {
      there_is_.emplace(name,
                        kube::Quantity::ParseOrZero(View(amount).Scalar()));
    }
  }

  void Tell() {
    Related::Query query;
    query.resource = {"", "pods"};
    query.field_selector = "spec.nodeName=" + subject_.name() +
                           ",status.phase!=Succeeded,status.phase!=Failed";
    const std::vector<Value> pods = subject_.Find(query);
    sheet_.Write(0, "Non-terminated Pods:\t({} in total)\n", pods.size());
    sheet_.Put(1,
               "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\t"
               "Memory Limits\tAge\n"
               "  ---------\t----\t\t------------\t----------\t"
               "---------------\t-------------\t---\n");
    for (const Value& pod : pods) PodLine(pod);
    TotalLines();
  }

 private:
  void PodLine(View pod) {
    // kubectl divides by zero here, and prints what a computer makes of it.
    constexpr std::int64_t kOfNothing =
        std::numeric_limits<std::int64_t>::min();
    const Amounts requests = PodRequests(pod, true);
    const Amounts limits = PodLimits(pod, true);
    std::string cells;
    for (const bool cpu : {true, false}) {
      const char* const name = cpu ? "cpu" : "memory";
      for (const Amounts* amounts : {&requests, &limits}) {
        cells += Share(AmountOf(*amounts, name), AmountOf(there_is_, name), cpu,
                       kOfNothing) +
                 "\t";
      }
    }
    sheet_.Write(1, "{}\t{}\t\t{}{}\n", pod["metadata"]["namespace"].Text(),
                 pod["metadata"]["name"].Text(), cells,
                 subject_.Age(pod["metadata"]["creationTimestamp"]));
    AddAmounts(requests_, PodRequests(pod, false));
    AddAmounts(limits_, PodLimits(pod, false));
  }

  void TotalLines() {
    sheet_.Put(0,
               "Allocated resources:\n"
               "  (Total limits may be over 100 percent, i.e., "
               "overcommitted.)\n"
               "  Resource\tRequests\tLimits\n"
               "  --------\t--------\t------\n");
    for (const char* name : {"cpu", "memory", "ephemeral-storage"}) {
      ShareLine(name);
    }
    std::vector<std::string> others;
    for (const auto& [name, amount] : there_is_) {
      if (name.rfind("hugepages-", 0) == 0) {
        ShareLine(name);
      } else if (name != "cpu" && name != "memory" && name != "pods" &&
                 name != "ephemeral-storage") {
        others.push_back(name);
      }
    }
    for (const std::string& name : others) {
      sheet_.Write(1, "{}\t{}\t{}\n", name,
                   AmountOf(requests_, name).ToString(),
                   AmountOf(limits_, name).ToString());
    }
  }

  void ShareLine(const std::string& name) {
    const kube::Quantity all = AmountOf(there_is_, name);
    const bool cpu = name == "cpu";
    sheet_.Write(1, "{}\t{}\t{}\n", name,
                 Share(AmountOf(requests_, name), all, cpu, 0),
                 Share(AmountOf(limits_, name), all, cpu, 0));
  }

  const Subject& subject_;
  Sheet& sheet_;
  Amounts there_is_;
  Amounts requests_;
  Amounts limits_;
};

// A node's own Events name its uid, those of its kubelet its name.
void NodeEventLines(const Subject& subject, Sheet& sheet) {
  if (!subject.wants_events()) return;
  EventsOf of = EventsOfSubject(subject);
  std::vector<Value> events = FindEvents(subject, of);
  of.uid = of.name;
  for (Value& event : FindEvents(subject, of)) {
    events.push_back(std::move(event));
  }
  EventLines(subject, events, sheet);
}

}  // namespace

void DescribeNode(const Subject& subject, Sheet& sheet) {
  const View status = subject["status"];
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Roles:\t{}\n", RoleTexts(subject.meta("labels")));
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Write(0, "CreationTimestamp:\t{}\n",
              subject.Time(subject.meta("creationTimestamp")));
  TaintLines(subject["spec"]["taints"], sheet);
  sheet.Write(0, "Unschedulable:\t{}\n",
              subject["spec"]["unschedulable"].Bool());
  LeaseLines(subject, sheet);
  NodeConditionLines(subject, sheet);
  sheet.Put(0, "Addresses:\n");
  for (const View address : status["addresses"].Items()) {
    sheet.Write(1, "{}:\t{}\n", address["type"].Text(),
                address["address"].Text());
  }
  AmountLines("Capacity", status["capacity"], sheet);
  AmountLines("Allocatable", status["allocatable"], sheet);
  SliceLines(subject, sheet);
  SystemLines(subject.object(), sheet);
  NodeLoad(subject, sheet).Tell();
  NodeEventLines(subject, sheet);
}

}  // namespace kubescribe::output
