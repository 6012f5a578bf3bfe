// The JSON of objects as a server would write it: field order, metadata,
// managedFields.
#pragma once

#include <string>

#include "base/clock.h"
#include "fakes/state.h"

namespace kubescribe::fakes {

// RFC 3339 in whole seconds, UTC.
std::string Rfc3339(Micros wall);

// The text of an object given from outside (Apply, Replay), completed: uid,
// mark for the RV, creationTimestamp, generation, and managedFields when it
// has none. `json` must be an object; false when it is not.
bool ApplyText(const KindInfo& kind, const std::string& json, Micros now,
               ObjectMeta& meta, const Object* previous, std::string& text);
// The object's text after a JSON merge patch (RFC 7386).
bool PatchText(const KindInfo& kind, const std::string& patch, Micros now,
               ObjectMeta& meta, const Object& previous, std::string& text);

// Namespace and name in `json`'s metadata; false when it has no name.
bool ReadName(const std::string& json, std::string& ns, std::string& name);

// A core/v1 Event's text as events.k8s.io/v1 shows it, complete.
std::string NewEventText(const std::string& core);

KindInfo InfoOf(const CustomKind& kind);
// CustomResourceDefinition and APIService, to be given to ApplyText.
std::string CrdJson(const CustomKind& kind, Micros now);
std::string ApiServiceJson(const std::string& group, const std::string& version,
                           bool local, bool available, Micros now);

}  // namespace kubescribe::fakes
