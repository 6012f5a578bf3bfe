#include "kube/list_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubescribe::kube {
namespace {

struct RecordedItems final : ListParser::Sink {
  std::vector<std::string> items;
  std::string piece;

  void OnItem(std::string_view item) override { items.emplace_back(item); }
  void OnLongItemPiece(std::string_view bytes) override { piece += bytes; }
  void OnLongItemEnd(std::uint64_t size) override {
    items.push_back("long " + std::to_string(size) + " " + piece);
    piece.clear();
  }
};

const std::vector<std::string> kItems = {
    R"({"metadata":{"name":"a","uid":"1"},"items":[{"no":1}]})",
    R"({})",
    R"({"x":"]}{[\"","y":"\\","kind":"NotTheList"})",
    "{\n \"metadata\": {\"resourceVersion\": \"not this\"}\n}",
};

const std::string kMeta =
    R"("metadata":{"resourceVersion":"4711","continue":"eyJ2\u002bX"})";
const std::string kHead = R"("kind":"PodList","apiVersion":"v1")";

std::string Items() {
  std::string text = "\"items\" : [ ";
  for (std::size_t i = 0; i < kItems.size(); ++i) {
    text += (i == 0 ? "" : " ,\n") + kItems[i];
  }
  return text + " ]";
}

std::vector<std::string> Shapes() {
  return {
      "{" + kHead + "," + kMeta + "," + Items() + "}\n",
      "{" + kHead + "," + Items() + "," + kMeta + "}",
      " {" + Items() + " , " + kMeta + ",\"extra\":[{\"items\":[]}]," + kHead +
          "} \n",
      "{\"n\":-1.5e3,\"t\":true,\"z\":null,\"s\":\"a\\\"b\"," + kMeta + "," +
          kHead + "," + Items() + ",\"last\":0}",
      R"({"\u006bind":"PodList","api\u0056ersion":"v1",)" + kMeta + "," +
          Items() + "}",
  };
}

TEST(ListParser, SameItemsInEveryShapeAndPieceSize) {
  for (const std::string& text : Shapes()) {
    for (std::size_t size = 1; size <= text.size(); ++size) {
      ListParser parser(1000);
      RecordedItems sink;
      for (std::size_t at = 0; at < text.size(); at += size) {
        const Status status =
            parser.Feed(std::string_view(text).substr(at, size), sink);
        ASSERT_TRUE(status.ok()) << status.error().message() << "\n" << text;
      }
      const Result<ListMeta> meta = parser.Finish();
      ASSERT_TRUE(meta.ok()) << meta.error().message() << "\n" << text;
      ASSERT_EQ(sink.items, kItems) << text << " by " << size;
      EXPECT_EQ(meta->kind, "PodList");
      EXPECT_EQ(meta->api_version, "v1");
      EXPECT_EQ(meta->resource_version, "4711");
      EXPECT_EQ(meta->continue_token, "eyJ2+X");
    }
  }
}

TEST(ListParser, LongItemGoesThroughInPieces) {
  const std::string text = Shapes()[0];
  for (std::size_t size = 1; size <= text.size(); ++size) {
    ListParser parser(50);
    RecordedItems sink;
    for (std::size_t at = 0; at < text.size(); at += size) {
      ASSERT_TRUE(
          parser.Feed(std::string_view(text).substr(at, size), sink).ok());
    }
    ASSERT_TRUE(parser.Finish().ok());
    ASSERT_EQ(sink.items.size(), 4U);
    EXPECT_EQ(sink.items[0],
              "long " + std::to_string(kItems[0].size()) + " " + kItems[0]);
    EXPECT_EQ(sink.items[1], kItems[1]);
    EXPECT_EQ(sink.items[2], kItems[2]);
  }
}

