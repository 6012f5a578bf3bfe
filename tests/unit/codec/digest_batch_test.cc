#include "codec/digest_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace kubescribe::codec {
namespace {

std::vector<std::string> RandomTexts(SeededRandom& random, std::size_t most) {
  std::vector<std::string> texts;
  for (std::uint64_t n = random.Below(70); n > 0; --n) {
    std::vector<std::uint8_t> bytes(random.Below(most));
    random.Fill(bytes);
    texts.emplace_back(AsText(bytes));
  }
  return texts;
}

TEST(DigestBatch, EachIsTheDigestOfItsText) {
  Sha256Batch batch;
  SeededRandom random(1);
  // Around the borders of blocks, and texts of very different lengths beside
  // each other, of which one outlasts many.
  for (const std::size_t most : {1U, 3U, 70U, 200U, 20'000U}) {
    for (int round = 0; round < 20; ++round) {
      const std::vector<std::string> texts = RandomTexts(random, most);
      for (const std::string& text : texts) batch.Add(text);
      const auto digests = batch.Finish();
      ASSERT_EQ(digests.size(), texts.size());
      for (std::size_t i = 0; i < texts.size(); ++i) {
        ASSERT_EQ(Hex(digests[i]), Hex(Sha256Of(texts[i])))
            << "text " << i << " of " << texts.size() << ", " << texts[i].size()
            << " bytes";
      }
    }
  }
}

TEST(DigestBatch, EveryLengthAroundABlock) {
  Sha256Batch batch;
  const std::string text(300, 'x');
  for (std::size_t size = 0; size <= text.size(); ++size) {
    batch.Add(std::string_view(text).substr(0, size));
  }
  const auto digests = batch.Finish();
  for (std::size_t size = 0; size <= text.size(); ++size) {
    ASSERT_EQ(digests[size], Sha256Of(std::string_view(text).substr(0, size)))
        << size;
  }
}

TEST(DigestBatch, NothingGivesNothing) {
  Sha256Batch batch;
  EXPECT_TRUE(batch.Finish().empty());
}

}  // namespace
}  // namespace kubescribe::codec
