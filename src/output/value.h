// The exact JSON document (kube/value.h) under output's own names.
#pragma once

#include "kube/value.h"

namespace kubescribe::output {

using kube::ParseJson;
using kube::QuoteJson;
using kube::ToJson;
using kube::ToJsonLine;
using kube::Value;

}  // namespace kubescribe::output