TEST(ListParser, NullOrEmptyItemsAreAnEmptyList) {
  for (const std::string items : {"null", "[]", " [ ] "}) {
    const std::string text = "{\"items\":" + items + "," + kMeta + "}";
    for (std::size_t size = 1; size <= text.size(); ++size) {
      ListParser parser(50);
      RecordedItems sink;
      for (std::size_t at = 0; at < text.size(); at += size) {
        ASSERT_TRUE(
            parser.Feed(std::string_view(text).substr(at, size), sink).ok());
      }
      ASSERT_TRUE(parser.Finish().ok()) << text;
      EXPECT_TRUE(sink.items.empty());
    }
  }
}

// Fed at once and byte by byte: whether anything, or Finish, refuses.
bool Refused(const std::string& text, std::size_t size) {
  ListParser parser(1000);
  RecordedItems sink;
  for (std::size_t at = 0; at < text.size(); at += size) {
    if (const Status status =
            parser.Feed(std::string_view(text).substr(at, size), sink);
        !status.ok()) {
      EXPECT_EQ(status.error().code(), Code::kInvalid);
      EXPECT_FALSE(parser.Finish().ok());
      return true;
    }
  }
  const auto meta = parser.Finish();
  if (!meta.ok()) {
    EXPECT_EQ(meta.error().code(), Code::kInvalid);
  }
  return !meta.ok();
}

TEST(ListParser, WhatIsNoListIsRefused) {
  const std::string ok = Shapes()[0];
  ASSERT_FALSE(Refused(ok, 1));
  const std::vector<std::string> bad = {
      "",
      "<html><body>login</body></html>",
      "[]",
      "null",
      "{}",
      "{" + kMeta + "}",
      "{\"items\":[]}",
      "{\"items\":[],\"metadata\":{}}",
      "{\"items\":[],\"metadata\":{\"resourceVersion\":5}}",
      "{\"items\":[],\"metadata\":{\"resourceVersion\":\"\"}}",
      "{\"items\":{}," + kMeta + "}",
      "{\"items\":5," + kMeta + "}",
      "{\"items\":nope," + kMeta + "}",
      "{\"items\":[1]," + kMeta + "}",
      "{\"items\":[{},]," + kMeta + "}",
      "{\"items\":[{}{}]," + kMeta + "}",
      "{\"items\":[{}]" + kMeta + "}",
      "{\"items\":[],\"items\":[]," + kMeta + "}",
      "{\"items\" []," + kMeta + "}",
      "{\"items\":[],," + kMeta + "}",
      "{\"items\":[]," + kMeta + ",}",
      "{\"items\":[]," + kMeta + "}x",
      "{\"items\":[]," + kMeta + "}{}",
      "{\"a\":,\"items\":[]," + kMeta + "}",
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"code":410})",
  };
  for (const std::string& text : bad) {
    EXPECT_TRUE(Refused(text, 1)) << text;
    EXPECT_TRUE(Refused(text, 1 << 20)) << text;
  }
}

TEST(ListParser, CutOffAnywhereIsRefused) {
  for (const std::string& text : Shapes()) {
    const std::size_t end = text.find_last_of('}');
    for (std::size_t cut = 0; cut <= end; ++cut) {
      EXPECT_TRUE(Refused(text.substr(0, cut), 1 << 20)) << cut;
    }
  }
}

TEST(ListParser, LaterMetadataCounts) {
  ListParser parser(100);
  RecordedItems sink;
  ASSERT_TRUE(parser
                  .Feed(R"({"metadata":{"resourceVersion":"1","continue":"x"},)"
                        R"("items":null,"metadata":{"resourceVersion":"2"}})",
                        sink)
                  .ok());
  const auto meta = parser.Finish();
  ASSERT_TRUE(meta.ok());
  EXPECT_EQ(meta->resource_version, "2");
  EXPECT_EQ(meta->continue_token, "");
}

TEST(ListParser, MetadataWithoutEndIsRefusedBeforeItFillsMemory) {
  ListParser parser(100);
  RecordedItems sink;
  ASSERT_TRUE(parser.Feed("{\"metadata\":{\"continue\":\"", sink).ok());
  const std::string piece(1 << 18, 'a');
  bool refused = false;
  for (int i = 0; i < 8 && !refused; ++i) {
    refused = !parser.Feed(piece, sink).ok();
  }
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace kubescribe::kube
