#include "record/intake.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "codec/digest.h"
#include "record/metadata.h"

namespace kubescribe::record {
namespace {

using Kind = kube::Observation::Kind;

bool HasObject(Kind kind) {
  return kind == Kind::kEvent || kind == Kind::kListItem ||
         kind == Kind::kAuditItem;
}

std::string_view TypeName(kube::WatchType type) {
  switch (type) {
    case kube::WatchType::kAdded:
      return "Added";
    case kube::WatchType::kModified:
      return "Modified";
    case kube::WatchType::kDeleted:
      return "Deleted";
  }
  return "";
}

}  // namespace

Entry Intake::Stub(kube::Observation seen,
                   const kube::GroupResource& resource) const {
  if (seen.kind != Kind::kStub) {
    seen.size = seen.body.size();
    seen.digest = codec::Hex(codec::Sha256Of(seen.body));
    seen.cause = kube::GapCause::kParse;
  }
  nlohmann::ordered_json stub;
  stub["reason"] = kube::GapCauseName(seen.cause);
  if (!seen.message.empty()) stub["message"] = seen.message;
  stub["size"] = seen.size;
  if (!seen.digest.empty()) {
    // A plain digest of what holds secrets would let one guess at them.
    stub["digest"] = redactor_.Concerns(resource)
                         ? redactor_.KeyedDigest(seen.digest)
                         : "sha256:" + seen.digest;
  }
  stub["type"] = TypeName(seen.type);
  const kube::ObjectHead& head = seen.head;
  if (!head.name_space.empty()) stub["namespace"] = head.name_space;
  if (!head.name.empty()) stub["name"] = head.name;
  if (!head.uid.empty()) stub["uid"] = head.uid;
  if (!head.resource_version.empty()) {
    stub["resourceVersion"] = head.resource_version;
  }
  seen.body = stub.dump(-1, ' ', false,
                        nlohmann::ordered_json::error_handler_t::replace);
  return {std::move(seen), store::BodyKind::kStub, 0};
}

Entry Intake::Prepare(kube::Observation seen, const StreamSpec& spec) const {
  const kube::GroupResource resource{spec.key.group, spec.key.resource};
  if (seen.kind == Kind::kStub) return Stub(std::move(seen), resource);
  if (!HasObject(seen.kind))
    return {std::move(seen), store::BodyKind::kFull, 0};
  if (seen.head.uid.empty() || seen.head.resource_version.empty()) {
    seen.message = seen.head.uid.empty() ? "no metadata.uid"
                                         : "no metadata.resourceVersion";
    return Stub(std::move(seen), resource);
  }
  if (redactor_.Concerns(resource)) {
    Result<std::string> redacted =
        redactor_.Redact(resource, seen.head, seen.body);
    if (!redacted.ok()) {
      seen.message =
          "cannot be read for redaction: " + redacted.error().message();
      return Stub(std::move(seen), resource);
    }
    seen.body = std::move(*redacted);
  }
  if (spec.level == Level::kFull) {
    return {std::move(seen), store::BodyKind::kFull, 0};
  }
  if (spec.level == Level::kNone) {
    seen.body.clear();
    return {std::move(seen), store::BodyKind::kMetadata, 0};
  }
  Result<std::string> stripped = StripToMetadata(seen.body);
  if (!stripped.ok()) {
    seen.message =
        "cannot be reduced to its metadata: " + stripped.error().message();
    return Stub(std::move(seen), resource);
  }
  seen.body = std::move(*stripped);
  return {std::move(seen), store::BodyKind::kMetadata, 0};
}

}  // namespace kubescribe::record
