#include "codec/digest.h"

#include <gtest/gtest.h>

#include <vector>

namespace kubescribe::codec {
namespace {

TEST(Digest, Sha256MatchesThePublishedVectors) {
  EXPECT_EQ(Hex(Sha256Of("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, PiecesGiveTheSameAsTheWholeAndFinishStartsAnew) {
  Sha256 hash;
  for (int round = 0; round < 2; ++round) {
    hash.Update("a");
    hash.Update(std::string_view("bc"));
    EXPECT_EQ(hash.Finish(), Sha256Of("abc"));
  }
  EXPECT_EQ(hash.Finish(), Sha256Of(""));
}

TEST(Digest, HmacMatchesRfc4231) {
  const std::vector<std::uint8_t> key(20, 0x0b);
  EXPECT_EQ(Hex(HmacSha256(key, "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256(AsBytes("Jefe"), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, HmacTakesAnEmptyKey) {
  EXPECT_EQ(Hex(HmacSha256({}, "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, Base64MatchesRfc4648AndBack) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"}};
  for (const auto& [raw, text] : cases) {
    EXPECT_EQ(Base64(raw), text);
    EXPECT_EQ(Base64Decode(text), raw);
  }
}

TEST(Digest, Base64RefusesWhatItWouldNotWrite) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Z===", "Zm9v\n", " Zm9v",
                           "====", "Zm9v Zm9v", "Z!9v", "Zg==Zg=="}) {
    EXPECT_EQ(Base64Decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kubescribe::codec
