// The same parts that travel, for the lines of query/export.h.
#pragma once

#include <string>

#include "base/result.h"
#include "query/export.h"
#include "travel/export.h"

namespace kubescribe::travel {

// `lines` gets its filters: what of the file at `path` changed within the part.
// Labels are those of each revision itself. Errors as those of Export.
Status SetFilter(const std::string& path, const ExportRequest& part,
                 query::ExportRequest& lines);

}  // namespace kubescribe::travel
