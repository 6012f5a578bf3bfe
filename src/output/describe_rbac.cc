// Who may do what: roles and their bindings.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

// What one line of a role allows: rules are taken apart into one resource (or
// URL) each, and put together again by verbs.
struct Grant {
  std::string group;
  std::string resource;
  std::string resource_name;  // only if `named`
  std::string url;            // instead of a resource
  bool named = false;
  std::vector<std::string> verbs;

  // "[a b]" of at most one.
  static std::string List(bool any, const std::string& text) {
    return any ? "[" + text + "]" : "[]";
  }
  std::string Verbs() const {
    return fmt::format("[{}]", fmt::join(verbs, " "));
  }
  // The order of the lines.
  std::string Key() const {
    return fmt::format(
        "Verbs:{},APIGroups:{},Resources:{},ResourceNames:{},"
        "NonResourceURLs:{}",
        Verbs(), List(url.empty(), group), List(url.empty(), resource),
        List(named, resource_name), List(!url.empty(), url));
  }
};

// A grant of one verb is added to that of the same resource. URLs are not put
// together.
class Grants {
 public:
  void Add(View rule) {
    const std::vector<std::string> verbs = Texts(rule["verbs"]);
    const std::vector<std::string> names = Texts(rule["resourceNames"]);
    for (const std::string& group : Texts(rule["apiGroups"])) {
      for (const std::string& resource : Texts(rule["resources"])) {
        for (const std::string& verb : verbs) {
          if (names.empty())
            AddVerb({group, resource, "", "", false, {}}, verb);
          for (const std::string& name : names) {
            AddVerb({group, resource, name, "", true, {}}, verb);
          }
        }
      }
    }
    for (const std::string& url : Texts(rule["nonResourceURLs"])) {
      for (const std::string& verb : verbs) {
        grants_.push_back({"", "", "", url, false, {verb}});
      }
    }
  }

  std::vector<Grant> Sorted() && {
    std::vector<std::pair<std::string, Grant>> keyed;
    keyed.reserve(grants_.size());
    for (Grant& grant : grants_) {
      std::string key = grant.Key();
      keyed.emplace_back(std::move(key), std::move(grant));
    }
    std::stable_sort(
        keyed.begin(), keyed.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Grant> sorted;
    sorted.reserve(keyed.size());
    for (auto& [key, grant] : keyed) sorted.push_back(std::move(grant));
    return sorted;
  }

 private:
  void AddVerb(Grant grant, const std::string& verb) {
    const auto [found, added] =
        of_resource_.try_emplace(std::tuple(grant.group, grant.resource,
                                            grant.named, grant.resource_name),
                                 grants_.size());
    if (added) grants_.push_back(std::move(grant));
    std::vector<std::string>& verbs = grants_[found->second].verbs;
    if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) {
      verbs.push_back(verb);
    }
  }

  std::vector<Grant> grants_;
  std::map<std::tuple<std::string, std::string, bool, std::string>, std::size_t>
      of_resource_;
};

// "deployments.apps/scale".
std::string ResourceText(const Grant& grant) {
  const std::size_t slash = grant.resource.find('/');
  std::string text = grant.resource.substr(0, slash);
  if (!grant.group.empty()) text += "." + grant.group;
  if (slash != std::string::npos) text += grant.resource.substr(slash);
  return text;
}

}  // namespace

void DescribeRole(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Put(0, "PolicyRule:\n");
  sheet.Put(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
  sheet.Put(1, "---------\t-----------------\t--------------\t-----\n");
  Grants grants;
  for (View rule : subject["rules"].Items()) grants.Add(rule);
  for (const Grant& grant : std::move(grants).Sorted()) {
    sheet.Write(1, "{}\t{}\t{}\t{}\n", ResourceText(grant),
                Grant::List(!grant.url.empty(), grant.url),
                Grant::List(grant.named, grant.resource_name), grant.Verbs());
  }
}

void DescribeRoleBinding(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Put(0, "Role:\n");
  FieldLine(sheet, 1, "Kind", subject["roleRef"]["kind"].Text());
  FieldLine(sheet, 1, "Name", subject["roleRef"]["name"].Text());
  sheet.Put(0, "Subjects:\n");
  sheet.Put(1, "Kind\tName\tNamespace\n");
  sheet.Put(1, "----\t----\t---------\n");
  for (View subject : subject["subjects"].Items()) {
    sheet.Write(1, "{}\t{}\t{}\n", subject["kind"].Text(),
                subject["name"].Text(), subject["namespace"].Text());
  }
}

}  // namespace kubescribe::output
