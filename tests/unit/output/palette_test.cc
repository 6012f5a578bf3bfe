// The rules of colour, and that colour changes no width.
#include "output/palette.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "output/columns.h"
#include "output/table.h"

namespace kubescribe::output {
namespace {

constexpr char kRed[] = "\x1b[31m";
constexpr char kGreen[] = "\x1b[32m";
constexpr char kYellow[] = "\x1b[33m";
constexpr char kEnd[] = "\x1b[0m";

const std::vector<std::string> kHeader = {"NAME", "STATUS", "AGE"};
const std::vector<std::vector<std::string>> kRows = {
    {"Error", "Running", "1d"},
    {"Pending", "CrashLoopBackOff", "2d"},
    {"web", "Terminating", "Failed"},
    {"db", "Strange", "3d"},
};

// `text` without the colours; how often there was one in `count`.
std::string WithoutColour(std::string text, int& count) {
  count = 0;
  for (const std::string code : {kRed, kGreen, kYellow, "\x1b[1m"}) {
    for (std::size_t at = 0; (at = text.find(code)) != std::string::npos;
         ++count) {
      text.erase(at, code.size());
    }
  }
  for (std::size_t at = 0; (at = text.find(kEnd)) != std::string::npos;) {
    text.erase(at, std::string(kEnd).size());
  }
  return text;
}

std::string Laid(const Look& look) {
  Columns columns(look);
  columns.Add(kHeader);
  const CellColours colours(kHeader);
  for (const auto& row : kRows) columns.Add(row, colours);
  std::string text;
  columns.Flush([&](std::string_view line) { text += line; });
  return text;
}

TEST(PaletteTest, AStatusIsAsBadAsTheWorstOfItsWords) {
  for (const char* well :
       {"Running", "Completed", "Ready", "Bound", "Approved,Issued"}) {
    EXPECT_EQ(StatusColour(well), Colour::kGreen) << well;
  }
  for (const char* on_its_way : {"Pending", "Terminating", "ContainerCreating",
                                 "Init:0/2", "Ready,SchedulingDisabled"}) {
    EXPECT_EQ(StatusColour(on_its_way), Colour::kYellow) << on_its_way;
  }
  for (const char* trouble :
       {"CrashLoopBackOff", "ImagePullBackOff", "Error", "Failed", "Evicted",
        "ErrImagePull", "Init:Error", "NotReady,SchedulingDisabled",
        "OOMKilled", "ExitCode:1", "CreateContainerConfigError"}) {
    EXPECT_EQ(StatusColour(trouble), Colour::kRed) << trouble;
  }
  for (const char* unknown : {"", "Strange", "<none>", "running"}) {
    EXPECT_EQ(StatusColour(unknown), std::nullopt) << unknown;
  }
}

TEST(PaletteTest, ChangesAreColouredAndWhatWasOnlyFoundIsNot) {
  EXPECT_EQ(ChangeColour("Added"), Colour::kGreen);
  EXPECT_EQ(ChangeColour("MODIFIED"), Colour::kYellow);
  EXPECT_EQ(ChangeColour("DELETED "), Colour::kRed);
  EXPECT_EQ(ChangeColour("Vanished (late)"), Colour::kRed);
  EXPECT_EQ(ChangeColour("Listed"), std::nullopt);
}

TEST(PaletteTest, OnlyTheColumnsThatHaveStatesAreColoured) {
  const CellColours colours({"NAME", "TYPE", "EVENT", "STATUS"});
  EXPECT_EQ(colours.Of(0, "Error"), std::nullopt);
  EXPECT_EQ(colours.Of(1, "Warning"), Colour::kYellow);
  EXPECT_EQ(colours.Of(1, "Normal"), std::nullopt);
  EXPECT_EQ(colours.Of(1, "Error"), std::nullopt);
  EXPECT_EQ(colours.Of(2, "Deleted"), Colour::kRed);
  EXPECT_EQ(colours.Of(3, "Error"), Colour::kRed);
  EXPECT_EQ(colours.Of(4, "Error"), std::nullopt);
}

TEST(PaletteTest, ColumnsAreAsWideInColourAsWithout) {
  const std::string plain = Laid({});
  EXPECT_EQ(plain,
            "NAME      STATUS             AGE\n"
            "Error     Running            1d\n"
            "Pending   CrashLoopBackOff   2d\n"
            "web       Terminating        Failed\n"
            "db        Strange            3d\n");
  int painted = 0;
  EXPECT_EQ(WithoutColour(Laid({.terminal = true, .colour = true}), painted),
            plain);
  EXPECT_EQ(painted, 3);
  EXPECT_EQ(Laid({.terminal = true, .colour = false}), plain);
  EXPECT_NE(Laid({.colour = true})
                .find("Pending   \x1b[31mCrashLoopBackOff\x1b[0m   2d\n"),
            std::string::npos);
}

TEST(PaletteTest, TablesOfOurOwnAreAsWideInColourAsWithout) {
  for (const bool header : {true, false}) {
    const std::string plain = RenderTable(kHeader, kRows, {.header = header});
    int painted = 0;
    EXPECT_EQ(WithoutColour(RenderTable(kHeader, kRows,
                                        {.header = header, .colour = true}),
                            painted),
              plain);
    EXPECT_EQ(painted, 3);
  }
}

TEST(PaletteTest, OfADescriptionStatesWarningsAndChangesAreColoured) {
  const std::string text =
      "Cluster:  prod\n"
      "Name:     web\n"
      "Status:   Terminating (lasts 5s)\n"
      "Reason:   Evicted\n"
      "Containers:\n"
      "  app:\n"
      "    State:       Running\n"
      "    Last State:  Terminated\n"
      "      Reason:    Error\n"
      "Events:\n"
      "  Type     Reason   Age  From     Message\n"
      "  ----     ------   ---  ----     -------\n"
      "  Warning  BackOff  2s   kubelet  Warning  Reason: Error\n"
      "  Normal   Pulled   2s   kubelet  Status: Failed\n"
      "Changes:\n"
      "  When       Event    Manager  Fields\n"
      "  ----       -----    -------  ------\n"
      "  ~10:00:00  Listed   kubelet  -\n"
      "  10:00:01   Deleted  kubelet  Added\n"
      "  (kubescribe history has the earlier ones)\n";
  const std::string painted = PaintDescription(text);
  int count = 0;
  EXPECT_EQ(WithoutColour(painted, count), text);
  EXPECT_EQ(count, 7) << painted;
  for (const char* part :
       {"\x1b[1mCluster:  prod\x1b[0m\n",
        "Status:   \x1b[33mTerminating\x1b[0m (lasts 5s)\n",
        "Reason:   \x1b[31mEvicted\x1b[0m\n",
        "State:       \x1b[32mRunning\x1b[0m\n",
        "      Reason:    \x1b[31mError\x1b[0m\n",
        "  \x1b[33mWarning\x1b[0m  BackOff  2s   kubelet  Warning  Reason: ",
        "  10:00:01   \x1b[31mDeleted\x1b[0m  kubelet  Added\n"}) {
    EXPECT_NE(painted.find(part), std::string::npos) << part << painted;
  }
  EXPECT_EQ(PaintDescription(""), "");
  EXPECT_EQ(PaintDescription("Name:  web"), "Name:  web");
}

}  // namespace
}  // namespace kubescribe::output
