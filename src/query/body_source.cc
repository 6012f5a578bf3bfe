#include "query/body_source.h"

#include "query/object.h"

namespace kubescribe::query {

Status BodySource::Renew() {
  const Micros now = SystemClock().Mono();
  if (reader_ != nullptr && now - opened_ < kSecond) return {};
  reader_.reset();
  Result<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path_);
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
  if (!body.ok()) return body.error();
  return ObjectOf(revision, *body, kind);
}

}  // namespace kubescribe::query
