// Frames that build on something: deltas and frames with a dictionary.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/random.h"
#include "codec/dictionary.h"
#include "codec/zstd.h"

namespace kubescribe::codec {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

// JSON of about this size: names that repeat, values that do not.
std::string RandomJson(SeededRandom& random, std::size_t size) {
  static const char* const kNames[] = {"name", "labels",  "image", "uid",
                                       "time", "message", "ready", "env"};
  std::string text = "{";
  while (text.size() < size) {
    text += '"';
    text += kNames[random.Below(8)];
    text += "\":";
    if (random.Below(2) == 0) {
      text += std::to_string(random.Next());
    } else {
      text += "\"v-" + std::to_string(random.Next() % 1000) + "\"";
    }
    text += ',';
  }
  text.resize(size);
  return text;
}

// The text with a few places replaced, removed or added to.
std::string Edited(SeededRandom& random, std::string text) {
  const std::uint64_t edits = random.Below(6);
  for (std::uint64_t i = 0; i < edits; ++i) {
    const std::size_t at = random.Below(text.size() + 1);
    const std::size_t size = random.Below(100);
    switch (random.Below(3)) {
      case 0:
        text.insert(at, RandomJson(random, size));
        break;
      case 1:
        text.erase(at, size);
        break;
      default:
        text.replace(at, std::min(size, text.size() - at),
                     RandomJson(random, size));
    }
  }
  return text;
}

std::shared_ptr<const Dictionary> Trained(SeededRandom& random,
                                          std::uint32_t id) {
  std::vector<std::string> samples(300);
  for (std::string& sample : samples) sample = RandomJson(random, 2000);
  auto bytes = TrainDictionary(samples, 16 << 10, id);
  if (!bytes.ok()) std::abort();
  auto loaded = Dictionary::Load(*std::move(bytes));
  if (!loaded.ok()) std::abort();
  return *std::move(loaded);
}

TEST(Delta, EveryEditOfEverySizeComesBack) {
  SeededRandom random(1);
  Compressor compressor;
  Decompressor decompressor;
  const char* scale = std::getenv("KUBESCRIBE_TEST_SCALE");
  const int rounds =
      static_cast<int>(200 * (scale == nullptr ? 1 : std::atof(scale))) + 20;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t size =
        round == 0   ? 16 * kMiB
        : round == 1 ? 3 * kMiB
                     : random.Below(std::uint64_t{1} << random.Below(19));
    std::string base = RandomJson(random, size);
    for (int step = 0; step < 5; ++step) {
      const std::string raw = Edited(random, base);
      const std::string frame(compressor.Delta(raw, base));
      const auto back = decompressor.ApplyDelta(frame, raw.size(), base);
      ASSERT_TRUE(back.ok()) << back.error().message();
      ASSERT_TRUE(*back == raw) << "round " << round << ", step " << step;
      base = raw;
    }
  }
}

TEST(Delta, IsSmallHoweverLongTheBaseAndWhereverTheEdit) {
  SeededRandom random(2);
  Compressor compressor;
  for (const std::size_t size :
       {std::size_t{6000}, 200'000UL, 300'000UL, 3 * kMiB, 16 * kMiB}) {
    const std::string base = RandomJson(random, size);
    for (const double place : {0.0, 0.3, 0.99}) {
      std::string raw = base;
      raw.insert(static_cast<std::size_t>(place * static_cast<double>(size)),
                 "\"new\":1,");
      EXPECT_LT(compressor.Delta(raw, base).size(), 100 + size / 1000)
          << size << " at " << place;
    }
  }
}

TEST(Delta, NeedsItsBase) {
  SeededRandom random(3);
  Compressor compressor;
  Decompressor decompressor;
  const std::string base = RandomJson(random, 6000);
  const std::string raw = Edited(random, base);
  const std::string frame(compressor.Delta(raw, base));
  std::string other = base;
  other[3000] = '#';
  int noticed = 0;
  for (const std::string& wrong : {std::string(), other, base + "x"}) {
    const auto back = decompressor.ApplyDelta(frame, raw.size(), wrong);
    if (back.ok()) {
      // It differs where the delta takes nothing from it.
      EXPECT_TRUE(*back == raw);
    } else {
      EXPECT_EQ(back.error().code(), Code::kCorruption);
      ++noticed;
    }
  }
  EXPECT_GE(noticed, 2);
  EXPECT_FALSE(decompressor.Decompress(frame, raw.size()).ok());
  EXPECT_TRUE(decompressor.ApplyDelta(frame, raw.size(), base).ok());
  EXPECT_FALSE(decompressor.ApplyDelta(frame, raw.size() - 1, base).ok());
}

