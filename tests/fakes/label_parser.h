// The grammar of label selectors, with the real server's words for what is
// wrong with one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kubescribe::fakes {

class LabelParser {
 public:
  struct Requirement {
    std::string key;
    std::string op;  // exists, !, =, !=, in, notin, >, <
    std::vector<std::string> values;
  };

  explicit LabelParser(const std::string& text);

  // Empty, or why it cannot be read.
  std::string Parse(std::vector<Requirement>& out);

  static std::optional<long> Integer(const std::string& text);

 private:
  struct Token {
    // An identifier, or a symbol or keyword that is its own text.
    bool word = false;
    std::string text;  // empty: the end
  };
  const Token& Look() const { return tokens_[at_]; }
  const Token& Take();
  bool AtEnd() const { return Look().text.empty(); }
  std::string ParseOne(Requirement& out);
  std::string ParseValues(std::vector<std::string>& out);

  std::vector<Token> tokens_;  // the last one is the end
  std::size_t at_ = 0;
};

}  // namespace kubescribe::fakes
