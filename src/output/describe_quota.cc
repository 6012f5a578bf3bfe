// Namespaces and what bounds them: ResourceQuota, LimitRange.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "kube/quantity.h"
#include "output/describe_fields.h"
#include "output/describe_kinds.h"

namespace kubescribe::output {
namespace {

// What kubectl says of the scopes of a quota.
std::string_view ScopeHelp(const std::string& scope) {
  struct Help {
    std::string_view scope;
    std::string_view text;
  };
  static constexpr std::array<Help, 4> kHelp = {{
      {"Terminating",
       "Matches all pods that have an active deadline. These pods have a "
       "limited lifespan on a node before being actively terminated by the "
       "system."},
      {"NotTerminating",
       "Matches all pods that do not have an active deadline. These pods "
       "usually include long running pods whose container command is not "
       "expected to terminate."},
      {"BestEffort",
       "Matches all pods that do not have resource requirements set. These "
       "pods have a best effort quality of service."},
      {"NotBestEffort",
       "Matches all pods that have at least one resource requirement set. "
       "These pods have a burstable or guaranteed quality of service."},
  }};
  for (const Help& help : kHelp) {
    if (help.scope == scope) return help.text;
  }
  return "";
}

void WriteScopes(View quota, int level, std::string_view bullet, Sheet& sheet) {
  std::vector<std::string> scopes;
  for (View scope : quota["spec"]["scopes"].Items()) {
    scopes.push_back(scope.Text());
  }
  if (scopes.empty()) return;
  std::sort(scopes.begin(), scopes.end());
  sheet.Write(level, "Scopes:\t{}\n", fmt::join(scopes, ", "));
  for (const std::string& scope : scopes) {
    const std::string_view help = ScopeHelp(scope);
    if (!help.empty()) sheet.Write(level, "{}{}\n", bullet, help);
  }
}

void WriteLimits(View range, std::string_view indent, Sheet& sheet) {
  static constexpr std::array<const char*, 5> kColumns = {
      "min", "max", "defaultRequest", "default", "maxLimitRequestRatio"};
  for (View limit : range["spec"]["limits"].Items()) {
    std::set<std::string> resources;
    for (const char* column : kColumns) {
      for (const auto& [name, value] : limit[column].Members()) {
        resources.insert(name);
      }
    }
    for (const std::string& resource : resources) {
      std::string line =
          fmt::format("{}{}\t{}", indent, limit["type"].Text(), resource);
      for (const char* column : kColumns) {
        View value = limit[column][resource];
        line += "\t" + (value.has() ? QuantityText(value) : "-");
      }
      sheet.Put(0, line + "\n");
    }
  }
}

// What is used of a limit, in its kind of suffixes.
std::string UsedText(View used, View hard) {
  const auto limit = kube::Quantity::ParseOrZero(hard.Scalar());
  const auto amount = kube::Quantity::ParseOrZero(used.Scalar());
  if (amount.format() == limit.format()) return amount.ToString();
  return kube::Quantity(amount.Value(), limit.format()).ToString();
}

constexpr char kLimitTitles[] =
    "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax "
    "Limit/Request Ratio\n";
constexpr char kLimitRules[] =
    "----\t--------\t---\t---\t---------------\t-------------\t---------------"
    "--------\n";

void WriteNamespaceQuotas(const std::vector<Value>& quotas, Sheet& sheet) {
  sheet.Put(0, quotas.empty() ? "No resource quota.\n" : "Resource Quotas\n");
  for (View quota : quotas) {
    FieldLine(sheet, 1, "Name", quota["metadata"]["name"].Text());
    WriteScopes(quota, 1, "* ", sheet);
    sheet.Put(1, "Resource\tUsed\tHard\n");
    sheet.Put(1, "--------\t---\t---\n");
    for (const auto& [name, hard] : quota["status"]["hard"].Members()) {
      sheet.Write(1, "{}\t{}\t{}\n", name,
                  QuantityText(quota["status"]["used"][name]),
                  QuantityText(hard));
    }
  }
}

void WriteNamespaceLimits(const std::vector<Value>& ranges, Sheet& sheet) {
  if (ranges.empty()) {
    sheet.Put(0, "No LimitRange resource.\n");
    return;
  }
  sheet.Put(0, std::string("Resource Limits\n ") + kLimitTitles);
  sheet.Put(0, std::string(" ") + kLimitRules);
  for (View range : ranges) WriteLimits(range, " ", sheet);
}

}  // namespace

void DescribeNamespace(const Subject& subject, Sheet& sheet) {
  HeadLines(subject, sheet);
  FieldLine(sheet, "Status", subject["status"]["phase"].Text());
  ConditionLines(subject, subject["status"]["conditions"], sheet);
  sheet.Put(0, "\n");
  WriteNamespaceQuotas(
      subject.Find({{"", "resourcequotas"}, subject.name(), "", "", ""}),
      sheet);
  sheet.Put(0, "\n");
  WriteNamespaceLimits(
      subject.Find({{"", "limitranges"}, subject.name(), "", "", ""}), sheet);
}

void DescribeResourceQuota(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  WriteScopes(subject.object(), 0, " * ", sheet);
  sheet.Put(0, "Resource\tUsed\tHard\n");
  sheet.Put(0, "--------\t----\t----\n");
  View status = subject["status"];
  for (const auto& [name, hard] : status["hard"].Members()) {
    sheet.Write(0, "{}\t{}\t{}\n", name, UsedText(status["used"][name], hard),
                QuantityText(hard));
  }
}

void DescribeLimitRange(const Subject& subject, Sheet& sheet) {
  FieldLine(sheet, "Name", subject.name());
  FieldLine(sheet, "Namespace", subject.name_space());
  sheet.Put(0, kLimitTitles);
  sheet.Put(0, kLimitRules);
  WriteLimits(subject.object(), "", sheet);
}

}  // namespace kubescribe::output
