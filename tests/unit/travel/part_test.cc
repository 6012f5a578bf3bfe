// A part of a file travels: within it every answer is as before, outside it
// says that it is not there, and it claims no log but its own.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "query/doubt.h"
#include "travelled.h"

namespace kubescribe::travel {
namespace {

using store::AsOf;
using store::ObjectFilter;
using store::Reader;
using store::Revision;
using testing::HasSubstr;
using testing::StartsWith;

// What an answer has of a revision, but for its seq.
std::vector<std::string> Told(const Result<std::vector<Revision>>& rows,
                              Reader& reader) {
  std::vector<std::string> lines;
  if (!rows.ok()) {
    ADD_FAILURE() << rows.error().message();
    return lines;
  }
  for (const Revision& r : *rows) {
    const auto body = reader.Body(r.seq);
    lines.push_back(r.name_space + "/" + r.name + " " + r.uid + " " + r.rv +
                    " " + std::string(store::EventName(r.event)) + " " +
                    std::to_string(r.changed_at) + " " +
                    std::to_string(r.recorded_at) + (r.late ? " late " : " ") +
                    (body.ok() ? *body : body.error().message()));
  }
  return lines;
}

// Without objects of which no life is here.
std::multiset<std::string> Lived(std::multiset<std::string> derived) {
  std::erase_if(derived, [](const std::string& line) {
    return line.starts_with("born ") && line.ends_with(" 0");
  });
  return derived;
}

class PartTest : public TravelTest {
 protected:
  void TakePart(const ExportRequest& request) {
    std::filesystem::remove(export_);
    const Exported done = MustExport(export_, request);
    EXPECT_FALSE(done.whole);
    const Imported imported = MustImport(export_);
    EXPECT_FALSE(imported.whole);
    EXPECT_THAT(Verified(copy_), StartsWith("0 "));
    store::Db db(copy_, SQLite::OPEN_READONLY, 0, "");
    EXPECT_TRUE(store::CheckStructure(db, copy_, true).ok());
    EXPECT_TRUE(store::CheckSequence(db, copy_, true).ok());
    EXPECT_EQ(Lived(store::Derived(copy_)), Lived(store::NaiveDerived(copy_)));
  }

