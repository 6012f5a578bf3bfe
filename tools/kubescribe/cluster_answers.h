// What the files of the clusters that were asked answered, and what is said of
// it beside the answer itself: doubts, what is not there, what failed. Alike
// for `get` and `describe`, of one cluster and of several; of several each line
// has its cluster in front.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "kubescribe/command.h"
#include "query/database.h"
#include "query/state.h"

namespace kubescribe::tool {

// What one cluster's file said.
struct ClusterAnswer {
  query::DatabaseFile file;
  query::StateRequest request;
  query::State state;
  // Of what was asked to tell the objects: what belongs to them.
  std::vector<query::Warning> related_warnings;
  std::set<std::string> related_damaged;  // said for a person
  std::optional<Error> error;             // then there is no state
};

class ClusterAnswers {
 public:
  // Opens nothing yet: one answer without a state for each cluster that `place`
  // means. Errors: as query::FindDatabases and FindDatabase.
  static Result<ClusterAnswers> Of(const query::Place& place);

  std::vector<ClusterAnswer>& all() { return answers_; }
  const std::vector<ClusterAnswer>& all() const { return answers_; }
  // Several clusters were asked for, however many there are.
  bool several() const { return several_; }
  // "prod: " where there are several.
  std::string Before(const ClusterAnswer& answer) const;

  // The error that is all there is to say: that of the only cluster, or where
  // each finds the question wrong. None: there is an answer.
  std::optional<Error> OnlyError() const;

  // Each reason for doubt of an answer once.
  static std::vector<query::Warning> WarningsOf(const ClusterAnswer& answer);
  // The same of all answers, as lines for machines.
  std::vector<std::string> DoubtLines() const;
  // To stderr. True: there is a doubt. `all_in`: as of SayWarnings.
  bool SayDoubts(const std::string& all_in = "") const;

  // kubectl's line for each name that no cluster had.
  std::vector<std::string> MissingLines() const;
  // The same to stderr, and after each how what had that name ended.
  void SayMissing() const;
  // That an answer about now is one about the end of a record that ended a
  // while ago.
  void SayAge() const;

  // kubectl's line for an empty answer. `always_namespace`: as `describe` does
  // it, which names the namespace of kinds without one too.
  void SayNothing(bool always_namespace) const;
  // Clusters that could not be read, and bodies that are not what was recorded.
  // True: there was one.
  bool SayFailures() const;

 private:
  void SayEnds(const std::string& line) const;

  std::vector<ClusterAnswer> answers_;
  bool several_ = false;
};

// kubectl's line for a name that is not there.
std::string NotFoundLine(const query::TypeState& type, const std::string& name);
// A line as it is, to stderr, with control characters made visible.
void SayLine(const std::string& line);

}  // namespace kubescribe::tool
