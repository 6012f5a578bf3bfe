// The last section of `describe`: what changed before the instant, a line each.
#pragma once

#include <string>

#include "query/history.h"

namespace kubescribe::tool {

// "Changes:" and a table of when, what, by whom and which fields, the newest
// last; times in `zone`. "Changes:  <none>" without any.
std::string ChangesText(const query::LastChanges& changes,
                        const std::string& zone);

}  // namespace kubescribe::tool
