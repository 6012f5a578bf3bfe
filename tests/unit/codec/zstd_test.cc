#include "codec/zstd.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "codec/dictionary.h"

namespace kubescribe::codec {
namespace {

std::string RandomText(SeededRandom& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.Below(6));
  return text;
}

TEST(Zstd, RoundTripsBodiesOfAllSizes) {
  SeededRandom random(1);
  Compressor compressor;
  Decompressor decompressor;
  for (const std::size_t size :
       {0U, 1U, 31U, 6500U, 200'000U, 5'000'000U, 100U}) {
    const std::string raw = RandomText(random, size);
    const std::string frame(compressor.Compress(raw));
    const auto back = decompressor.Decompress(frame, size);
    ASSERT_TRUE(back.ok()) << back.error().message();
    EXPECT_TRUE(*back == raw) << size;
  }
}

// The header that is left out has its own form for each of these sizes.
TEST(Zstd, BareBlocksRoundTrip) {
  SeededRandom random(8);
  Compressor compressor;
  Decompressor decompressor;
  std::vector<std::string> samples;
  for (int i = 0; i < 400; ++i) samples.push_back(RandomText(random, 300));
  const auto trained = TrainDictionary(std::move(samples), 4096, 40000);
  ASSERT_TRUE(trained.ok());
  const auto dictionary = Dictionary::Load(*trained);
  ASSERT_TRUE(dictionary.ok());
  const std::string base = RandomText(random, 5000);
  int bare = 0;
  for (const std::size_t size :
       {1U, 60U, 255U, 256U, 6500U, 65'791U, 65'792U, 200'000U, 5'000'000U}) {
    std::string raw = base + RandomText(random, size);
    raw = raw.substr(raw.size() - size);
    if (const auto blocks = compressor.DeltaBare(raw, base)) {
      ++bare;
      const std::string frame(*blocks);
      const auto back = decompressor.ApplyDeltaBare(frame, size, base);
      ASSERT_TRUE(back.ok()) << back.error().message();
      EXPECT_TRUE(*back == raw) << size;
      EXPECT_FALSE(decompressor.ApplyDeltaBare(frame, size + 1, base).ok());
      EXPECT_FALSE(decompressor.ApplyDeltaBare(frame + "x", size, base).ok());
      EXPECT_LT(frame.size(), compressor.Delta(raw, base).size() - 8);
    }
    if (const auto blocks = compressor.CompressBare(raw, **dictionary)) {
      ++bare;
      const std::string frame(*blocks);
      const auto back = decompressor.DecompressBare(frame, size, **dictionary);
      ASSERT_TRUE(back.ok()) << back.error().message();
      EXPECT_TRUE(*back == raw) << size;
    }
    // What is not bare has all that it had.
    const std::string whole(compressor.Delta(raw, base));
    EXPECT_TRUE(decompressor.ApplyDelta(whole, size, base).ok());
    EXPECT_FALSE(decompressor.ApplyDelta(whole, size, base + "x").ok() &&
                 size > 1000);
  }
  EXPECT_GT(bare, 15);
}

TEST(Zstd, RefusesAFrameLargerThanAllowed) {
  Compressor compressor;
  const std::string frame(compressor.Compress(std::string(1000, 'x')));
  const auto back = Decompressor().Decompress(frame, 999);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().code(), Code::kCorruption);
}

TEST(Zstd, EveryCutIsNoticed) {
  SeededRandom random(2);
  Compressor compressor;
  Decompressor decompressor;
  const std::string frame(compressor.Compress(RandomText(random, 2000)));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(decompressor.Decompress(frame.substr(0, size), 4000).ok())
        << size;
  }
  EXPECT_FALSE(decompressor.Decompress(frame + "x", 4000).ok());
}

TEST(Zstd, EveryFlippedBitIsNoticedOrHarmless) {
  SeededRandom random(3);
  Compressor compressor;
  Decompressor decompressor;
  const std::string raw = RandomText(random, 1000);
  const std::string frame(compressor.Compress(raw));
  std::size_t noticed = 0;
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string damaged = frame;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto back = decompressor.Decompress(damaged, 4000);
    if (!back.ok()) {
      ++noticed;
    } else {
      // Only bits that mean nothing (reserved, unused) may pass.
      EXPECT_TRUE(*back == raw) << bit;
    }
  }
  EXPECT_GT(noticed, frame.size() * 7);
}

TEST(Zstd, AFrameThatHoldsMoreThanItStatesIsSaidToBeThat) {
  SeededRandom random(4);
  Compressor compressor;
  Decompressor decompressor;
  std::string frame(compressor.Compress(RandomText(random, 1000)));
  // Behind the magic number and the descriptor: the size less 256, in two
  // bytes.
  ASSERT_EQ(frame.substr(5, 2), "\xe8\x02");
  frame[6] = '\x01';
  const auto back = decompressor.Decompress(frame, 4000);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().message(), "a zstd frame is longer than it states");
}

}  // namespace
}  // namespace kubescribe::codec
