// Bodies of many revisions without holding a snapshot for long: opens the file
// anew every second (bodies never change, so any snapshot will do).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/reader.h"

namespace kubescribe::query {

class BodySource {
 public:
  explicit BodySource(std::string path);

  // The object of a revision, complete (object.h). kCorruption, naming the
  // record: it is not what was recorded; others may be.
  Result<std::string> Object(const store::Revision& revision,
                             const std::string& kind);

  // Every one of the revisions with these seqs, complete, in the order given,
  // which had better be ascending. At most a few thousand: they are read in one
  // snapshot. `json` is kCorruption where it is not what was recorded.
  // Errors: of the file; kGone: a prune took one of them.
  using Take = std::function<void(store::Revision&& revision,
                                  Result<std::string>&& json)>;
  Status Each(const std::vector<store::Seq>& seqs, const std::string& kind,
              const Take& take);

 private:
  Status Renew();

  const std::string path_;
  std::shared_ptr<store::BodyCache> bodies_;
  std::unique_ptr<store::Reader> reader_;
  Micros opened_ = 0;
};

}  // namespace kubescribe::query
