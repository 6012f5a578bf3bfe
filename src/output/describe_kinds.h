// The describers, one a kind. Private to src/output.
#pragma once

#include "output/describe_parts.h"

namespace kubescribe::output {

using Describer = void (*)(const Subject&, Sheet&);

void DescribeGeneric(const Subject& subject, Sheet& sheet);

}  // namespace kubescribe::output
