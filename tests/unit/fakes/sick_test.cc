// The faults that make frames, pages, answers and connections sick, as bytes on
// the wire; and that there is no name without a fault.
#include <gmock/gmock.h>

#include "fakes/faults.h"
#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

using testing::HasSubstr;

class SickTest : public SimTest {
 protected:
  void SetUp() override { StartSim(); }
  // The line of an event that `fault` hit.
  std::string Hit(const Fault& fault) {
    const auto client = Watch();
    sim_->Inject(fault);
    Put("hit", "v");
    std::string line;
    EXPECT_TRUE(client->ReadLine(line)) << fault.name;
    return line;
  }
  JournalEntry LastFault() {
    JournalEntry last;
    for (const JournalEntry& entry : sim_->Journal()) {
      if (!entry.fault.empty()) last = entry;
    }
    return last;
  }
};

TEST_F(SickTest, StringsThatAreNoTextAreSentAsTheyAre) {
  EXPECT_THAT(Hit({.name = "nul-bytes"}), HasSubstr(std::string("a\0b", 3)));
  EXPECT_THAT(Hit({.name = "invalid-utf8"}), HasSubstr("\xc3\x28\xff"));
  EXPECT_THAT(Hit({.name = "lone-surrogate"}), HasSubstr(R"("\ud800")"));
  EXPECT_THAT(Hit({.name = "huge-number"}), HasSubstr(":1e400"));
}

TEST_F(SickTest, LargeShapesAreAsLargeAsAsked) {
  const std::string deep = Hit({.name = "deep-nesting", .bytes = 50});
  EXPECT_THAT(deep, HasSubstr(std::string(50, '[') + std::string(50, ']')));
  const auto many =
      nlohmann::json::parse(Hit({.name = "many-keys", .bytes = 1000}));
  EXPECT_EQ(many["object"]["many"].size(), 1001U);
  const auto endless =
      nlohmann::json::parse(Hit({.name = "endless-frame", .bytes = 1 << 20}));
  EXPECT_GE(endless["object"]["endless"].get<std::string>().size(),
            std::size_t{1} << 20);
}

TEST_F(SickTest, OrderOfFieldsAndLinesDoesNotMatterToAReaderOfValues) {
  const auto first =
      nlohmann::ordered_json::parse(Hit({.name = "object-first"}));
  EXPECT_EQ(first.begin().key(), "object");
  EXPECT_EQ(first["type"], "ADDED");
  const auto client = Watch();
  sim_->Inject({.name = "no-newline"});
  Put("one", "v");
  Put("two", "v");
  std::string line;
  ASSERT_TRUE(client->ReadLine(line));
  EXPECT_THAT(line, HasSubstr("}{\"type\""));
}

TEST_F(SickTest, WhatIsInventedIsInTheJournalAsItWasSent) {
  auto client = Watch();
  sim_->Inject({.name = "deleted-unknown"});
  const Written real = Put("one", "v");
  auto event = NextEvent(*client);
  EXPECT_EQ(event["type"], "DELETED");
  JournalEntry fault = LastFault();
  EXPECT_EQ(fault.uid, real.uid);
  EXPECT_EQ(fault.rv, real.rv);
  EXPECT_EQ(fault.sent_uid, event["object"]["metadata"]["uid"]);
  EXPECT_NE(fault.sent_uid, real.uid);
  EXPECT_EQ(fault.sent_rv, RvOf(event));
  EXPECT_EQ(nlohmann::json::parse(*fault.sent), event["object"]);
  EXPECT_FALSE(fault.hidden);
  EXPECT_EQ(NextEvent(*client)["object"]["metadata"]["uid"], real.uid);

  sim_->Inject({.name = "other-body"});
  const Written again = Put("one", "w");
  EXPECT_EQ(NextEvent(*client)["object"], nlohmann::json::parse(again.body));
  event = NextEvent(*client);
  EXPECT_EQ(RvOf(event), Rv(again));
  EXPECT_NE(event["object"], nlohmann::json::parse(again.body));
  EXPECT_EQ(nlohmann::json::parse(*LastFault().sent), event["object"]);

  sim_->Inject({.name = "huge-rv"});
  const Written third = Put("one", "x");
  EXPECT_EQ(RvOf(NextEvent(*client)).size(), 40U);
  EXPECT_TRUE(LastFault().hidden);
  EXPECT_EQ(LastFault().rv, third.rv);

  sim_->Inject({.name = "drop"});
  Put("one", "y");
  Put("two", "v");
  EXPECT_EQ(NextEvent(*client)["object"]["metadata"]["name"], "two");
  EXPECT_TRUE(LastFault().hidden);
}

