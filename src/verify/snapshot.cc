#include "verify/snapshot.h"

#include <utility>

#include "store/lock_file.h"

namespace kubescribe::verify {
namespace {

// Enough for the newest bodies of ten thousand Pods, which the next build on.
constexpr std::size_t kCache = std::size_t{96} << 20;

}  // namespace

Snapshot::Snapshot(std::string path)
    : path_(std::move(path)),
      cache_(std::make_shared<store::BodyCache>(kCache)) {}

Status Snapshot::Renew() {
  if (file_.db != nullptr &&
      (!live_ || SystemClock().Mono() - opened_ < kSecond)) {
    return {};
  }
  return Reopen();
}

Status Snapshot::Reopen() {
  bodies_.reset();
  file_.db.reset();
  streams_.clear();
  live_ = store::LockFile::IsHeld(path_);
  Result<store::OpenedFile> file = store::OpenForReading(path_);
  if (!file.ok()) return file.error();
  file_ = *std::move(file);
  bodies_ = std::make_unique<store::BodyReader>(*file_.db, cache_);
  opened_ = SystemClock().Mono();
  ++number_;
  return {};
}

const LeafTexts& Snapshot::Stream(std::int64_t id) {
  const auto known = streams_.find(id);
  if (known != streams_.end()) return known->second;
  store::Query row(
      *file_.db,
      "SELECT k.api_group, k.resource, s.namespace, s.label_selector, "
      "s.field_selector FROM stream s JOIN resource k ON k.id = s.resource_id "
      "WHERE s.id = ?");
  return streams_
      .emplace(id, row.Bind(id).Step() ? LeafTextsOf(row) : NoLeafTexts())
      .first->second;
}

}  // namespace kubescribe::verify
