#include "stories/world.h"

#include <utility>

#include "kube/user_time.h"

namespace kubescribe::stories {

Status World::Do(const Statement& statement) {
  Status done = At(statement.time);
  if (done.ok()) done = Act(statement);
  if (done.ok()) return {};
  const std::string line = std::to_string(statement.line);
  return Wrong(line + ": " + done.error().message());
}

Status World::Settle() {
  for (const auto& [name, cluster] : clusters_) {
    if (Status done = cluster->Commit(); !done.ok()) return done;
  }
  return {};
}

Status World::At(const std::string& time) {
  const Result<Micros> at = TimeOf(time);
  if (!at.ok()) return at.error();
  if (*at == clock_.Wall()) return {};
  if (*at < clock_.Wall()) {
    return Wrong(time +
                 " is before the line above; a clock that goes back is "
                 "\"clock TIME\"");
  }
  Status settled = Settle();
  clock_.AdvanceTo(*at);
  return settled;
}

Result<Micros> World::TimeOf(const std::string& text) {
  const bool dated = text.find('T') != std::string::npos;
  const auto time = kube::ParseRfc3339((dated ? text : day_ + "T" + text) +
                                       (text.ends_with("Z") ? "" : "Z"));
  if (!time) {
    return Wrong("\"" + text +
                 "\" is no time: 12:00:00, or with a date "
                 "2026-11-20T12:00:00");
  }
  if (dated) day_ = text.substr(0, text.find('T'));
  return *time;
}

Status World::Act(const Statement& statement) {
  const std::string& verb = statement.words.front();
  if (verb == "quiet") return {};
  if (statement.words.size() == 2 && verb == "clock") {
    const Result<Micros> time = TimeOf(statement.words[1]);
    if (!time.ok()) return time.error();
    Status settled = Settle();
    clock_.StepTo(*time);
    return settled;
  }
  if (statement.words.size() == 2 && verb == "cluster") {
    current_ = statement.words[1];
    const Result<StoryCluster*> begun = Current();
    return begun.ok() ? Status() : Status(begun.error());
  }
  Result<StoryCluster*> current = Current();
  if (!current.ok()) return current.error();
  StoryCluster& cluster = **current;
  if (verb == "start") return cluster.Start();
  if (verb == "stop" || verb == "kill") {
    Status settled = cluster.Commit();
    if (!settled.ok()) return settled;
    if (verb == "stop") return cluster.Stop();
    cluster.Kill();
    return {};
  }
  return cluster.Do(statement);
}

Result<StoryCluster*> World::Current() {
  std::unique_ptr<StoryCluster>& cluster = clusters_[current_];
  if (cluster == nullptr) {
    cluster = std::make_unique<StoryCluster>(current_, data_, clock_);
    if (Status begun = cluster->Start(); !begun.ok()) return begun.error();
  }
  return cluster.get();
}

}  // namespace kubescribe::stories