// Any bytes are a base, also those that zstd could take for something else.
TEST(Delta, BuildsOnWhatLooksLikeADictionary) {
  SeededRandom random(6);
  Compressor compressor;
  Decompressor decompressor;
  const std::string dictionary(Trained(random, 40'000)->bytes());
  for (const std::string& base :
       {dictionary, dictionary.substr(0, 4), dictionary.substr(0, 40)}) {
    const std::string raw = Edited(random, base);
    const std::string frame(compressor.Delta(raw, base));
    const auto back = decompressor.ApplyDelta(frame, raw.size(), base);
    ASSERT_TRUE(back.ok()) << base.size() << " " << back.error().message();
    EXPECT_TRUE(*back == raw);
  }
}

// Frames of all kinds by turns, through one compressor and decompressor:
// nothing of one is left over for the next.
TEST(Delta, KindsOfFramesDoNotMeddle) {
  SeededRandom random(4);
  const auto one = Trained(random, 40'000);
  const auto two = Trained(random, 7);
  Compressor compressor;
  Decompressor decompressor;
  std::string base = RandomJson(random, 5000);
  for (int round = 0; round < 60; ++round) {
    const std::string raw = Edited(random, base);
    Result<std::string> back = std::string();
    switch (random.Below(4)) {
      case 0: {
        const std::string frame(compressor.Compress(raw));
        back = decompressor.Decompress(frame, raw.size());
        break;
      }
      case 1: {
        const std::string frame(compressor.Compress(raw, *one));
        EXPECT_FALSE(decompressor.Decompress(frame, raw.size()).ok());
        EXPECT_FALSE(decompressor.Decompress(frame, raw.size(), *two).ok());
        back = decompressor.Decompress(frame, raw.size(), *one);
        break;
      }
      case 2: {
        const std::string frame(compressor.Compress(raw, *two));
        back = decompressor.Decompress(frame, raw.size(), *two);
        break;
      }
      default: {
        const std::string frame(compressor.Delta(raw, base));
        back = decompressor.ApplyDelta(frame, raw.size(), base);
      }
    }
    ASSERT_TRUE(back.ok()) << back.error().message();
    EXPECT_TRUE(*back == raw);
    base = raw;
  }
}

TEST(Delta, EveryFlippedBitAndEveryCutIsNoticedOrHarmless) {
  SeededRandom random(5);
  Compressor compressor;
  Decompressor decompressor;
  const auto dictionary = Trained(random, 40'000);
  const std::string base = RandomJson(random, 1500);
  const std::string raw = base + Edited(random, base);
  for (const bool delta : {true, false}) {
    const std::string frame(delta ? compressor.Delta(raw, base)
                                  : compressor.Compress(raw, *dictionary));
    const auto read = [&](const std::string& bytes) {
      return delta ? decompressor.ApplyDelta(bytes, raw.size(), base)
                   : decompressor.Decompress(bytes, raw.size(), *dictionary);
    };
    ASSERT_TRUE(read(frame).ok());
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
      std::string damaged = frame;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const auto back = read(damaged);
      if (back.ok()) {
        EXPECT_TRUE(*back == raw) << bit;
      }
    }
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(read(frame.substr(0, size)).ok()) << size;
    }
    EXPECT_FALSE(read(frame + "x").ok());
  }
}

TEST(Dictionary, MakesFramesOfWhatIsAlikeSmall) {
  SeededRandom random(6);
  const auto dictionary = Trained(random, 40'000);
  EXPECT_EQ(dictionary->id(), 40'000U);
  Compressor compressor;
  const std::string raw = R"({"name":"v-1","labels":"v-2","image":"v-3"})";
  EXPECT_LT(compressor.Compress(raw, *dictionary).size(), raw.size());
}

TEST(Dictionary, WhatIsNoneIsRefused) {
  SeededRandom random(7);
  const auto dictionary = Trained(random, 40'000);
  EXPECT_FALSE(Dictionary::Load("").ok());
  EXPECT_FALSE(Dictionary::Load("no dictionary at all").ok());
  EXPECT_FALSE(Dictionary::Load(dictionary->bytes().substr(0, 40)).ok());
  EXPECT_FALSE(TrainDictionary({}, 16 << 10, 1).ok());
}

}  // namespace
}  // namespace kubescribe::codec
