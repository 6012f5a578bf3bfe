#include "query/body_source.h"

#include "query/object.h"

namespace kubescribe::query {
namespace {

constexpr std::size_t kCache = std::size_t{4} << 20;

Error PrunedMeanwhile(const std::string& path, store::Seq seq) {
  return Error(Code::kGone, path + ": record " + std::to_string(seq) +
                                " was pruned while it was read: ask again");
}

}  // namespace

BodySource::BodySource(std::string path)
    : path_(std::move(path)),
      bodies_(std::make_shared<store::BodyCache>(kCache)) {}

Status BodySource::Renew() {
  const Micros now = SystemClock().Mono();
  if (reader_ != nullptr && now - opened_ < kSecond) return {};
  reader_.reset();
  Result<std::unique_ptr<store::Reader>> reader =
      store::Reader::Open(path_, bodies_);
  if (!reader.ok()) return reader.error();
  reader_ = std::move(*reader);
  opened_ = now;
  return {};
}

Result<std::string> BodySource::Object(const store::Revision& revision,
                                       const std::string& kind) {
  const Status open = Renew();
  if (!open.ok()) return open.error();
  const Result<std::string> body = reader_->Body(revision.seq);
  if (!body.ok() && body.error().code() == Code::kNotFound) {
    return PrunedMeanwhile(path_, revision.seq);
  }
  if (!body.ok()) return body.error();
  return ObjectOf(revision, *body, kind);
}

Status BodySource::Each(const std::vector<store::Seq>& seqs,
                        const std::string& kind, const Take& take) {
  const Status open = Renew();
  if (!open.ok()) return open.error();
  Result<std::vector<store::Revision>> revisions = reader_->Revisions(seqs);
  if (!revisions.ok()) {
    if (revisions.error().code() != Code::kNotFound) return revisions.error();
    return Error(Code::kGone,
                 revisions.error().message() +
                     ": it was pruned while it was read: ask again");
  }
  for (store::Revision& revision : *revisions) {
    Result<std::string> body = reader_->Payload(revision.seq);
    if (!body.ok() && body.error().code() != Code::kCorruption) {
      return body.error();
    }
    if (body.ok()) body = ObjectOf(revision, *body, kind);
    take(std::move(revision), std::move(body));
  }
  return {};
}

}  // namespace kubescribe::query
