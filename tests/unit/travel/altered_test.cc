// An export that was cut off or altered is refused, and leaves no file.
#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

#include "codec/zstd_stream.h"
#include "travelled.h"

namespace kubescribe::travel {
namespace {

using testing::HasSubstr;

class AlteredTest : public TravelTest {
 protected:
  AlteredTest() {
    Record(21, 30);
    MustExport(plain_);
    text_ = FileText(plain_);
    MustExport(export_);
    packed_ = FileText(export_);
  }

  Error ErrorOf(const std::string& bytes) {
    const std::string path = folder_ / "altered";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return ImportError(path);
  }

  // The text with its digest and its number of lines made right again.
  static std::string Signed(const std::string& text) {
    const std::size_t end = text.rfind("{\"end\":");
    const std::string before = text.substr(0, end);
    std::string last = text.substr(end);
    const std::size_t at = last.find("\"sha256\":\"") + 10;
    last.replace(at, 64, codec::Hex(codec::Sha256Of(before)));
    return before + last;
  }
  // The same of the text with `from` replaced once.
  std::string Replaced(const std::string& from, const std::string& to) const {
    std::string text = text_;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return Signed(text);
  }

  const std::string plain_ = folder_ / "plain";
  std::string text_;
  std::string packed_;
};

TEST_F(AlteredTest, WhatIsCutOffAnywhereIsRefused) {
  EXPECT_EQ(Signed(text_), text_);
  for (const std::string& whole : {text_, packed_}) {
    for (int i = 0; i < 60; ++i) {
      const std::size_t size =
          i == 0 ? whole.size() - 1
                 : static_cast<std::size_t>(random_.Below(whole.size()));
      const Error error = ErrorOf(whole.substr(0, size));
      EXPECT_EQ(error.code(), Code::kCorruption) << size;
      EXPECT_THAT(error.message(), HasSubstr("altered: "));
    }
  }
  // At the end of a line too.
  const std::size_t end = text_.rfind("{\"end\":");
  EXPECT_THAT(ErrorOf(text_.substr(0, end)).message(), HasSubstr("cut off"));
  EXPECT_EQ(ErrorOf("").code(), Code::kCorruption);
}

TEST_F(AlteredTest, AnyByteThatIsAnotherIsFound) {
  for (const std::string& whole : {text_, packed_}) {
    for (int i = 0; i < 150; ++i) {
      std::string bytes = whole;
      const auto at = static_cast<std::size_t>(random_.Below(bytes.size()));
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^
                                    (1U + random_.Below(255)));
      const Error error = ErrorOf(bytes);
      EXPECT_TRUE(error.code() == Code::kCorruption ||
                  error.code() == Code::kUnsupported)
          << at << ": " << error.message();
    }
  }
}

TEST_F(AlteredTest, WhoeverMakesTheDigestRightStillMissesTheLog) {
  for (const auto& [from, to] :
       {std::pair{R"("evidence":1)", R"("evidence":2)"},
        std::pair{"registry.example", "registry.exemple"},
        std::pair{R"("kind":"audit")", R"("kind":"start")"},
        std::pair{R"("name":"name1")", R"("name":"name2")"}}) {
    const Error error = ErrorOf(Replaced(from, to));
    EXPECT_EQ(error.code(), Code::kCorruption) << from;
    EXPECT_THAT(error.message(), HasSubstr("the log over its records")) << from;
  }
  // A record that is taken out.
  std::string text = text_;
  const std::size_t at = text.find("{\"record\":{\"seq\":");
  text.erase(at, text.find('\n', at) + 1 - at);
  EXPECT_EQ(ErrorOf(Signed(text)).code(), Code::kCorruption);
}

TEST_F(AlteredTest, WhatIsNoExportIsRefused) {
  EXPECT_THAT(ErrorOf("{}\n").message(), HasSubstr("it is no export"));
  EXPECT_THAT(ErrorOf(FileText(path_)).message(), HasSubstr("it is no export"));
  EXPECT_THAT(ErrorOf(text_ + "more\n").message(),
              HasSubstr("something follows behind its end"));
  EXPECT_EQ(ErrorOf(text_ + text_).code(), Code::kCorruption);
  EXPECT_EQ(
      ErrorOf(Replaced("\"kubescribe_export\":1", "\"kubescribe_export\":2"))
          .code(),
      Code::kUnsupported);
  EXPECT_THAT(ErrorOf(Replaced("{\"resource\":", "{\"resourse\":")).message(),
              HasSubstr("line 2 "));
  EXPECT_EQ(ImportError(folder_ / "missing").code(), Code::kNotFound);
  EXPECT_EQ(ImportError(folder_.path()).code(), Code::kIo);
}

// SQLite would take what lies there for a part of the new file.
TEST_F(AlteredTest, WhatIsLeftOfAnotherDatabaseIsInTheWay) {
  for (const char* rest : {"-wal", "-journal", "-shm"}) {
    std::ofstream(copy_ + rest) << "rest";
    const Error error = ImportError(export_);
    EXPECT_EQ(error.code(), Code::kConflict) << rest;
    EXPECT_THAT(error.message(), HasSubstr(rest));
    std::filesystem::remove(copy_ + rest);
  }
  MustImport(export_);
}

// However much a line claims to have, no more is held than there is.
TEST_F(AlteredTest, ALengthThatIsALieIsRefused) {
  const std::size_t at = text_.find("\"bytes\":") + 8;
  std::string text = text_;
  text.replace(at, text.find('}', at) - at, "1000000000");
  EXPECT_THAT(ErrorOf(Signed(text)).message(), HasSubstr("cut off"));
  text = text_;
  text.replace(at, text.find('}', at) - at, "3");
  EXPECT_THAT(ErrorOf(Signed(text)).message(), HasSubstr("another length"));
}

// However the bytes are cut, and in however many frames.
TEST_F(AlteredTest, SeveralFramesOfZstdAreOneText) {
  std::string frames;
  for (std::size_t at = 0; at < text_.size(); at += 1000) {
    codec::Deflater deflater;
    frames += deflater.Add(std::string_view(text_).substr(at, 1000));
    frames += deflater.End();
  }
  const std::string path = folder_ / "frames";
  std::ofstream(path, std::ios::binary) << frames;
  MustImport(path);
  ExpectTheSame();
  EXPECT_EQ(ErrorOf(frames + "junk").code(), Code::kCorruption);
}

}  // namespace
}  // namespace kubescribe::travel
