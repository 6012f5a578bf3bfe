// Kubernetes YAML: byte for byte what `kubectl -o yaml` prints for the same
// object (numbers aside, which stay as they were written).
//
// That is the dialect of go-yaml v2, which is libyaml's emitter with a rule of
// its own for when a string must be quoted; yaml-cpp cannot be made to speak
// it.
#pragma once

#include <string>

#include "output/value.h"

namespace kubescribe::output {

// With a newline at the end.
std::string ToYaml(const Value& value);

}  // namespace kubescribe::output
