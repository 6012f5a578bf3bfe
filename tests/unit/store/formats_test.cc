// The pages of schema/formats: their worked examples are replayed, and a script
// that was written from them alone decodes a file as the Reader does.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include "codec/digest.h"
#include "codec/zstd.h"
#include "store/dictionaries.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

constexpr const char* kBase =
    R"({"kind":"Pod","metadata":{"name":"web-1","phase":"new"}})";
constexpr const char* kBody =
    R"({"kind":"Pod","metadata":{"name":"web-1","phase":"Running"}})";

// The frames of a page's examples: its lines of hex.
std::vector<std::string> Examples(const std::string& page) {
  std::ifstream file(std::string(KUBESCRIBE_SOURCE_DIR) + "/schema/formats/" +
                     page);
  std::vector<std::string> found;
  const std::regex hex("    (28b52ffd[0-9a-f]+)");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, hex)) found.push_back(match[1]);
  }
  return found;
}

struct Ran {
  int status = -1;
  std::string out;
};

Ran Run(const std::string& command) {
  Ran ran;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) {
    ran.out.append(buffer, got);
  }
  ran.status = pclose(pipe);
  return ran;
}

// A Python that has the package; Debian's own comes first.
std::string Python() {
  for (const char* python : {"/usr/bin/python3", "python3"}) {
    if (Run(std::string(python) + " -c 'import zstandard'").status == 0) {
      return python;
    }
  }
  return "";
}

Ran Decode(const std::string& path) {
  const std::string python = Python();
  if (python.empty()) return {1, "no python3-zstandard: tools/packages test"};
  return Run(python + " " + KUBESCRIBE_SOURCE_DIR + "/tools/decode.py " + path);
}

class FormatsTest : public StoreTest {
 protected:
  // One row more, without a revision, for the script and for Payload.
  void PutRow(Seq seq, int encoding, std::size_t raw_size,
              const std::string& hex, const std::string& dictionary,
              const std::string& base) {
    std::ostringstream sql;
    sql << "INSERT INTO body (seq, encoding, raw_size, data, dictionary, base) "
        << "VALUES (" << seq << ", " << encoding << ", " << raw_size << ", x'"
        << hex << "', " << dictionary << ", " << base << ")";
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec(sql.str());
  }
  static std::string Line(Seq seq, const std::string& body) {
    return std::to_string(seq) + " " + codec::Hex(codec::Sha256Of(body)) + "\n";
  }
};

TEST_F(FormatsTest, TheWorkedExamplesAreTrue) {
  const auto body = Examples("body.md");
  const auto dictionary = Examples("dictionary.md");
  ASSERT_EQ(body.size(), 2U);
  ASSERT_EQ(dictionary.size(), 1U);
  auto writer = MustOpen();
  // A keyframe, which brings the dictionary, and is the base.
  Do(*writer,
     [&](Transaction& tx) { PutPod(tx, "a", "1", Event::kAdded, kBase); });
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  const std::size_t size = std::string(kBody).size();
  PutRow(2, 3, size, body[0], "NULL", "1");
  PutRow(3, 1, size, body[1], "NULL", "NULL");
  PutRow(4, 2, size, dictionary[0], "32768", "NULL");
  const auto reader = MustRead();
  std::string expected = Line(1, kBase);
  for (Seq seq = 2; seq <= 4; ++seq) {
    EXPECT_EQ(*reader->Payload(seq), kBody) << seq;
    expected += Line(seq, kBody);
  }
  const Ran ran = Decode(path_);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, expected);
}

TEST_F(FormatsTest, TheShippedDictionaryIsTheFile) {
  std::ifstream file(std::string(KUBESCRIBE_SOURCE_DIR) +
                     "/schema/dictionaries/32768.zdict");
  std::stringstream bytes;
  bytes << file.rdbuf();
  EXPECT_TRUE(bytes.str() == ShippedDictionaryBytes());
}

TEST_F(FormatsTest, TheScriptDecodesAFileAsTheReaderDoes) {
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    tx.AppendRecord("discovery", 0, "{}", std::string(300'000, 'd') + "!");
    for (int n = 0; n < 150; ++n) {
      std::string body(random_.Below(30'000), ' ');
      for (char& c : body) c = static_cast<char>(' ' + random_.Below(20));
      PutPod(tx, std::to_string(n % 3), std::to_string(n), Event::kModified,
             std::to_string(n) + std::string(5000, 'x') + body);
    }
    PutPod(tx, "0", "", Event::kVanished, "");
  });
  ASSERT_TRUE(*writer->CloseCleanly());
  writer.reset();
  codec::Compressor compressor;
  PutRow(1000, 1, 5, codec::Hex(compressor.Compress("plain")), "NULL", "NULL");
  std::string expected;
  auto reader = MustRead();
  for (Seq seq = 1; seq <= 151; ++seq) {
    expected += Line(seq, *reader->Payload(seq));
  }
  expected += Line(1000, "plain");
  const Ran ran = Decode(path_);
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.out == expected) << ran.out.substr(0, 500);
  const std::string last = Line(151, *reader->Payload(151));
  reader.reset();
  // And it says which it cannot decode.
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE body SET data = x'28b52ffd2403' WHERE seq = 1000");
  const Ran damaged = Decode(path_);
  EXPECT_NE(damaged.status, 0);
  EXPECT_THAT(damaged.out, testing::HasSubstr("1000: record 1000: "));
  EXPECT_THAT(damaged.out, testing::HasSubstr(last));
}

TEST_F(FormatsTest, TheScriptSaysWhatItCannotRead) {
  for (const char* file :
       {"/nonexistent", KUBESCRIBE_SOURCE_DIR "/README.md"}) {
    const Ran ran = Decode(file);
    EXPECT_NE(ran.status, 0);
    EXPECT_THAT(ran.out,
                testing::StartsWith("decode.py: " + std::string(file)));
  }
}

}  // namespace
}  // namespace kubescribe::store