  // Random questions about [from, to] and what `filters` picks.
  void ExpectTheSameWithin(Micros from, Micros to,
                           const std::vector<ObjectFilter>& filters) {
    const auto original = MustRead(path_);
    const auto copy = MustRead(copy_);
    for (int i = 0; i < 60; ++i) {
      const ObjectFilter& filter =
          filters[static_cast<std::size_t>(random_.Below(filters.size()))];
      AsOf as_of;
      as_of.at = from + static_cast<Micros>(random_.Below(
                            static_cast<std::uint64_t>(to - from + 1)));
      if (i == 0) as_of.at = from;
      if (i == 1) as_of.at = to;
      ASSERT_EQ(Told(copy->StateAt(filter, as_of, false), *copy),
                Told(original->StateAt(filter, as_of, false), *original));
      ASSERT_EQ(
          Told(copy->Changes(filter, as_of.at, to, 0, 100000), *copy),
          Told(original->Changes(filter, as_of.at, to, 0, 100000), *original));
      EXPECT_EQ(*copy->Discovery(as_of), *original->Discovery(as_of));
      for (const std::int64_t kind : {1, 2, 3}) {
        EXPECT_EQ(WhyOf(copy_, kind, as_of.at), WhyOf(path_, kind, as_of.at));
      }
    }
  }
  static ObjectFilter Of(std::int64_t kind,
                         std::optional<std::string> name_space = {}) {
    ObjectFilter filter;
    filter.resource_id = kind;
    filter.name_space = std::move(name_space);
    return filter;
  }
  // Why an answer of the copy is uncertain, for machines.
  std::string Why(std::int64_t kind, Micros at,
                  const std::optional<std::string>& name_space = {}) {
    return WhyOf(copy_, kind, at, name_space);
  }
  std::string WhyOf(const std::string& path, std::int64_t kind, Micros at,
                    const std::optional<std::string>& name_space = {}) {
    const auto reader = MustRead(path);
    const auto coverage = query::Coverage::Load(*reader);
    std::string why;
    for (const auto& warning : coverage->At(kind, name_space, at, at)) {
      why += query::Describe(warning) + "\n";
    }
    return why;
  }
  std::int64_t Kind(const std::string& path, const std::string& name) {
    const auto rows = MustRead(path)->Resources();
    for (const auto& row : *rows) {
      if (row.resource == name) return row.id;
    }
    return 0;
  }
  Micros Began() { return MustRead(path_)->info().created_at; }
  Micros Known() { return MustRead(path_)->info().known_until; }
};

TEST_F(PartTest, ATimeAnswersWithinAndSaysPrunedBeforeAndBeyondAfter) {
  for (const std::uint64_t seed : {31U, 32U, 33U}) {
    SCOPED_TRACE(seed);
    std::filesystem::remove(path_);
    Record(seed);
    ExportRequest request;
    request.since = Began() + kMinute;
    request.until = Began() + 2 * kMinute;
    TakePart(request);
    ExpectTheSameWithin(*request.since, *request.until, {{}, Of(1), Of(2)});
    EXPECT_THAT(Why(1, *request.since - 1), HasSubstr("pruned"));
    for (const char* kind : {"events", "nodes"}) {
      EXPECT_THAT(Why(Kind(copy_, kind), *request.until + 1),
                  HasSubstr("beyond"));
    }
    const auto copy = MustRead(copy_);
    EXPECT_NE(copy->info().file_id, MustRead(path_)->info().file_id);
    EXPECT_FALSE(copy->NewestCheckpoint()->has_value());
    EXPECT_FALSE(copy->NewestRecord("key")->has_value());
    const auto record = copy->NewestRecord("import");
    ASSERT_TRUE(record.ok() && *record);
    EXPECT_THAT((*record)->detail, HasSubstr(MustRead(path_)->info().file_id));
    EXPECT_THAT((*record)->detail,
                HasSubstr("\"since\":" + std::to_string(*request.since)));
    // By number only what it ends with is known.
    const auto prunes = copy->Prunes();
    ASSERT_EQ(prunes->size(), 1U);
    EXPECT_GE(*prunes->front().before_seq + 20, copy->info().last_seq);
    EXPECT_FALSE(copy->PrunedRvs()->empty());
  }
}

TEST_F(PartTest, OneEndMayBeOpen) {
  Record(34);
  ExportRequest since;
  since.since = Began() + kMinute;
  TakePart(since);
  ExpectTheSameWithin(*since.since, Known(), {{}, Of(1), Of(3)});
  EXPECT_EQ(MustRead(copy_)->info().known_until, Known());
  ExportRequest until;
  until.until = Began() + kMinute;
  TakePart(until);
  ExpectTheSameWithin(MustRead(path_)->info().created_at, *until.until,
                      {{}, Of(1), Of(3)});
  EXPECT_TRUE(MustRead(copy_)->Prunes()->empty());
  EXPECT_THAT(Why(Kind(copy_, "nodes"), *until.until + 1), HasSubstr("beyond"));
}

TEST_F(PartTest, KindsNamespacesAndNames) {
  Record(35);
  const std::int64_t pods = Kind(path_, "pods");
  const Micros begin = MustRead(path_)->info().created_at;
  ExportRequest request;
  request.words = {"pods"};
  TakePart(request);
  ASSERT_EQ(Kind(copy_, "pods"), 1);
  EXPECT_EQ(Kind(copy_, "nodes"), 0);
  {
    const auto original = MustRead(path_);
    const auto copy = MustRead(copy_);
    EXPECT_EQ(Told(copy->History({}, 0, 100000), *copy),
              Told(original->History(Of(pods), 0, 100000), *original));
  }
  request.name_space = "ns1";
  TakePart(request);
  {
    const auto original = MustRead(path_);
    const auto copy = MustRead(copy_);
    const auto rows = copy->History({}, 0, 100000);
    EXPECT_FALSE(rows->empty());
    EXPECT_EQ(Told(rows, *copy),
              Told(original->History(Of(pods, "ns1"), 0, 100000), *original));
  }
  EXPECT_EQ(Why(1, begin + 1, "ns1").find("only these namespaces"),
            std::string::npos);
  EXPECT_THAT(Why(1, begin + 1, "ns2"),
              HasSubstr("nothing is recorded of this type in namespace ns2"));
  EXPECT_THAT(Why(1, begin + 1),
              HasSubstr("only these namespaces are recorded: ns1"));
  request.name_space.reset();
  request.words = {"pods", "name3", "name4"};
  TakePart(request);
  {
    const auto copy = MustRead(copy_);
    std::set<std::string> names;
    const auto rows = copy->History({}, 0, 100000);
    for (const Revision& r : *rows) {
      names.insert(r.name);
    }
    EXPECT_THAT(names, testing::IsSubsetOf({"name3", "name4"}));
  }
  EXPECT_THAT(Why(1, begin + 1),
              HasSubstr("metadata.name=name3|name4): only what this selector"));
}

TEST_F(PartTest, LabelsPickObjectsThatEverHadThem) {
  {
    auto writer = MustOpen();
    const auto body = [](const std::string& app) {
      return R"({"metadata":{"labels":{"app":")" + app + R"("}}})";
    };
    Do(*writer, [&](store::Transaction& tx) {
      PutPod(tx, "a", "1", store::Event::kAdded, body("web"));
      PutPod(tx, "b", "2", store::Event::kAdded, body("db"));
      PutPod(tx, "c", "3", store::Event::kAdded, "no JSON");
    });
    Do(*writer, [&](store::Transaction& tx) {
      PutPod(tx, "a", "4", store::Event::kModified, body("old"));
      PutPod(tx, "b", "5", store::Event::kModified, body("db"));
    });
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  ExportRequest request;
  request.label_selector = "app=web";
  TakePart(request);
  const auto copy = MustRead(copy_);
  EXPECT_THAT(Told(copy->History({}, 0, 100), *copy),
              testing::ElementsAre(HasSubstr(" a 1 "), HasSubstr(" a 4 ")));
  EXPECT_THAT(Why(1, clock_.wall), HasSubstr("pods (app=web): only what"));
  request.label_selector = "app in (";
  EXPECT_EQ(Export(path_, folder_ / "no", request).error().code(),
            Code::kInvalid);
}

TEST_F(PartTest, OfAPrunedFileItSaysWhatWasPrunedToo) {
  Record(36);
  Micros cut = 0;
  {
    auto writer = MustOpen();
    cut = Began() + kMinute;
    store::PruneWish wish;
    wish.before = cut;
    wish.resources = {1};
    Prune(*writer, wish);
    wish = {};
    wish.keep = 1;
    wish.resources = {2};
    Prune(*writer, wish);
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  ExportRequest request;
  request.until = Began() + 2 * kMinute;
  TakePart(request);
  EXPECT_THAT(Why(1, cut - 1), HasSubstr("pruned"));
  EXPECT_EQ(Why(3, cut - 1).find("pruned"), std::string::npos);
  ExpectTheSameWithin(cut, *request.until, {Of(1), Of(3)});
  const auto copy = MustRead(copy_);
  const auto original = MustRead(path_);
  AsOf as_of;
  as_of.at = cut - 10 * kSecond;
  EXPECT_EQ(copy->ObjectsPruned(Of(2), as_of)->objects,
            original->ObjectsPruned(Of(2), as_of)->objects);
  EXPECT_GT(copy->ObjectsPruned(Of(2), as_of)->objects, 0);
}

// A part of a part, and a recorder that goes on with one.
TEST_F(PartTest, IsAFileAsAnyOther) {
  Record(37);
  ExportRequest request;
  request.words = {"pods"};
  request.since = Began() + kMinute;
  TakePart(request);
  std::filesystem::rename(copy_, path_);
  {
    auto writer = MustOpen();
    Do(*writer, [](store::Transaction& tx) { PutPod(tx, "new", "99999999"); });
    ASSERT_TRUE(writer->SignCheckpoint().ok());
    ASSERT_TRUE(*writer->CloseCleanly());
  }
  EXPECT_THAT(Verified(path_), StartsWith("0 "));
  std::filesystem::remove(export_);
  MustExport(export_);
  MustImport(export_);
  ExpectTheSame();
  TakePart(request);
}

TEST_F(PartTest, WhatCannotBePickedIsSaid) {
  Record(38, 20);
  ExportRequest request;
  request.words = {"gadgets"};
  EXPECT_EQ(Export(path_, export_, request).error().code(), Code::kInvalid);
  request.words.clear();
  request.since = Known();
  request.until = Known() - 1;
  EXPECT_EQ(Export(path_, export_, request).error().code(), Code::kInvalid);
  EXPECT_FALSE(std::filesystem::exists(export_));
  EXPECT_FALSE(std::filesystem::exists(export_ + ".partial"));
}

}  // namespace
}  // namespace kubescribe::travel
