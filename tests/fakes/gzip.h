// gzip, for answers.
#pragma once

#include <string>

namespace kubescribe::fakes {

// One complete gzip member.
std::string Gzip(const std::string& data);

}  // namespace kubescribe::fakes
