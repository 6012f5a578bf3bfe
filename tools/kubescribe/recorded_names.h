// RecordedNames: what the record offers a completion: clusters, types,
// namespaces, names of objects, at an instant. What cannot be read is left out
// in silence.
//
// One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/database.h"
#include "query/resolve.h"
#include "store/reader.h"

namespace kubescribe::tool {

struct Candidate {
  std::string text;
  std::string description;
};

class RecordedNames {
 public:
  struct Options {
    query::Place place;
    store::AsOf as_of;       // `at` 0 and nothing else: the newest
    bool ever = false;       // also objects that are gone by then
    std::string name_space;  // "": the kubeconfig's
    bool all_namespaces = false;
  };
  explicit RecordedNames(Options options) : options_(std::move(options)) {}

  std::vector<Candidate> Clusters() const;
  // "pods", "deployments.apps" where the short form could be another's.
  std::vector<Candidate> Types() const;
  // Those that begin with `prefix`, which saves reading the others.
  std::vector<Candidate> Namespaces(const std::string& prefix) const;
  std::vector<Candidate> Names(const std::string& type,
                               const std::string& prefix) const;

 private:
  // Calls it with a reader of each database that is meant.
  void EachFile(
      const std::function<void(store::Reader&, const store::AsOf&,
                               const std::string& cluster)>& ask) const;

  store::Reader::NameQuestion Question(const store::AsOf& as_of,
                                       const std::string& prefix) const {
    return {as_of, options_.ever, prefix};
  }

  Options options_;
};

}  // namespace kubescribe::tool
