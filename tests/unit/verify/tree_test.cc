// The two Merkle trees, the writer's in tiles and the verifier's, against RFC
// 6962's own definition and its known vectors; signed notes.
#include <gtest/gtest.h>

#include <bit>

#include "base/random.h"
#include "codec/digest.h"
#include "codec/ed25519.h"
#include "logged_file.h"
#include "store/checkpoint.h"
#include "store/log_tree.h"
#include "verify/merkle.h"
#include "verify/note.h"

namespace kubescribe::verify {
namespace {

std::string HexOf(const Hash& hash) {
  return codec::Hex(std::span<const std::uint8_t>(hash));
}

std::string BytesOf(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(
        std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

Hash LeafHash(const std::string& data) {
  return codec::Sha256Of(std::string(1, '\0') + data);
}

// MTH of RFC 6962, section 2.1, as it is written there.
Hash Mth(std::span<const Hash> leaves) {
  if (leaves.empty()) return codec::Sha256Of("");
  if (leaves.size() == 1) return leaves.front();
  const std::size_t k = std::bit_floor(leaves.size() - 1);
  std::string text = "\x01";
  for (const Hash& side : {Mth(leaves.first(k)), Mth(leaves.subspan(k))}) {
    text += codec::AsText(std::span<const std::uint8_t>(side));
  }
  return codec::Sha256Of(text);
}

class TreeTest : public testing::Test {
 protected:
  TreeTest() : db_(":memory:", SQLite::OPEN_READWRITE, 0, "") {
    db_.Exec(
        "CREATE TABLE tile (level INTEGER, place INTEGER, hashes BLOB, "
        "PRIMARY KEY (level, place))");
  }
  store::Db db_;
};

TEST_F(TreeTest, BothGiveTheKnownRoots) {
  // The test vectors of Certificate Transparency.
  const std::vector<std::string> inputs = {"",
                                           "00",
                                           "10",
                                           "2021",
                                           "3031",
                                           "40414243",
                                           "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f"};
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  store::LogTree written(db_);
  Merkle read;
  for (std::size_t n = 0; n <= inputs.size(); ++n) {
    EXPECT_EQ(HexOf(written.Root()), roots[n]) << n;
    EXPECT_EQ(HexOf(read.Root()), roots[n]) << n;
    if (n == inputs.size()) break;
    const Hash leaf = LeafHash(BytesOf(inputs[n]));
    written.Add(leaf);
    read.Add(leaf);
  }
}

TEST_F(TreeTest, TilesGiveTheRootOfEverySizeAndOutliveTheProcess) {
  SeededRandom random(5);
  std::vector<Hash> leaves;
  Merkle read;
  // Two levels of full tiles and a part of a third.
  while (leaves.size() < 66'000) {
    store::LogTree written(db_);  // as after a restart
    ASSERT_EQ(written.size(), static_cast<std::int64_t>(leaves.size()));
    const std::size_t batch = 1 + random.Below(9'000);
    for (std::size_t i = 0; i < batch; ++i) {
      leaves.push_back(LeafHash(std::to_string(leaves.size())));
      written.Add(leaves.back());
      read.Add(leaves.back());
    }
    written.Put();
    const Hash root = Mth(leaves);
    EXPECT_EQ(HexOf(written.Root()), HexOf(root)) << leaves.size();
    EXPECT_EQ(HexOf(read.Root()), HexOf(root)) << leaves.size();
    for (int i = 0; i < 5; ++i) {
      const std::size_t size = random.Below(leaves.size() + 1);
      const auto then = written.RootAt(static_cast<std::int64_t>(size));
      ASSERT_TRUE(then);
      EXPECT_EQ(HexOf(*then), HexOf(Mth(std::span(leaves).first(size))))
          << size;
    }
  }
  store::LeafHashes hashes(db_);
  EXPECT_EQ(hashes.Of(1), leaves.front());
  EXPECT_EQ(hashes.Of(300), leaves[299]);
  const auto last = static_cast<store::Seq>(leaves.size());
  EXPECT_EQ(hashes.Of(last), leaves.back());
  EXPECT_EQ(hashes.Of(last + 1), std::nullopt);
  EXPECT_EQ(hashes.Of(0), std::nullopt);
}

TEST(Ed25519Test, SignsAsRfc8032) {
  std::array<std::uint8_t, 32> seed{};
  const std::string bytes = BytesOf(
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  const auto key = codec::Ed25519Key::FromSeed(seed);
  EXPECT_EQ(codec::Hex(std::span<const std::uint8_t>(key->public_key())),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  auto signature = key->Sign("");
  EXPECT_EQ(codec::Hex(std::span<const std::uint8_t>(signature)),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  EXPECT_TRUE(codec::Ed25519Verify(key->public_key(), "", signature));
  EXPECT_FALSE(codec::Ed25519Verify(key->public_key(), "x", signature));
  signature[3] ^= 1;
  EXPECT_FALSE(codec::Ed25519Verify(key->public_key(), "", signature));
}

TEST(NoteTest, WhatTheWriterSignsIsReadAndNothingElse) {
  const auto key = KeyFrom(3);
  const Hash root = codec::Sha256Of("root");
  const std::string text =
      store::MakeNote("kubescribe.dev/abc", 12, root, *key);
  const auto notes = ParseNotes(text + "\n\n" + text);
  ASSERT_TRUE(notes.ok()) << notes.error().message();
  ASSERT_EQ(notes->size(), 2U);
  const Note& note = notes->front();
  EXPECT_EQ(note.origin, "kubescribe.dev/abc");
  EXPECT_EQ(note.size, 12);
  EXPECT_EQ(note.root, root);
  EXPECT_TRUE(SignedBy(note, key->public_key()));
  EXPECT_FALSE(SignedBy(note, KeyFrom(4)->public_key()));
  // Any changed byte is refused, or no signature of this key any more, but for
  // what is said about the signer.
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto read = ParseNotes(changed);
    EXPECT_FALSE(read.ok() && read->size() == 1 &&
                 SignedBy(read->front(), key->public_key()))
        << i;
    EXPECT_FALSE(ParseNotes(text.substr(0, i)).ok()) << i;
  }
}

TEST(NoteTest, PublicKeysAreReadInBothForms) {
  const auto key = KeyFrom(3);
  for (const std::string& text :
       {store::VerifierKey("kubescribe.dev/a+b", key->public_key()),
        codec::Base64(key->public_key())}) {
    const auto read = ParsePublicKey(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, key->public_key());
  }
  for (const char* bad : {"", "x", "a+01234567+AA==", "AAAA"}) {
    EXPECT_FALSE(ParsePublicKey(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace kubescribe::verify
