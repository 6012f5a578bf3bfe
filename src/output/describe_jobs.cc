// Jobs and CronJobs.
#include <algorithm>
#include <optional>

#include "kube/user_time.h"
#include "output/describe_kinds.h"
#include "output/describe_pods.h"

namespace kubescribe::output {
namespace {

// "Title:   7", or "<unset>".
void NumberLine(std::string_view title, View number, std::string_view unit,
                Sheet& sheet) {
  if (number.has()) {
    sheet.Write(0, "{}:\t{}{}\n", title, number.Int(), unit);
  } else {
    sheet.Write(0, "{}:\t<unset>\n", title);
  }
}

// "1,3-5,…": a long list ends after the index at or behind its 50th byte.
std::string IndexText(const std::string& indexes) {
  constexpr std::size_t kAbout = 50;
  if (indexes.empty()) return "<none>";
  const std::size_t comma = indexes.find(',', kAbout);
  return comma == std::string::npos ? indexes
                                    : indexes.substr(0, comma + 1) + "...";
}

void JobTimeLines(const Subject& subject, Sheet& sheet) {
  const View began = subject["status"]["startTime"];
  const View ended = subject["status"]["completionTime"];
  if (began.has()) sheet.Write(0, "Start Time:\t{}\n", subject.Time(began));
  if (ended.has()) sheet.Write(0, "Completed At:\t{}\n", subject.Time(ended));
  const std::optional<Micros> from = kube::ParseRfc3339(began.Text());
  const std::optional<Micros> to = kube::ParseRfc3339(ended.Text());
  if (from && to) {
    sheet.Write(0, "Duration:\t{}\n", kube::HumanDuration(*to - *from));
  }
}

void JobTemplateLines(const Subject& subject, View job_template, Sheet& sheet) {
  const View spec = job_template["spec"];
  sheet.Write(0, "Selector:\t{}\n",
              spec["selector"].has()
                  ? SelectorQuery(spec["selector"]).value_or("")
                  : "<unset>");
  NumberLine("Parallelism", spec["parallelism"], "", sheet);
  NumberLine("Completions", spec["completions"], "", sheet);
  if (const View deadline = spec["activeDeadlineSeconds"]; deadline.has()) {
    NumberLine("Active Deadline Seconds", deadline, "s", sheet);
  }
  TemplateLines(subject, spec["template"], sheet);
}

}  // namespace

void DescribeJob(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  sheet.Write(0, "Selector:\t{}\n",
              SelectorQuery(spec["selector"]).value_or(""));
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  const std::string controller = Controller(subject.object());
  if (!controller.empty()) sheet.Write(0, "Controlled By:\t{}\n", controller);
  if (spec["parallelism"].has()) {
    NumberLine("Parallelism", spec["parallelism"], "", sheet);
  }
  NumberLine("Completions", spec["completions"], "", sheet);
  const std::initializer_list<std::pair<const char*, const char*>> kIfSet = {
      {"Completion Mode", "completionMode"},
      {"Suspend", "suspend"},
      {"Backoff Limit", "backoffLimit"},
      {"TTL Seconds After Finished", "ttlSecondsAfterFinished"}};
  for (const auto& [title, key] : kIfSet) {
    if (spec[key].has()) {
      sheet.Write(0, "{}:\t{}\n", title, spec[key].Scalar());
    }
  }
  JobTimeLines(subject, sheet);
  if (const View deadline = spec["activeDeadlineSeconds"]; deadline.has()) {
    NumberLine("Active Deadline Seconds", deadline, "s", sheet);
  }
  const View ready = status["ready"];
  sheet.Write(0, "Pods Statuses:\t{} Active{} / {} Succeeded / {} Failed\n",
              status["active"].Int(),
              ready.has() ? fmt::format(" ({} Ready)", ready.Int()) : "",
              status["succeeded"].Int(), status["failed"].Int());
  if (spec["completionMode"].Text() == "Indexed") {
    sheet.Write(0, "Completed Indexes:\t{}\n",
                IndexText(status["completedIndexes"].Text()));
  }
  TemplateLines(subject, spec["template"], sheet);
  TellEvents(subject, sheet);
}

void DescribeCronJob(const Subject& subject, Sheet& sheet) {
  const View spec = subject["spec"];
  const View status = subject["status"];
  sheet.Write(0, "Name:\t{}\n", subject.name());
  sheet.Write(0, "Namespace:\t{}\n", subject.name_space());
  LabelLines(sheet, "Labels", subject.meta("labels"));
  AnnotationLines(sheet, "Annotations", subject.meta("annotations"));
  sheet.Write(0, "Schedule:\t{}\n", spec["schedule"].Text());
  sheet.Write(0, "Concurrency Policy:\t{}\n", spec["concurrencyPolicy"].Text());
  sheet.Write(0, "Suspend:\t{}\n",
              !spec["suspend"].has()   ? "<unset>"
              : spec["suspend"].Bool() ? "True"
                                       : "False");
  sheet.Write(0, "Time Zone:\t{}\n",
              spec["timeZone"].has() ? spec["timeZone"].Text() : "<unset>");
  NumberLine("Successful Job History Limit", spec["successfulJobsHistoryLimit"],
             "", sheet);
  NumberLine("Failed Job History Limit", spec["failedJobsHistoryLimit"], "",
             sheet);
  NumberLine("Starting Deadline Seconds", spec["startingDeadlineSeconds"], "s",
             sheet);
  JobTemplateLines(subject, spec["jobTemplate"], sheet);
  const View last = status["lastScheduleTime"];
  sheet.Write(0, "Last Schedule Time:\t{}\n",
              last.has() ? subject.Time(last) : "<unset>");
  std::vector<std::string> active;
  for (const View job : status["active"].Items()) {
    active.push_back(job["name"].Text());
  }
  sheet.Write(0, "Active Jobs:\t{}\n",
              active.empty() ? "<none>" : Join(active, ", "));
  TellEvents(subject, sheet);
}

}  // namespace kubescribe::output
