// The text of a story: what a server said, what is asked of the record of it,
// and what the tool answers. One file a story, made to be written by hand:
//
//   # What it shows; any line that begins with # is for people.
//
//   12:00:00 kinds pods events
//   12:00:01 list pods
//     prod/web: {status: {phase: Running}}
//   12:00:10 modified pods prod/web {status: {phase: Failed}}
//
//   $ kubescribe get pods -n prod -o name --at 12:00:05Z
//   pod/web
//   $ kubescribe get pod db -n prod
//   2> Error from server (NotFound): pods "db" not found
//   = 3
//
// A statement begins with a time (of 2026-11-20, UTC, or with a date:
// 2026-11-21T12:00:00) and goes on with the indented lines below it; world.h
// lists them. A command is given to bash where it stands, in the middle of the
// recording also. Its answer is what stands below it: the lines of stdout, then
// those of stderr after "2>", then "= CODE" where the exit code is not 0.
//
// A line of output that could be taken for another one, or that does not show
// what it is, stands between bars: it ends with a blank, say, or holds a
// control character, which is escaped there ("|a\x1b|", "|\\ |"). A last line
// without an end of line is followed by "\ no end of line".
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace kubescribe::stories {

struct Statement {
  int line = 0;      // from 1
  std::string time;  // as written
  std::vector<std::string> words;
  std::string yaml;   // "": none
  int yaml_line = 0;  // where it begins
};

struct Question {
  int line = 0;
  std::string command;
  std::string answer;  // as Render writes it
  // The lines of the file that hold the answer, counted from 0; to is behind.
  std::size_t from = 0;
  std::size_t to = 0;
};

using Step = std::variant<Statement, Question>;

struct Story {
  std::vector<std::string> lines;
  std::vector<Step> steps;
};

// kInvalid: "LINE: what is wrong, what to do".
Result<Story> ParseStory(const std::string& text);

// The file again with another answer to each question, in their order; all
// else stays.
std::string WithAnswers(const Story& story,
                        const std::vector<std::string>& answers);

struct Said {
  std::string out;
  std::string err;
  int code = 0;
};

// As it stands in a story, each line with its end.
std::string Render(const Said& said);

}  // namespace kubescribe::stories
