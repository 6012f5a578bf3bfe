#include "fakes/answer.h"

namespace kubescribe::fakes {
namespace {

int Hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decode(const std::string& text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && Hex(text[i + 1]) >= 0 &&
        Hex(text[i + 2]) >= 0) {
      out += static_cast<char>(Hex(text[i + 1]) * 16 + Hex(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string Request::Query(const std::string& name) const {
  const auto at = query.find(name);
  return at == query.end() ? "" : at->second;
}

std::string Request::Header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? "" : at->second;
}

void SplitTarget(Request& request) {
  const std::size_t mark = request.target.find('?');
  request.path = Decode(request.target.substr(0, mark), false);
  request.query.clear();
  if (mark == std::string::npos) return;
  std::size_t at = mark + 1;
  while (at < request.target.size()) {
    const std::size_t end =
        std::min(request.target.find('&', at), request.target.size());
    const std::string pair = request.target.substr(at, end - at);
    const std::size_t equals = pair.find('=');
    const std::string value =
        equals == std::string::npos ? "" : pair.substr(equals + 1);
    request.query.emplace(Decode(pair.substr(0, equals), true),
                          Decode(value, true));
    at = end + 1;
  }
}

}  // namespace kubescribe::fakes
