// Sick pages: what a fault of kPage makes of one page of a list.
#pragma once

#include <string>

#include "fakes/faults.h"
#include "fakes/lister.h"

namespace kubescribe::fakes {

// `token`: the continue token that the page was asked with; "" for the first.
void SickenPage(const Fault& fault, const KindInfo& kind,
                const std::string& token, Page& page);

}  // namespace kubescribe::fakes
