// Jobs.
#include <fmt/format.h>

#include "kube/printer_table.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

std::string JobStatus(const PrintInput& in) {
  const JsonNode conditions = in.status()["conditions"];
  if (ConditionIs(conditions, "Complete")) return "Complete";
  if (ConditionIs(conditions, "Failed")) return "Failed";
  if (IsBeingDeleted(in)) return "Terminating";
  if (ConditionIs(conditions, "Suspended")) return "Suspended";
  if (ConditionIs(conditions, "FailureTarget")) return "FailureTarget";
  if (in.Prints(Variant::kSuccessCriteriaMet) &&
      ConditionIs(conditions, "SuccessCriteriaMet")) {
    return "SuccessCriteriaMet";
  }
  return "Running";
}

std::string Completions(const PrintInput& in) {
  const std::int64_t succeeded = in.status()["succeeded"].number();
  if (const JsonNode wanted = in.spec()["completions"]; !wanted.is_null()) {
    return fmt::format("{}/{}", succeeded, wanted.number());
  }
  const std::int64_t parallelism = in.spec()["parallelism"].number();
  return parallelism > 1 ? fmt::format("{}/1 of {}", succeeded, parallelism)
                         : fmt::format("{}/1", succeeded);
}

// "": it has not begun.
std::string JobDuration(const PrintInput& in) {
  const auto began = ParseRfc3339(in.status()["startTime"].text());
  if (!began) return "";
  const auto ended = ParseRfc3339(in.status()["completionTime"].text());
  return HumanDuration(ended.value_or(in.at) - *began);
}

void JobCells(const PrintInput& in, CellList& cells) {
  cells.push_back(NameOf(in));
  cells.push_back(JobStatus(in));
  cells.push_back(Completions(in));
  cells.push_back(JobDuration(in));
  cells.push_back(AgeOf(in));
  AddContainers(in.spec()["template"], cells);
  cells.push_back(SelectorCell(in.spec()["selector"]));
}

void CronJobCells(const PrintInput& in, CellList& cells) {
  const JsonNode job = in.spec()["jobTemplate"]["spec"];
  const JsonNode suspend = in.spec()["suspend"];
  const JsonNode last = in.status()["lastScheduleTime"];
  cells.push_back(NameOf(in));
  cells.push_back(Str(in.spec()["schedule"]));
  cells.push_back(PresentOr(in.spec()["timeZone"], "<none>"));
  cells.push_back(suspend.is_null()   ? "<unset>"
                  : suspend.is_true() ? "True"
                                      : "False");
  cells.push_back(Count(in.status()["active"].size()));
  cells.push_back(last.is_null() ? "<none>" : AgeOfTime(last, in.at));
  cells.push_back(AgeOf(in));
  AddContainers(job["template"], cells);
  cells.push_back(SelectorCell(job["selector"]));
}

}  // namespace

const KindPrinters& BatchPrinters() {
  static const KindPrinters kPrinters = {
      {"jobs.batch",
       "Name, Status, Completions, Duration, Age, +Containers, +Images, "
       "+Selector",
       JobCells},
      {"cronjobs.batch",
       "Name, Schedule, Timezone, Suspend:boolean, Active:integer, "
       "Last Schedule, Age, +Containers, +Images, +Selector",
       CronJobCells},
  };
  return kPrinters;
}

}  // namespace kubescribe::kube