TEST_F(SickTest, BookmarksLieInEachDirection) {
  const auto client = Watch();
  sim_->Inject({.name = "high-bookmark"});
  const Written one = Put("one", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(one));
  EXPECT_GT(std::stoull(RvOf(NextEvent(*client))), one.rv + 1000000);
  sim_->Inject({.name = "bookmark-no-rv"});
  const Written two = Put("two", "v");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(two));
  EXPECT_EQ(RvOf(NextEvent(*client)), "");
  sim_->Inject({.name = "progress-first"});
  const Written three = Put("three", "v");
  EXPECT_EQ(NextEvent(*client)["type"], "BOOKMARK");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(three));
  sim_->Inject({.name = "progress-lost"});
  const Written four = Put("four", "v");
  const auto bookmark = NextEvent(*client);
  EXPECT_EQ(bookmark["type"], "BOOKMARK");
  EXPECT_EQ(RvOf(bookmark), Rv(four));
  EXPECT_TRUE(NextEvent(*client).is_null());
  EXPECT_EQ(client->end(), HttpClient::End::kCut);
}

TEST_F(SickTest, SharedRvIsCutInsideTheBatchOnly) {
  for (const char* name : {"a", "b", "c"}) Put(name, "v");
  sim_->Inject({.name = "shared-rv-cut"});
  const auto client = Watch();
  Put("d", "v");
  const Written batch = sim_->DeleteBatch("configmaps", "a", {"a", "b", "c"});
  EXPECT_EQ(NextEvent(*client)["type"], "ADDED");
  EXPECT_EQ(RvOf(NextEvent(*client)), Rv(batch));
  EXPECT_TRUE(NextEvent(*client).is_null());
  EXPECT_EQ(client->end(), HttpClient::End::kCut);
}

TEST_F(SickTest, StoreReadErrorHasItsReason) {
  sim_->Inject({.name = "store-read-error"});
  const auto client = Watch();
  Put("one", "v");
  EXPECT_EQ(NextEvent(*client)["object"]["reason"], "StorageReadError");
  EXPECT_TRUE(NextEvent(*client).is_null());
}

TEST_F(SickTest, ChunkSizesLie) {
  auto client = Watch();
  client->set_timeout_ms(200);
  sim_->Inject({.name = "wrong-chunk"});
  Put("one", "v");
  std::string line;
  client->ReadLine(line);
  // Who counts finds half of the event.
  EXPECT_EQ(line.find(R"("k":"v")"), std::string::npos);
  client = Watch();
  client->set_timeout_ms(200);
  sim_->Inject({.name = "chunk-overflow"});
  Put("two", "v");
  // Who counts has to wait for more than there will ever be.
  client->ReadLine(line);
  EXPECT_FALSE(client->ReadLine(line) && client->ReadLine(line));
  EXPECT_NE(client->end(), HttpClient::End::kClean);
  EXPECT_EQ(sim_->FaultsServed("chunk-overflow"), 1U);
}

