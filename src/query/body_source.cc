#include "query/body_source.h"

#include "query/object.h"

namespace kubescribe::query {
namespace {

constexpr std::size_t kCache = std::size_t{16} << 20;

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
    return Error(Code::kGone, path_ + ": record " +
                                  std::to_string(revision.seq) +
                                  " was pruned while it was read: ask again");
  }
  if (!body.ok()) return body.error();
  return ObjectOf(revision, *body, kind);
}

}  // namespace kubescribe::query
