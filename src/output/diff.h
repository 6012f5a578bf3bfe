// Unified differences between two texts, as `diff -u` prints them.
#pragma once

#include <string>
#include <string_view>

namespace kubescribe::output {

// "" where they are equal. Three lines of context; the labels stand in the
// head ("--- from", "+++ to"). `colour`: for a terminal that wants it.
std::string UnifiedDiff(std::string_view from, std::string_view to,
                        std::string_view from_label, std::string_view to_label,
                        bool colour);

}  // namespace kubescribe::output
