// Intake: the first that sees an observation, and the only place that sees its
// bytes before redaction. What leaves it may be stored.
#pragma once

#include <string>

#include "kube/observation.h"
#include "record/recorder.h"
#include "record/redact.h"
#include "store/types.h"

namespace kubescribe::record {

// An observation whose body is what will be stored.
struct Entry {
  kube::Observation seen;
  store::BodyKind body_kind = store::BodyKind::kFull;
  // When it was offered, on the clock that never goes back: the wall clock may
  // step between an event and its record.
  Micros offered_mono = 0;
};

class Intake {
 public:
  explicit Intake(Redactor redactor) : redactor_(std::move(redactor)) {}

  // Redacts the body and reduces it to the stream's level. What cannot be kept
  // (a kStub; a body that cannot be read for redaction; no uid or no
  // resourceVersion) becomes a stub: body_kind kStub, its body a JSON object
  // with reason, size, digest and what is known of the object. One thread.
  Entry Prepare(kube::Observation seen, const StreamSpec& spec) const;

  const Redactor& redactor() const { return redactor_; }

 private:
  Entry Stub(kube::Observation seen, const kube::GroupResource& resource) const;

  Redactor redactor_;
};

}  // namespace kubescribe::record
