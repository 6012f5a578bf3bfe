#include "stories/script.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <sstream>
#include <string_view>
#include <utility>

namespace kubescribe::stories {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "12:00:00" or "2026-11-20T" in front.
bool BeginsWithTime(std::string_view line) {
  const auto fits = [&](std::string_view form) {
    if (line.size() < form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
      if (form[i] == '0' ? !IsDigit(line[i]) : line[i] != form[i]) return false;
    }
    return true;
  };
  return fits("00:00:00") || fits("0000-00-00T");
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

bool EndsAnAnswer(std::string_view line) {
  return line.starts_with("$ ") || line.starts_with("#") ||
         BeginsWithTime(line);
}

bool IsControl(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool NeedsBars(std::string_view line) {
  if (EndsAnAnswer(line)) return true;
  for (const std::string_view mark : {"= ", "2>", "|", "\\ "}) {
    if (line.starts_with(mark)) return true;
  }
  if (!line.empty() && (line.back() == ' ' || line.back() == '\t')) return true;
  return std::any_of(line.begin(), line.end(), IsControl);
}

std::string InBars(std::string_view line) {
  std::string text = "|";
  for (const char c : line) {
    if (c == '\\') {
      text += "\\\\";
    } else if (IsControl(c)) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
      text += hex;
    } else {
      text += c;
    }
  }
  return text + "|";
}

std::string RenderStream(const std::string& said, const std::string& mark) {
  std::vector<std::string> lines;
  std::istringstream text(said);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  // Empty lines are left out at the end of an answer.
  std::size_t last = lines.size();
  while (last > 0 && lines[last - 1].empty()) --last;
  std::string rendered;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool bars = NeedsBars(lines[i]) || i >= last;
    const std::string line = bars ? InBars(lines[i]) : lines[i];
    rendered += mark + (mark.empty() || line.empty() ? "" : " ") + line + "\n";
  }
  if (!said.empty() && said.back() != '\n') {
    rendered += mark + (mark.empty() ? "" : " ") + "\\ no end of line\n";
  }
  return rendered;
}

class Parser {
 public:
  explicit Parser(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      story_.lines.push_back(line);
    }
  }

  Result<Story> Parse() {
    while (at_ < story_.lines.size()) {
      const std::string& line = Line();
      if (IsBlank(line) || line.starts_with("#")) {
        ++at_;
      } else if (line.starts_with("$ ")) {
        story_.steps.emplace_back(ReadQuestion());
      } else if (BeginsWithTime(line)) {
        Result<Statement> statement = ReadStatement();
        if (!statement.ok()) return statement.error();
        story_.steps.emplace_back(*std::move(statement));
      } else {
        return Wrong("\"" + line +
                     "\" is neither a statement (begins with a time), a "
                     "command ($ ...), its answer, nor a comment (# ...)");
      }
    }
    return std::move(story_);
  }

 private:
  const std::string& Line() const { return story_.lines[at_]; }
  Error Wrong(const std::string& what) const {
    return {Code::kInvalid, std::to_string(at_ + 1) + ": " + what};
  }

  Result<Statement> ReadStatement() {
    Statement statement;
    statement.line = static_cast<int>(at_) + 1;
    std::string head = Line();
    const std::size_t brace = head.find(" {");
    if (brace != std::string::npos) {
      statement.yaml = head.substr(brace + 1) + "\n";
      statement.yaml_line = statement.line;
      head.resize(brace);
    }
    std::istringstream words(head);
    words >> statement.time;
    for (std::string word; words >> word;) statement.words.push_back(word);
    if (statement.words.empty()) {
      return Wrong("a time and nothing that happened then");
    }
    for (++at_; at_ < story_.lines.size(); ++at_) {
      const std::string& line = Line();
      if (IsBlank(line) || !line.starts_with(" ")) break;
      if (statement.yaml.empty()) {
        statement.yaml_line = static_cast<int>(at_) + 1;
      }
      statement.yaml += line + "\n";
    }
    return statement;
  }

  Question ReadQuestion() {
    Question question;
    question.line = static_cast<int>(at_) + 1;
    question.command = Line().substr(2);
    while (question.command.ends_with("\\") && at_ + 1 < story_.lines.size()) {
      ++at_;
      question.command += "\n" + Line();
    }
    question.from = ++at_;
    while (at_ < story_.lines.size() && !EndsAnAnswer(Line())) ++at_;
    question.to = at_;
    while (question.to > question.from &&
           IsBlank(story_.lines[question.to - 1])) {
      --question.to;
    }
    for (std::size_t i = question.from; i < question.to; ++i) {
      question.answer += story_.lines[i] + "\n";
    }
    return question;
  }

  Story story_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Story> ParseStory(const std::string& text) {
  return Parser(text).Parse();
}

std::string WithAnswers(const Story& story,
                        const std::vector<std::string>& answers) {
  std::string text;
  std::size_t at = 0;
  const auto copy_up_to = [&](std::size_t end) {
    for (; at < end; ++at) text += story.lines[at] + "\n";
  };
  std::size_t next = 0;
  for (const Step& step : story.steps) {
    const auto* question = std::get_if<Question>(&step);
    if (question == nullptr || next == answers.size()) continue;
    copy_up_to(question->from);
    text += answers[next++];
    at = question->to;
  }
  copy_up_to(story.lines.size());
  return text;
}

std::string Render(const Said& said) {
  std::string text = RenderStream(said.out, "") + RenderStream(said.err, "2>");
  if (said.code != 0) text += "= " + std::to_string(said.code) + "\n";
  return text;
}

}  // namespace kubescribe::stories