TEST_F(SickTest, AnswersAreSickInTheirOwnWays) {
  const std::string list = "/api/v1/configmaps";
  const std::string watch = WatchFrom(sim_->CurrentRv());
  sim_->Inject({.name = "redirect", .code = 307, .location = "http://x.test"});
  auto answer = Get(list);
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(answer.headers.at("location"), "http://x.test" + list);
  sim_->Inject({.name = "redirect-file"});
  EXPECT_EQ(Get(list).headers.at("location"), "file:///etc/passwd");
  sim_->Inject({.name = "redirect-self"});
  EXPECT_EQ(Get(list).headers.at("location"), list);
  sim_->Inject({.name = "wrong-type"});
  answer = Get(list);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain");
  EXPECT_EQ(answer.Json()["kind"], "ConfigMapList");
  sim_->Inject({.name = "no-type"});
  answer = Get(list);
  EXPECT_EQ(answer.headers.count("content-type"), 0U);
  EXPECT_EQ(answer.Json()["kind"], "ConfigMapList");
  sim_->Inject({.name = "protobuf"});
  EXPECT_THAT(Get(list).body, testing::StartsWith("k8s"));
  sim_->Inject({.name = "empty-body"});
  answer = Get(list);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  sim_->Inject({.name = "too-large-rv"});
  answer = Get(list);
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  EXPECT_EQ(answer.Json()["details"]["causes"][0]["reason"],
            "ResourceVersionTooLarge");
  for (const int status : {400, 405, 422}) {
    sim_->Inject({.name = "status-" + std::to_string(status)});
    EXPECT_EQ(Get(list).status, status);
  }
  sim_->Inject({.name = "shutting-down"});
  answer = Get(list);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(answer.headers.at("retry-after"), "5");
  sim_->Inject({.name = "ignore-initial-events"});
  sim_->Inject({.name = "end", .skip = 1});
  Put("one", "v");
  HttpClient client(sim_->port());
  client.Open(watch +
              "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
  Put("two", "v");
  EXPECT_EQ(NextEvent(client)["object"]["metadata"]["name"], "one");
  EXPECT_TRUE(NextEvent(client).is_null());
}

TEST_F(SickTest, LateHeadersComeWithTheFirstEvent) {
  sim_->Inject({.name = "late-headers"});
  HttpClient client(sim_->port());
  client.set_timeout_ms(200);
  EXPECT_EQ(client.Open(WatchFrom(sim_->CurrentRv())).status, 0);
  const Written written = Put("one", "v");
  sim_->Inject({.name = "late-headers"});
  HttpClient second(sim_->port());
  EXPECT_EQ(second.Open(WatchFrom(written.rv - 1)).status, 200);
  EXPECT_EQ(RvOf(NextEvent(second)), Rv(written));
  EXPECT_EQ(sim_->FaultsServed("late-headers"), 2U);
}

TEST_F(SickTest, OldServersSayGoneForExpired) {
  sim_->Inject({.name = "gone-old-reason"});
  const auto gone = Get(WatchFrom(sim_->CurrentRv()));
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(gone.Json()["type"], "ERROR");
  EXPECT_EQ(gone.Json()["object"]["code"], 410);
  EXPECT_EQ(gone.Json()["object"]["reason"], "Gone");
}

TEST_F(SickTest, StaleListShowsThePastUnderItsOwnRevision) {
  const Written one = Put("one", "v");
  Put("two", "v");
  Put("three", "v");
  const Fault stale = {.name = "stale-list", .revisions = 2};
  for (const char* query : {"", "?limit=500", "?resourceVersion=0&limit=1"}) {
    sim_->Inject(stale);
    const auto list = Get(std::string("/api/v1/configmaps") + query).Json();
    EXPECT_EQ(list["metadata"]["resourceVersion"], Rv(one)) << query;
    ASSERT_EQ(list["items"].size(), 1U) << query;
    EXPECT_EQ(list["items"][0]["metadata"]["name"], "one");
  }
  EXPECT_EQ(Get("/api/v1/configmaps").Json()["items"].size(), 3U);
  sim_->Compact();
  sim_->Inject(stale);
  EXPECT_EQ(Get("/api/v1/configmaps").Json()["items"].size(), 3U);
}

TEST_F(SickTest, HeadersAreAsLongAsAsked) {
  const std::size_t size = std::size_t{1} << 20;
  sim_->Inject({.name = "endless-header", .bytes = size});
  EXPECT_GE(Get("/api/v1/pods").headers["x-endless"].size(), size);
  sim_->Inject({.name = "many-headers", .bytes = size});
  EXPECT_EQ(Get("/api/v1/pods").headers["x-many"], "and one more");
  sim_->Inject({.name = "interim-flood", .bytes = size});
  EXPECT_EQ(Get("/api/v1/pods").status, 100);
}

TEST_F(SickTest, AnswersThatAreNoneOrNeverCome) {
  for (const char* name : {"open-headers", "no-http", "silent"}) {
    sim_->Inject({.name = name});
    HttpClient client(sim_->port());
    client.set_timeout_ms(200);
    const auto answer = client.Get(WatchFrom(sim_->CurrentRv()));
    EXPECT_FALSE(answer.complete) << name;
    EXPECT_EQ(answer.status, name == std::string("silent") ? 200 : 0) << name;
    EXPECT_EQ(sim_->FaultsServed(name), 1U) << name;
  }
}

TEST_F(SickTest, BombIsAThousandTimesLargerThanItLooks) {
  sim_->Inject({.name = "gzip-bomb", .bytes = std::size_t{64} << 20});
  const auto answer = Get("/api/v1/configmaps");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.headers.at("content-encoding"), "gzip");
  EXPECT_LT(answer.body.size(), (std::size_t{64} << 20) / 900);
}

