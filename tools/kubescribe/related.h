// What belongs to a described object, out of the record, as of its instant.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "output/describe.h"
#include "query/state.h"

namespace kubescribe::tool {

class RecordedObjects final : public output::Related {
 public:
  // Of the file at `path`. `when`: the instant; a resourceVersion is one of
  // one type, so for those give the time that it stands for.
  RecordedObjects(std::string path, query::When when)
      : path_(std::move(path)), when_(std::move(when)) {}

  Result<std::vector<output::Value>> Find(const Query& query) override;

  // For many objects of a namespace one after the other: what is found by
  // labels alone is read once for all of them, and held.
  void Hold() { holds_ = true; }

  // Why one of the answers so far is not certain, each reason once.
  const std::vector<query::Warning>& warnings() const { return warnings_; }
  // Objects whose records are damaged, said for a person; they are left out.
  const std::set<std::string>& damaged() const { return damaged_; }

 private:
  struct Held {
    Query query;  // without its labels
    std::vector<std::pair<std::string, output::Value>> objects;
  };

  // Each with its JSON.
  Result<Held> Read(const Query& query);
  Result<std::vector<output::Value>> FindHeld(const Query& query);

  const std::string path_;
  const query::When when_;
  std::vector<query::Warning> warnings_;
  std::set<std::string> reasons_;
  std::set<std::string> damaged_;
  bool holds_ = false;
  std::vector<Held> held_;  // the newest of each resource
};

}  // namespace kubescribe::tool
