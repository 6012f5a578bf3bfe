// The text of stories itself: what is read out of it, and what a mistake in it
// is answered with.
#include "stories/script.h"

#include <gtest/gtest.h>

#include "stories/world.h"
#include "unit/store/store_fixture.h"

namespace kubescribe::stories {
namespace {

constexpr char kText[] = R"(# A story.

12:00:01 list pods
  prod/web: {}

$ kubescribe get pods \
    -n prod
NAME

web
2> warning: x
= 4

# Then.
$ true
12:00:02 deleted pods prod/web {status: {phase: Failed},
  kind: Pod}
)";

std::string Mistake(const std::string& text) {
  const Result<Story> story = ParseStory(text);
  if (!story.ok()) return story.error().message();
  const store::TempFolder folder;
  World world(folder.path());
  for (const Step& step : story->steps) {
    const Status done = world.Do(std::get<Statement>(step));
    if (!done.ok()) return done.error().message();
  }
  return "";
}

TEST(Script, StatementsQuestionsAndAnswersAreTold) {
  const Result<Story> story = ParseStory(kText);
  ASSERT_TRUE(story.ok()) << story.error().message();
  ASSERT_EQ(story->steps.size(), 4U);
  const auto& list = std::get<Statement>(story->steps[0]);
  EXPECT_EQ(list.line, 3);
  EXPECT_EQ(list.time, "12:00:01");
  EXPECT_EQ(list.words, (std::vector<std::string>{"list", "pods"}));
  EXPECT_EQ(list.yaml, "  prod/web: {}\n");
  const auto& get = std::get<Question>(story->steps[1]);
  EXPECT_EQ(get.command, "kubescribe get pods \\\n    -n prod");
  EXPECT_EQ(get.answer, "NAME\n\nweb\n2> warning: x\n= 4\n");
  EXPECT_EQ(std::get<Question>(story->steps[2]).answer, "");
  const auto& deleted = std::get<Statement>(story->steps[3]);
  EXPECT_EQ(deleted.yaml, "{status: {phase: Failed},\n  kind: Pod}\n");
}

TEST(Script, OnlyAnswersAreWrittenAnew) {
  const Story story = *ParseStory(kText);
  EXPECT_EQ(WithAnswers(story, {"NAME\n\nweb\n2> warning: x\n= 4\n", ""}),
            kText);
  const std::string text = WithAnswers(story, {"", "a\n"});
  EXPECT_EQ(std::get<Question>(ParseStory(text)->steps[1]).answer, "");
  EXPECT_EQ(std::get<Question>(ParseStory(text)->steps[2]).answer, "a\n");
  EXPECT_NE(text.find("    -n prod\n\n# Then.\n$ true\na\n12:00:02"),
            std::string::npos)
      << text;
}

TEST(Script, WhatCouldBeTakenForAnotherLineStandsBetweenBars) {
  EXPECT_EQ(Render({"a\n\nb\n", "", 0}), "a\n\nb\n");
  EXPECT_EQ(Render({"a\n\n", "", 0}), "a\n||\n");
  EXPECT_EQ(Render({"$ a\n# b\n= 1\n2> c\n|d\n12:00:00 e\n", "", 0}),
            "|$ a|\n|# b|\n|= 1|\n|2> c|\n||d|\n|12:00:00 e|\n");
  EXPECT_EQ(Render({"a \nb\\\x1b\n", "", 0}), "|a |\n|b\\\\\\x1b|\n");
  EXPECT_EQ(
      Render({"a", "b\n\nc", 3}),
      "a\n\\ no end of line\n2> b\n2>\n2> c\n2> \\ no end of line\n= 3\n");
}

TEST(Script, AMistakeIsNamedWithItsLineAndWhatToDo) {
  const std::string pods = "12:00:00 kinds pods\n";
  const std::string listed = pods + "12:00:01 list pods\n";
  EXPECT_EQ(Mistake("web\n"),
            "1: \"web\" is neither a statement (begins with a time), a command "
            "($ ...), its answer, nor a comment (# ...)");
  EXPECT_EQ(Mistake("12:00:00\n"), "1: a time and nothing that happened then");
  EXPECT_EQ(Mistake(pods + "11:00:00 quiet\n"),
            "2: 11:00:00 is before the line above; a clock that goes back is "
            "\"clock TIME\"");
  EXPECT_EQ(Mistake(pods + "12:99:00 quiet\n"),
            "2: \"12:99:00\" is no time: 12:00:00, or with a date "
            "2026-11-20T12:00:00");
  EXPECT_EQ(Mistake(pods + "12:00:01 lists pods\n"),
            "2: \"lists\" is no statement; tests/stories/world.h lists them");
  EXPECT_EQ(Mistake(pods + "12:00:01 list nodes\n"),
            "2: \"nodes\" is not recorded: name it in a line before, as in "
            "\"kinds pods deployments.apps\"");
  EXPECT_EQ(Mistake(pods + "12:00:01 added pods prod/a\n"),
            "2: pods were not listed: write \"list pods\" before");
  EXPECT_EQ(Mistake(listed + "12:00:02 list pods\n"),
            "3: a second list has a cause: list pods after gone (or another "
            "name of kube/observation.h)");
  EXPECT_EQ(Mistake(listed + "12:00:02 deleted pods prod/a\n"),
            "3: there is no prod/a of pods: it is added, or listed, before");
  EXPECT_EQ(Mistake(listed + "12:00:02 added pods a\n"),
            "3: \"a\": an object of pods is named NAMESPACE/NAME");
  EXPECT_EQ(
      Mistake(listed + "12:00:02 added pods prod/a {b: [}\n").substr(0, 22),
      "3: line 3 is no YAML: ");
  EXPECT_EQ(Mistake("12:00:00 kinds wombats\n"),
            "1: kind wombats is none of tests/fakes/kinds.cc: describe it in "
            "the next line instead, indented: PLURAL.GROUP: {kind: KIND, "
            "version: VERSION}");
  EXPECT_EQ(Mistake("12:00:00 stop\n12:00:01 kinds pods\n"),
            "2: nobody records: write \"start\" before");
}

TEST(Objects, WhatIsQuotedInYamlIsText) {
  EXPECT_EQ(
      FromYaml("{a: 1, b: \"1\", c: true, d: 'no', e: 1.5, f: ~, g: x}", 1)
          ->dump(),
      R"({"a":1,"b":"1","c":true,"d":"no","e":1.5,"f":null,"g":"x"})");
}

}  // namespace
}  // namespace kubescribe::stories
