#include "kube/framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"

namespace kubescribe::kube {
namespace {

// Everything a sink was told, in order; a long value's pieces are joined.
struct RecordedFrames final : Framer::Sink {
  std::vector<std::string> values;
  std::string piece;

  void OnFrame(std::string_view frame) override {
    values.push_back("frame " + std::string(frame));
  }
  void OnLongPiece(std::string_view bytes) override { piece += bytes; }
  void OnLongEnd(std::uint64_t size) override {
    values.push_back("long " + std::to_string(size) + " " + piece);
    piece.clear();
  }
};

const std::string kDeep =
    std::string(10000, '[') + "{}" + std::string(10000, ']');

// Everything that could lead a framer astray.
std::vector<std::string> NastyFrames() {
  return {
      R"({"type":"ADDED","object":{"a":"b"}})",
      R"({})",
      R"([])",
      R"({"a":"}{][","b":"\"}","c":"\\"})",
      R"({"\\\"":"\\\\\"\\","d":[[{"e":"\u007d\""}]]})",
      "{\n  \"pretty\": [\n    1,\n    2\n  ]\n}",
      "{\"utf8\":\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80}\"}",
      R"({"long":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\"})",
      R"({"long":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\"}"})",
      R"({"x":"{\"a\":\"{\\\"b\\\":\\\"}\\\"}\"}"})",
  };
}

std::string Join(const std::vector<std::string>& frames) {
  static constexpr const char* kBetween[] = {"\n", "", " \r\n\t", "\n\n"};
  std::string stream = " \n";
  for (std::size_t i = 0; i < frames.size(); ++i) {
    stream += frames[i] + kBetween[i % 4];
  }
  return stream;
}

std::vector<std::string> Expected(const std::vector<std::string>& frames,
                                  std::size_t max_frame) {
  std::vector<std::string> expected;
  for (const std::string& frame : frames) {
    expected.push_back(frame.size() > max_frame
                           ? "long " + std::to_string(frame.size()) + " " +
                                 frame
                           : "frame " + frame);
  }
  return expected;
}

TEST(Framer, SameFramesWhereverTheStreamIsCutInThree) {
  const auto frames = NastyFrames();
  const std::string stream = Join(frames);
  for (const std::size_t max_frame : {1000U, 40U, 1U}) {
    const auto expected = Expected(frames, max_frame);
    for (std::size_t a = 0; a <= stream.size(); ++a) {
      for (std::size_t b = a; b <= stream.size(); b += 1 + b % 3) {
        Framer framer(max_frame);
        RecordedFrames sink;
        const std::string_view view = stream;
        ASSERT_TRUE(framer.Feed(view.substr(0, a), sink).ok());
        ASSERT_TRUE(framer.Feed(view.substr(a, b - a), sink).ok());
        ASSERT_TRUE(framer.Feed(view.substr(b), sink).ok());
        ASSERT_EQ(sink.values, expected) << "cut at " << a << " and " << b;
        ASSERT_TRUE(framer.AtBoundary());
        ASSERT_EQ(framer.offset(), stream.size());
      }
    }
  }
}

TEST(Framer, SameFramesInPiecesOfEverySize) {
  auto frames = NastyFrames();
  frames.push_back(kDeep);
  frames.push_back(R"({"last":1})");
  const std::string stream = Join(frames);
  for (const std::size_t max_frame : {100000U, 60U}) {
    const auto expected = Expected(frames, max_frame);
    for (std::size_t size = 1; size < 200; ++size) {
      Framer framer(max_frame);
      RecordedFrames sink;
      for (std::size_t at = 0; at < stream.size(); at += size) {
        ASSERT_TRUE(
            framer.Feed(std::string_view(stream).substr(at, size), sink).ok());
        ASSERT_LE(framer.buffered(), max_frame);
      }
      ASSERT_EQ(sink.values, expected) << "pieces of " << size;
    }
  }
}

// Compares the block-wise scanner with one that looks at a byte at a time.
TEST(Framer, AgreesWithAByteWiseReaderOnRandomText) {
  SeededRandom random(7);
  static constexpr std::string_view kAlphabet = "{}[]\"\"\\\\a ,";
  for (int round = 0; round < 20000; ++round) {
    std::string text = "{";
    const std::size_t size = random.Below(200);
    for (std::size_t i = 0; i < size; ++i) {
      text += kAlphabet[random.Below(kAlphabet.size())];
    }
    std::size_t end = 0;
    std::size_t depth = 0;
    bool in_string = false;
    bool escaped = false;
    for (std::size_t i = 0; i < text.size() && end == 0; ++i) {
      const char c = text[i];
      if (in_string) {
        if (escaped) {
          escaped = false;
        } else if (c == '\\') {
          escaped = true;
        } else if (c == '"') {
          in_string = false;
        }
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        end = i + 1;
      } else if (c == '\\') {
        break;  // outside a string no JSON has one
      }
    }
    JsonScan scan;
    std::size_t taken = 0;
    while (taken < text.size()) {
      const std::size_t piece =
          std::min<std::size_t>(1 + random.Below(100), text.size() - taken);
      taken += scan.Take(text.data() + taken, piece);
      if (scan.done()) break;
    }
    if (end != 0) {
      ASSERT_TRUE(scan.done()) << text;
      ASSERT_EQ(taken, end) << text;
    }
  }
}

