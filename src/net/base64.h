// Base64 as RFC 4648 section 4 has it, with padding.
#pragma once

#include <string>

namespace kubescribe::net {

std::string Base64(const std::string& bytes);

}  // namespace kubescribe::net
