// The page schema/formats/export.md: its worked example is replayed, both ways.
#include <gmock/gmock.h>

#include <sstream>

#include "travelled.h"

namespace kubescribe::travel {
namespace {

// The lines of a page that are set off by four blanks, block by block.
std::vector<std::string> BlocksOf(const std::string& page) {
  std::ifstream file(std::string(KUBESCRIBE_SOURCE_DIR) + "/schema/formats/" +
                     page);
  std::vector<std::string> blocks;
  bool within = false;
  for (std::string line; std::getline(file, line);) {
    const bool example = line.starts_with("    ");
    if (example && !within) blocks.emplace_back();
    if (example) blocks.back() += line.substr(4) + "\n";
    within = example;
  }
  return blocks;
}

TEST_F(TravelTest, TheWorkedExampleIsTrue) {
  const auto blocks = BlocksOf("export.md");
  ASSERT_EQ(blocks.size(), 1U);
  const std::string& text = blocks[0];
  // By the page alone.
  const std::size_t end = text.rfind("{\"end\":");
  EXPECT_THAT(
      text.substr(end),
      testing::HasSubstr(codec::Hex(codec::Sha256Of(text.substr(0, end)))));
  std::string root;
  for (const std::string& block : BlocksOf("log.md")) {
    if (block.size() == 65) root = block.substr(0, 64);
  }
  ASSERT_FALSE(root.empty());
  EXPECT_THAT(text.substr(end), testing::HasSubstr(root));

  // By the program.
  const std::string plain = folder_ / "plain";
  std::ofstream(plain, std::ios::binary) << text;
  MustImport(plain);
  const auto copy = MustRead(copy_);
  EXPECT_EQ(codec::Hex(std::span<const std::uint8_t>(**copy->RootAt(2))), root);
  EXPECT_EQ(*copy->Body(2), R"({"kind":"Pod"})");
  EXPECT_EQ(Verified(copy_).substr(0, 2), "0 ");
  path_ = copy_;
  MustExport(folder_ / "again");
  EXPECT_EQ(FileText(folder_ / "again"), text);
}

}  // namespace
}  // namespace kubescribe::travel
