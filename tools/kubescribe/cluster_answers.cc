#include "kubescribe/cluster_answers.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "kube/user_time.h"
#include "query/doubt.h"

namespace kubescribe::tool {
namespace {

std::string HowEnded(store::Event event) {
  if (event == store::Event::kDeleted) return "was deleted";
  if (event == store::Event::kVanished) return "was found missing";
  return "left what is recorded";
}

}  // namespace

Result<ClusterAnswers> ClusterAnswers::Of(const query::Place& place) {
  ClusterAnswers answers;
  answers.several_ = place.all_clusters || place.clusters.size() > 1;
  std::vector<query::DatabaseFile> files;
  if (answers.several_) {
    Result<std::vector<query::DatabaseFile>> found =
        query::FindDatabases(place);
    if (!found.ok()) return found.error();
    files = std::move(*found);
  } else {
    Result<query::DatabaseFile> found = query::FindDatabase(place);
    if (!found.ok()) return found.error();
    files.push_back(std::move(*found));
  }
  for (query::DatabaseFile& file : files) {
    answers.answers_.emplace_back().file = std::move(file);
  }
  return answers;
}

std::string ClusterAnswers::Before(const ClusterAnswer& answer) const {
  return several_ ? answer.file.cluster + ": " : "";
}

std::optional<Error> ClusterAnswers::OnlyError() const {
  const auto misused = [](const ClusterAnswer& answer) {
    return answer.error && answer.error->code() == Code::kInvalid;
  };
  if ((!several_ && answers_.front().error) ||
      std::all_of(answers_.begin(), answers_.end(), misused)) {
    return answers_.front().error;
  }
  return std::nullopt;
}

std::vector<query::Warning> ClusterAnswers::WarningsOf(
    const ClusterAnswer& answer) {
  std::vector<query::Warning> warnings;
  std::set<std::string> reasons;
  const auto add = [&](const std::vector<query::Warning>& more) {
    for (const query::Warning& warning : more) {
      if (reasons.insert(query::Describe(warning)).second) {
        warnings.push_back(warning);
      }
    }
  };
  add(answer.state.warnings);
  for (const query::TypeState& type : answer.state.types) add(type.warnings);
  add(answer.related_warnings);
  return warnings;
}

std::vector<std::string> ClusterAnswers::DoubtLines() const {
  std::vector<std::string> lines;
  for (const ClusterAnswer& answer : answers_) {
    if (answer.error) continue;
    for (const query::Warning& warning : WarningsOf(answer)) {
      lines.push_back(Before(answer) + query::Describe(warning));
    }
  }
  return lines;
}

bool ClusterAnswers::SayDoubts(const std::string& all_in) const {
  bool uncertain = false;
  for (const ClusterAnswer& answer : answers_) {
    if (answer.error) continue;
    uncertain = SayWarnings(answer.state.file_warnings, WarningsOf(answer),
                            several_ ? answer.file.cluster : "", all_in) ||
                uncertain;
  }
  return uncertain;
}

std::vector<std::string> ClusterAnswers::MissingLines() const {
  std::vector<std::pair<std::string, std::size_t>> counts;
  std::size_t asked = 0;
  for (const ClusterAnswer& answer : answers_) {
    if (answer.error) continue;
    ++asked;
    for (const query::TypeState& type : answer.state.types) {
      for (const std::string& name : type.missing) {
        const std::string line = NotFoundLine(type, name);
        const auto same =
            std::find_if(counts.begin(), counts.end(),
                         [&](const auto& c) { return c.first == line; });
        if (same == counts.end()) {
          counts.emplace_back(line, 1);
        } else {
          ++same->second;
        }
      }
    }
  }
  std::vector<std::string> lines;
  for (const auto& [line, count] : counts) {
    if (count >= asked) lines.push_back(line);
  }
  return lines;
}

void ClusterAnswers::SayMissing() const {
  for (const std::string& line : MissingLines()) {
    SayLine(line);
    SayEnds(line);
  }
}

void ClusterAnswers::SayEnds(const std::string& line) const {
  const std::string zone = kube::LocalZone();
  for (const ClusterAnswer& answer : answers_) {
    if (answer.error) continue;
    for (const query::TypeState& type : answer.state.types) {
      for (const auto& [name, end] : type.ended) {
        if (NotFoundLine(type, name) != line) continue;
        // The last instant at which it surely was.
        const Micros last = end.not_before.value_or(end.at) < end.at
                                ? *end.not_before
                                : end.at - kMillisecond;
        Say("note", Before(answer) + "it " + HowEnded(end.event) + " at " +
                        kube::FormatLocal(end.at, zone) + "; --at " +
                        kube::FormatRfc3339(last) +
                        " shows it as it was before");
      }
    }
  }
}

void ClusterAnswers::SayAge() const {
  for (const ClusterAnswer& answer : answers_) {
    const query::When& when = answer.request.when;
    if (answer.error || when.at || when.rv || when.seq) continue;
    const Micros until = answer.state.file.known_until;
    const Micros age = SystemClock().Wall() - until;
    if (age < kMinute) continue;
    Say("note", Before(answer) + "the record ends at " +
                    kube::FormatZoned(until, kube::LocalZone()) + ", " +
                    kube::HumanDuration(age) + " ago");
  }
}

void ClusterAnswers::SayNothing(bool always_namespace) const {
  std::optional<std::string> where;
  bool named = true;
  bool asked = false;
  for (const ClusterAnswer& answer : answers_) {
    if (answer.error) continue;
    if (!answer.state.refused.empty()) return;
    if (!asked) where = answer.request.name_space;
    asked = true;
    for (const query::TypeState& type : answer.state.types) {
      named = named && (always_namespace || type.target.row.namespaced);
    }
    named = named && where && where == answer.request.name_space;
  }
  if (!asked) return;
  SayLine(named ? "No resources found in " + *where + " namespace."
                : "No resources found");
}

bool ClusterAnswers::SayFailures() const {
  bool failed = false;
  for (const ClusterAnswer& answer : answers_) {
    std::set<std::string> said;
    const auto say = [&](const std::string& what) {
      failed = true;
      if (said.insert(what).second) Say("error", Before(answer) + what);
    };
    for (const std::string& line : answer.state.refused) {
      failed = true;
      if (said.insert(line).second) SayLine(Before(answer) + line);
    }
    for (const query::TypeState& type : answer.state.types) {
      for (const std::string& what : type.damaged) say(what);
    }
    for (const std::string& what : answer.related_damaged) say(what);
    if (answer.error) say(answer.error->message());
  }
  return failed;
}

std::string NotFoundLine(const query::TypeState& type,
                         const std::string& name) {
  return "Error from server (NotFound): " +
         type.target.info.group_resource().ToString() + " \"" + name +
         "\" not found";
}

void SayLine(const std::string& line) {
  std::cerr << output::EscapeControls(line) << std::endl;
}

}  // namespace kubescribe::tool
