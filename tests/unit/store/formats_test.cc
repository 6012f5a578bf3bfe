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
#include "store/body_reader.h"
#include "store/dictionaries.h"
#include "store_fixture.h"
#include "verify/verify.h"

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

// The `data` of the worked examples of a page that are bare blocks.
std::vector<std::string> BareExamples(const std::string& page) {
  std::ifstream file(std::string(KUBESCRIBE_SOURCE_DIR) + "/schema/formats/" +
                     page);
  std::vector<std::string> found;
  const std::regex hex("    ((?!28b52ffd)[0-9a-f]{20,})");
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
  const auto bare = BareExamples("body.md");
  ASSERT_EQ(bare.size(), 2U);
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
  PutRow(5, 0, size, bare[0], "NULL", "4");
  PutRow(6, 4, size, bare[1], "32768", "NULL");
  // Records that no log knows.
  Db db(path_, SQLite::OPEN_READONLY, 0, "");
  BodyReader reader(db, nullptr);
  std::string expected = Line(1, kBase);
  for (Seq seq = 2; seq <= 6; ++seq) {
    EXPECT_EQ(reader.Read(seq), kBody) << seq;
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

// The blocks of a page that are set off by four blanks.
std::vector<std::string> Blocks(const std::string& page) {
  std::ifstream file(std::string(KUBESCRIBE_SOURCE_DIR) + "/schema/formats/" +
                     page);
  std::vector<std::string> blocks;
  bool in_block = false;
  std::string blank;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("    ")) {
      if (!in_block) blocks.emplace_back();
      blocks.back() += (in_block ? blank : "") + line.substr(4) + "\n";
      in_block = true;
      blank.clear();
    } else if (line.empty() && in_block) {
      blank = "\n";
    } else {
      in_block = false;
      blank.clear();
    }
  }
  return blocks;
}

std::string OneLine(std::string text) {
  std::erase(text, '\n');
  return text;
}

// A page's hex as bytes.
std::string Bytes(const std::string& block) {
  const std::string hex = OneLine(block);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

TEST_F(FormatsTest, TheWorkedExampleOfTheLogIsTrue) {
  const auto blocks = Blocks("log.md");
  ASSERT_EQ(blocks.size(), 6U);
  const std::string& public_key = blocks[4];
  const std::string& checkpoint = blocks[5];
  // By the page alone.
  const std::string tile = Bytes(blocks[2]);
  std::string hashes;
  for (int leaf : {0, 1}) {
    hashes += codec::AsText(
        codec::Sha256Of(Bytes(blocks[static_cast<std::size_t>(leaf)])));
  }
  EXPECT_EQ(tile, hashes);
  const auto root = codec::Sha256Of("\x01" + tile);
  EXPECT_EQ(Bytes(blocks[3]), codec::AsText(root));
  EXPECT_THAT(checkpoint,
              testing::HasSubstr("\n" + codec::Base64(root) + "\n"));

  // The same file, by the program.
  MustOpen();
  {
    SQLite::Database db(path_, SQLite::OPEN_READWRITE);
    db.exec(
        "UPDATE meta SET file_id = '00112233445566778899aabbccddeeff', "
        "last_seq = 2, known_until = 1700000000000000, "
        "created_at = 1700000000000000;"
        "UPDATE epoch SET began_at = 1700000000000000;"
        "INSERT INTO resource VALUES (1, '', 'pods', 'Pod', 1);"
        "INSERT INTO stream (id, resource_id, namespace, label_selector, "
        "field_selector) VALUES (1, 1, '', '', '');"
        "INSERT INTO object (id, resource_id, stream_id, namespace, name, "
        "uid_packed, alive, seq, rv_packed, recorded_packed, born_at) "
        "VALUES (1, 1, 1, 'default', 'web-1', 'u1', 1, 2, 7, "
        "1700000000000000 - 1861920000000000, 1700000000000000);"
        "INSERT INTO namespace (name) VALUES ('default');"
        "INSERT INTO record VALUES (1, 'start', 0, 1700000000000000, "
        "'{\"version\":\"1\"}', x'000102030405060708090a0b0c0d0e0f');"
        "INSERT INTO revision VALUES (2, 1, 1, 1, 0, 7, '', 'v1', "
        "1700000000000000 - 1861920000000000, 0, 0, "
        "x'101112131415161718191a1b1c1d1e1f');");
  }
  codec::Compressor compressor;
  const std::string body = R"({"kind":"Pod"})";
  PutRow(2, 1, body.size(), codec::Hex(compressor.Compress(body)), "NULL",
         "NULL");
  ASSERT_TRUE(*MustOpen()->CloseCleanly());
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  EXPECT_EQ(db.execAndGet("SELECT lower(hex(hashes)) FROM tile").getString(),
            OneLine(blocks[2]));
  const auto report =
      verify::Verify(path_, {checkpoint, OneLine(public_key), {}});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->verdict, verify::Verdict::kGood)
      << (report->findings.empty() ? "" : report->findings[0].what)
      << (report->undecided.empty() ? "" : report->undecided[0]);
  EXPECT_EQ(report->anchored, 2);
  const Ran ran = Decode(path_ + " --root");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out + "\n", checkpoint.substr(0, ran.out.size() + 1));
}

TEST_F(FormatsTest, TheScriptGivesTheRootThatWasSigned) {
  options_.signer = codec::Ed25519Key::FromSeed({9});
  auto writer = MustOpen();
  for (int k = 0; k < 6; ++k) {
    Do(*writer, [&](Transaction& tx) {
      for (int n = 0; n < 60; ++n) {
        PutPod(tx, std::to_string(n % 7), std::to_string(100 * k + n));
      }
      PutPod(tx, "0", "", Event::kVanished, "");
      GapRow gap;
      gap.stream_id = PodStream(tx).id;
      gap.cause = "gone";
      tx.AppendGap(gap);
    });
  }
  const auto checkpoint = writer->SignCheckpoint();
  ASSERT_TRUE(checkpoint.ok() && *checkpoint);
  ASSERT_TRUE(*writer->CloseCleanly());
  const std::string& note = (*checkpoint)->note;
  const Ran ran = Decode(path_ + " --root");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, note.substr(0, note.find("\n\n") + 1));
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
  // Also where it decodes to something.
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE salt_seed SET seed = zeroblob(32)");
  EXPECT_THAT(Decode(path_).out,
              testing::HasSubstr("record 151 is not what was recorded"));
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