TEST(Framer, FrameInOneReadIsNotCopied) {
  struct Views final : Framer::Sink {
    const char* seen = nullptr;
    void OnFrame(std::string_view frame) override { seen = frame.data(); }
    void OnLongPiece(std::string_view) override {}
    void OnLongEnd(std::uint64_t) override {}
  } sink;
  const std::string bytes = "\n{\"a\":1}\n";
  Framer framer(100);
  ASSERT_TRUE(framer.Feed(bytes, sink).ok());
  EXPECT_EQ(sink.seen, bytes.data() + 1);
}

TEST(Framer, LongValueIsNotHeld) {
  Framer framer(1000);
  RecordedFrames sink;
  const std::string piece(500, 'a');
  ASSERT_TRUE(framer.Feed("{\"a\":\"", sink).ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(framer.Feed(piece, sink).ok());
    ASSERT_LE(framer.buffered(), 1000U);
  }
  ASSERT_TRUE(framer.Feed("\"}{}", sink).ok());
  ASSERT_EQ(sink.values.size(), 2U);
  EXPECT_EQ(sink.values[0].substr(0, 11), "long 50008 ");
  EXPECT_EQ(sink.values[1], "frame {}");
}

TEST(Framer, ValueAsLongAsTheLimitIsAFrame) {
  for (const std::size_t max_frame : {7U, 6U}) {
    Framer framer(max_frame);
    RecordedFrames sink;
    ASSERT_TRUE(framer.Feed("{\"a\"", sink).ok());
    ASSERT_TRUE(framer.Feed(":1}", sink).ok());
    ASSERT_EQ(sink.values.size(), 1U);
    EXPECT_EQ(sink.values[0].substr(0, 5), max_frame == 7 ? "frame" : "long ");
  }
}

TEST(Framer, BytesThatAreNoObjectLoseTheStream) {
  for (const std::string bad : {"<html>", "}", "]", "\"a\"", "1", "null", ",",
                                "\xef\xbb\xbf{}", "\x1e{}"}) {
    Framer framer(100);
    RecordedFrames sink;
    const Status status = framer.Feed("{}\n" + bad, sink);
    ASSERT_FALSE(status.ok()) << bad;
    EXPECT_EQ(status.error().code(), Code::kInvalid);
    EXPECT_NE(status.error().message().find("at byte 3"), std::string::npos);
    EXPECT_EQ(status.error().message().find("html"), std::string::npos);
    EXPECT_EQ(sink.values.size(), 1U);
    EXPECT_FALSE(framer.Feed("{}", sink).ok()) << "it stays lost";
    framer.Reset();
    EXPECT_TRUE(framer.Feed("{}", sink).ok());
    EXPECT_EQ(sink.values.size(), 2U);
  }
}

TEST(Framer, EndWithinAFrameIsNoBoundary) {
  Framer framer(3);
  RecordedFrames sink;
  EXPECT_TRUE(framer.AtBoundary());
  ASSERT_TRUE(framer.Feed(" \n", sink).ok());
  EXPECT_TRUE(framer.AtBoundary());
  ASSERT_TRUE(framer.Feed("{", sink).ok());
  EXPECT_FALSE(framer.AtBoundary());
  ASSERT_TRUE(framer.Feed("\"abc\":1", sink).ok());
  EXPECT_FALSE(framer.AtBoundary()) << "nor within a long one";
  framer.Reset();
  EXPECT_TRUE(framer.AtBoundary());
  EXPECT_EQ(framer.offset(), 0U);
}

TEST(Framer, SinkMayReset) {
  struct Resetting final : Framer::Sink {
    Framer* framer = nullptr;
    std::vector<std::string> values;
    void OnFrame(std::string_view frame) override {
      framer->Reset();
      values.emplace_back(frame);
    }
    void OnLongPiece(std::string_view) override {}
    void OnLongEnd(std::uint64_t) override {}
  } sink;
  Framer framer(100);
  sink.framer = &framer;
  ASSERT_TRUE(framer.Feed("{\"a\":", sink).ok());
  ASSERT_TRUE(framer.Feed("1}{\"b\":2}", sink).ok());
  EXPECT_EQ(sink.values,
            (std::vector<std::string>{R"({"a":1})", R"({"b":2})"}));
}

}  // namespace
}  // namespace kubescribe::kube
