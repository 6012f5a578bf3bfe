// One file being verified: opened anew now and then while it is recorded, so
// that no snapshot is held for long (DESIGN §5). Private to verify.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/body_reader.h"
#include "store/open_file.h"
#include "verify/leaf.h"

namespace kubescribe::verify {

class Snapshot {
 public:
  explicit Snapshot(std::string path);

  // Opens it, or opens it anew where the last time was a while ago. Whatever
  // was asked of the one before is over.
  Status Renew();
  // The same at once.
  Status Reopen();

  store::Db& db() { return *file_.db; }
  store::BodyReader& bodies() { return *bodies_; }
  const store::FileInfo& info() const { return file_.info; }
  const std::vector<std::string>& warnings() const { return file_.warnings; }
  // Did a recorder write it when it was opened?
  bool live() const { return live_; }
  // Counts the snapshots, this one included.
  int number() const { return number_; }

  // What a stream is called in leaves; all empty where it has no row.
  const LeafTexts& Stream(std::int64_t id);

 private:
  const std::string path_;
  const std::shared_ptr<store::BodyCache> cache_;
  store::OpenedFile file_;
  std::unique_ptr<store::BodyReader> bodies_;
  std::map<std::int64_t, LeafTexts> streams_;
  bool live_ = false;
  int number_ = 0;
  Micros opened_ = 0;
};

}  // namespace kubescribe::verify