TEST_F(SickTest, PagesLieAboutWhereTheyAre) {
  sim_->CreateMany("configmaps", "a", "c", 7);
  const std::string path = "/api/v1/configmaps?limit=3";
  const auto first = Get(path).Json();
  const std::string token = first["metadata"]["continue"];
  const std::string rv = first["metadata"]["resourceVersion"];
  const std::string second = path + "&continue=" + token;
  sim_->Inject({.name = "continue-loop"});
  EXPECT_EQ(Get(second).Json()["metadata"]["continue"], token);
  sim_->Inject({.name = "empty-page"});
  const auto empty = Get(second).Json();
  EXPECT_EQ(empty["items"].size(), 0U);
  const std::string other = empty["metadata"]["continue"];
  EXPECT_NE(other, token);
  EXPECT_EQ(Get(path + "&continue=" + other).Json()["items"],
            Get(second).Json()["items"]);
  sim_->Inject({.name = "newer-page"});
  EXPECT_GT(
      std::stoull(
          Get(second).Json()["metadata"]["resourceVersion"].get<std::string>()),
      std::stoull(rv));
  const std::vector<std::pair<std::string, std::string>> rvs = {
      {"low-list-rv", "1"},
      {"bad-list-rv", "not-a-number"},
      {"zero-list-rv", "0"}};
  for (const auto& [name, expected] : rvs) {
    sim_->Inject({.name = name});
    EXPECT_EQ(Get(path).Json()["metadata"]["resourceVersion"], expected);
  }
  sim_->Inject({.name = "no-list-rv"});
  EXPECT_FALSE(Get(path).Json()["metadata"].contains("resourceVersion"));
  sim_->Inject({.name = "double-item"});
  const auto twice = Get(path).Json()["items"];
  ASSERT_EQ(twice.size(), 4U);
  EXPECT_EQ(twice[0], twice[3]);
  sim_->Inject({.name = "broken-item"});
  EXPECT_TRUE(Get(path).Json().is_discarded());
}

TEST_F(SickTest, ConnectionsEndOrHangBeforeARequest) {
  sim_->Inject({.name = "connect-close"});
  EXPECT_EQ(Get("/version").status, 0);
  sim_->Inject({.name = "connect-hang"});
  HttpClient client(sim_->port());
  client.set_timeout_ms(200);
  EXPECT_EQ(client.Get("/version").status, 0);
  EXPECT_EQ(Get("/version").status, 200);
  // A server without TLS has no handshake that could be sick.
  sim_->Inject({.name = "tls-expired"});
  EXPECT_EQ(Get("/version").status, 200);
  EXPECT_EQ(sim_->FaultsServed("tls-expired"), 0U);
}

// Every frame's and answer's fault can be made: a name without a maker would
// end the program here.
TEST_F(SickTest, EveryFaultHappensWhereItsKindSays) {
  for (const FaultDescription& one : FaultCatalog()) {
    const FaultKind* kind = FindFaultKind(one.name);
    if (kind->scope != FaultScope::kFrame &&
        kind->scope != FaultScope::kRequest &&
        kind->scope != FaultScope::kPage) {
      continue;
    }
    StartSim();
    sim_->CreateMany("configmaps", "a", "c", 5);
    Fault fault;
    fault.name = one.name;
    fault.bytes = 10;
    fault.delay = 100;
    HttpClient client(sim_->port());
    client.set_timeout_ms(200);
    const auto list = Get("/api/v1/configmaps?limit=2").Json();
    sim_->Inject(fault);
    if (kind->scope == FaultScope::kFrame) {
      client.Open(WatchFrom(sim_->CurrentRv()));
      sim_->DeleteBatch("configmaps", "a", {"c0", "c1"});
      std::string line;
      while (sim_->FaultsServed(one.name) == 0 && client.ReadLine(line)) {
      }
    } else if (kind->limit == FaultLimit::kWatch) {
      client.Open(WatchFrom(sim_->CurrentRv()));
    } else {
      client.Get("/api/v1/configmaps?limit=2");
      client.Get("/api/v1/configmaps?limit=2&continue=" +
                 list["metadata"]["continue"].get<std::string>());
      if (kind->limit == FaultLimit::kLaterPage) {
        EXPECT_EQ(sim_->FaultsServed(one.name), 1U) << one.name;
      }
    }
    EXPECT_EQ(sim_->FaultsServed(one.name), 1U) << one.name;
  }
}

TEST(SickBookTest, ChancesAreCountedForNewFaultsAsForOld) {
  FaultBook book(7, SystemClock());
  const FaultPlace page{.resource = "pods", .ns = "", .verb = "list"};
  FaultPlace later = page;
  later.with_continue = true;
  book.Add({.name = "empty-page", .resource = "pods", .skip = 1, .count = 2});
  EXPECT_FALSE(book.ForPage(page));   // not a later page: no chance
  EXPECT_FALSE(book.ForPage(later));  // skipped
  EXPECT_TRUE(book.ForPage(later));
  EXPECT_TRUE(book.ForPage(later));
  EXPECT_FALSE(book.ForPage(later));
  book.Add({.name = "tls-expired", .skip = 1});
  EXPECT_FALSE(book.ForConnection(false));  // no TLS: no chance
  EXPECT_FALSE(book.ForConnection(true));
  EXPECT_TRUE(book.ForConnection(true));
  book.Add({.name = "connect-close", .count = 0, .probability = 0.5});
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += book.ForConnection(true) ? 1 : 0;
  EXPECT_GT(taken, 400);
  EXPECT_LT(taken, 600);
}

}  // namespace
}  // namespace kubescribe::fakes
