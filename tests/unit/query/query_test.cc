// Questions to a small recorded past (recorded_file.h).
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "codec/digest.h"
#include "codec/zstd.h"
#include "query/changes.h"
#include "query/database.h"
#include "query/doubt.h"
#include "query/export.h"
#include "query/history.h"
#include "query/object.h"
#include "query/state.h"
#include "unit/query/recorded_file.h"

namespace kubescribe::query {
namespace {

class QueryTest : public testing::Test {
 protected:
  State Ask(StateRequest request) {
    Result<State> state = GetState(file_.path(), request);
    if (!state.ok()) {
      ADD_FAILURE() << state.error().message();
      std::abort();
    }
    return *std::move(state);
  }
  State Pods(When when, std::optional<std::string> name_space = std::nullopt) {
    return Ask({{"pods"}, std::move(name_space), std::move(when), "", ""});
  }
  // "default/web@110" of each object.
  static std::vector<std::string> Names(const State& state) {
    std::vector<std::string> names;
    for (const Object& object : state.types.at(0).objects) {
      const store::Revision& r = object.revision;
      names.push_back(r.name_space + "/" + r.name + "@" + r.rv);
    }
    return names;
  }
  static std::vector<std::string> Why(const State& state) {
    std::vector<std::string> reasons;
    for (const Warning& warning : state.types.at(0).warnings) {
      reasons.push_back(Describe(warning));
    }
    return reasons;
  }
  static When AtSecond(int second) {
    When when;
    when.at = Second(second);
    return when;
  }

  using Names_ = std::vector<std::string>;
  RecordedFile file_;
};

TEST_F(QueryTest, StateIsThatOfTheInstantAndCertainOutsideGaps) {
  struct Case {
    int second;
    Names_ names;
    bool certain;
  };
  const Case cases[] = {
      {9, {}, false},
      {10, {"default/web@100", "prod/web@101"}, true},
      {19, {"default/web@100", "prod/web@101"}, true},
      {20, {"default/web@110", "prod/web@101"}, true},
      {35, {"default/db@120", "default/web@110", "prod/web@101"}, true},
      {40, {"default/db@120", "default/web@110"}, true},
      {55, {"default/db@120", "default/web@110"}, false},
      {60, {"default/db@145", "default/web@110"}, true},
      {75, {"default/db@161", "default/web@110"}, true},
      {81, {"default/db@161", "default/web@110"}, false},
  };
  for (const Case& c : cases) {
    const State state = Pods(AtSecond(c.second));
    EXPECT_EQ(Names(state), c.names) << c.second;
    EXPECT_EQ(Why(state).empty(), c.certain)
        << c.second << " " << (Why(state).empty() ? "" : Why(state)[0]);
  }
}

TEST_F(QueryTest, WithoutATimeItIsTheNewestThatIsKnown) {
  const State state = Pods({});
  EXPECT_EQ(Names(state), (Names_{"default/db@161", "default/web@110"}));
  EXPECT_EQ(Why(state), Names_{});
  EXPECT_EQ(state.types[0].at, Second(80));
}

TEST_F(QueryTest, ReasonNamesTheGap) {
  const std::vector<std::string> why = Why(Pods(AtSecond(55)));
  ASSERT_FALSE(why.empty());
  EXPECT_EQ(why[0],
            "pods: gap gone from 2023-11-14T22:14:10.000000Z to "
            "2023-11-14T22:14:20.000000Z");
}

TEST_F(QueryTest, StateAtAResourceVersionIsExactAndKnowsItsGaps) {
  const auto at = [&](const std::string& rv) {
    When when;
    when.rv = rv;
    return Pods(when);
  };
  EXPECT_EQ(Names(at("105")), (Names_{"default/web@100", "prod/web@101"}));
  EXPECT_TRUE(Why(at("105")).empty());
  EXPECT_TRUE(Why(at("130")).empty());
  EXPECT_FALSE(Why(at("131")).empty()) << "inside the gap";
  EXPECT_FALSE(Why(at("149")).empty()) << "inside the gap";
  EXPECT_TRUE(Why(at("150")).empty());
  EXPECT_FALSE(Why(at("104")).empty()) << "before the first list";
  EXPECT_TRUE(Why(at("161")).empty());
  EXPECT_FALSE(Why(at("162")).empty()) << "beyond the position";
  When when;
  when.rv = "x";
  EXPECT_FALSE(GetState(file_.path(), {{"pods"}, {}, when, "", ""}).ok());
}

TEST_F(QueryTest, StateAtASeqIsExact) {
  When when;
  when.seq = 4;  // start, discovery, two pods: the list is not at its end
  EXPECT_FALSE(Why(Pods(when)).empty());
  when.seq = 5;
  const State state = Pods(when);
  EXPECT_EQ(Names(state), (Names_{"default/web@100", "prod/web@101"}));
  EXPECT_TRUE(Why(state).empty());
  when.seq = 10'000;
  EXPECT_FALSE(Why(Pods(when)).empty());
}

TEST_F(QueryTest, NamespaceNamesAndSelectorsNarrowTheAnswer) {
  EXPECT_EQ(Names(Pods(AtSecond(35), "prod")), Names_{"prod/web@101"});
  State state = Ask({{"po", "web", "nope"}, "default", AtSecond(35), "", ""});
  EXPECT_EQ(Names(state), Names_{"default/web@110"});
  EXPECT_EQ(state.types[0].missing, Names_{"nope"});
  state = Ask({{"Pod"}, std::nullopt, AtSecond(35), "app in (v1,db)", ""});
  EXPECT_EQ(Names(state), (Names_{"default/db@120", "prod/web@101"}));
  state = Ask({{"pods"}, std::nullopt, AtSecond(35), "", "metadata.name=db"});
  EXPECT_EQ(Names(state), Names_{"default/db@120"});
}

TEST_F(QueryTest, AStarIsEveryRecordedType) {
  const State state = Ask({{"*"}, std::nullopt, AtSecond(35), "", ""});
  std::multiset<std::string> found;
  for (const TypeState& type : state.types) {
    for (const Object& object : type.objects) {
      found.insert(type.target.row.resource + " " + object.revision.name);
    }
  }
  EXPECT_EQ(found, (std::multiset<std::string>{"configmaps settings", "pods db",
                                               "pods web", "pods web"}));
}

TEST_F(QueryTest, TypesAreResolvedInEveryForm) {
  for (const std::vector<std::string>& words :
       {Names_{"v1/pods"}, Names_{"pod/web"}, Names_{"v1/pods/web"},
        Names_{"pods,configmaps"}, Names_{"pods", "web"}}) {
    const auto state =
        GetState(file_.path(), {words, "default", AtSecond(35), "", ""});
    ASSERT_TRUE(state.ok()) << words[0] << state.error().message();
    EXPECT_EQ(state->types[0].target.row.resource, "pods") << words[0];
    EXPECT_FALSE(state->types[0].objects.empty()) << words[0];
  }
  EXPECT_EQ(
      Ask({{"pods,configmaps"}, "default", AtSecond(35), "", ""}).types.size(),
      2U);
}

TEST_F(QueryTest, WithoutADiscoveryTheRecordedTypesAreKnown) {
  const RecordedFile bare("bare", /*with_discovery=*/false);
  for (const char* type : {"pods", "pod", "v1/pods", "ConfigMap"}) {
    const auto state =
        GetState(bare.path(), {{type}, {}, AtSecond(35), "", ""});
    EXPECT_TRUE(state.ok()) << state.error().message();
  }
}

TEST_F(QueryTest, UnknownTypesAndMixedFormsAreErrors) {
  const auto code = [&](const std::vector<std::string>& words) {
    const auto state = GetState(file_.path(), {words, {}, {}, "", ""});
    return state.ok() ? "ok" : std::string(CodeName(state.error().code()));
  };
  EXPECT_EQ(code({"widgets"}), "invalid");
  EXPECT_EQ(code({"pod/web", "db"}), "invalid");
  EXPECT_EQ(code({}), "invalid");
}

TEST_F(QueryTest, ListItemsAreCompletedWithApiVersionAndKind) {
  const State state = Ask({{"configmaps"}, "default", AtSecond(35), "", ""});
  const auto json = nlohmann::json::parse(state.types[0].objects.at(0).json);
  EXPECT_EQ(json["apiVersion"], "v1");
  EXPECT_EQ(json["kind"], "ConfigMap");
  EXPECT_EQ(json["data"]["n"], "08");
}

TEST_F(QueryTest, HistoryHasEveryRevisionOfTheName) {
  const auto history =
      GetHistory(file_.path(), {{"pod/db"}, "default", {}, {}, true});
  ASSERT_TRUE(history.ok()) << history.error().message();
  std::vector<std::string> lines;
  for (const HistoryEntry& entry : history->entries) {
    lines.push_back(std::string(EventName(entry.revision.event)) + " " +
                    entry.revision.rv + " " + entry.revision.uid);
  }
  EXPECT_EQ(lines, (Names_{"Added 120 u3", "Relisted 145 u3", "Deleted 160 u3",
                           "Added 161 u4"}));
  EXPECT_EQ(history->entries[1].changed, Names_{"metadata.labels.app"});
  EXPECT_EQ(history->entries[1].manager, "kubectl");
  EXPECT_TRUE(history->entries[3].changed.empty()) << "another object";
  ASSERT_FALSE(history->warnings.empty()) << "it crosses the gap";
}

TEST_F(QueryTest, LastChangesEndWithTheRevisionThatIsShown) {
  StateRequest request;
  request.words = {"pod/db"};
  request.name_space = "default";
  request.when.at = Second(75);
  const Result<State> state = GetState(file_.path(), request);
  ASSERT_TRUE(state.ok()) << state.error().message();
  const store::Revision& shown = state->types[0].objects[0].revision;
  const Result<LastChanges> all =
      GetLastChanges(file_.path(), shown, "Pod", 10);
  ASSERT_TRUE(all.ok()) << all.error().message();
  std::vector<std::string> rvs;
  for (const HistoryEntry& entry : all->entries) {
    rvs.push_back(entry.revision.rv);
  }
  EXPECT_EQ(rvs, (std::vector<std::string>{"120", "145", "160", "161"}));
  EXPECT_FALSE(all->more);
  const Result<LastChanges> some =
      GetLastChanges(file_.path(), all->entries[1].revision, "Pod", 1);
  ASSERT_EQ(some->entries.size(), 1U);
  EXPECT_EQ(some->entries[0].revision.rv, "145");
  EXPECT_EQ(some->entries[0].changed, all->entries[1].changed);
  EXPECT_TRUE(some->more);
}

TEST_F(QueryTest, HistoryOfANameThatNeverWasIsNotFound) {
  const auto history =
      GetHistory(file_.path(), {{"pod/ghost"}, "default", {}, {}, true});
  ASSERT_FALSE(history.ok());
  EXPECT_EQ(history.error().code(), Code::kNotFound);
}

TEST_F(QueryTest, ComparisonSaysWhereTheObjectDidNotExist) {
  const auto sides =
      Compare(file_.path(), {"pod/db"}, "default", AtSecond(25), AtSecond(35));
  ASSERT_TRUE(sides.ok()) << sides.error().message();
  EXPECT_FALSE(sides->from.revision);
  EXPECT_EQ(sides->to.revision->rv, "120");
  EXPECT_TRUE(sides->warnings.empty());
  EXPECT_EQ(Compare(file_.path(), {"pod/ghost"}, "default", AtSecond(25),
                    AtSecond(35))
                .error()
                .code(),
            Code::kNotFound);
}

TEST_F(QueryTest, ExportWritesEveryRecordOnceInOrderWithItsNames) {
  std::vector<nlohmann::json> lines;
  const auto done = Export(file_.path(), {}, [&](const std::string& line) {
    EXPECT_EQ(line.find('\n'), std::string::npos);
    lines.push_back(nlohmann::json::parse(line));
    return true;
  });
  ASSERT_TRUE(done.ok()) << done.error().message();
  ASSERT_FALSE(lines.empty());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["seq"], static_cast<int>(i + 1));
    EXPECT_EQ(lines[i]["cluster"], "test");
    EXPECT_TRUE(lines[i].contains("recordedAt"));
  }
  EXPECT_EQ(*done, static_cast<store::Seq>(lines.size()));
  int revisions = 0;
  for (const auto& line : lines) {
    if (line["record"] == "revision") {
      ++revisions;
      for (const char* name :
           {"epoch", "event", "group", "version", "resource", "namespace",
            "name", "uid", "resourceVersion", "recordedAt", "notBefore",
            "changedAt", "evidence", "object"}) {
        EXPECT_TRUE(line.contains(name)) << name << " " << line;
      }
      EXPECT_EQ(line["object"]["metadata"]["name"], line["name"]);
      EXPECT_TRUE(line["object"].contains("kind"));
    }
    if (line["record"] == "gap" && line["cause"] == "gone") {
      EXPECT_EQ(line["from"], "130");
      EXPECT_EQ(line["to"], "150");
      EXPECT_EQ(line["fromTime"], "2023-11-14T22:14:10.000000Z");
      EXPECT_EQ(line["toTime"], "2023-11-14T22:14:20.000000Z");
      EXPECT_EQ(line["changed"], 1);
      EXPECT_EQ(line["resource"], "pods");
    }
  }
  EXPECT_EQ(revisions, 9);
  EXPECT_EQ(lines[0]["record"], "start");
  EXPECT_EQ(lines[0]["version"], "test");
}

TEST_F(QueryTest, ExportGoesOnAfterASeq) {
  std::vector<int> seqs;
  const auto done =
      Export(file_.path(), {.after = 3, .last = 6}, [&](const auto& line) {
        seqs.push_back(nlohmann::json::parse(line)["seq"]);
        return true;
      });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(seqs, (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(*done, 6);
}

// -- bit rot: a body that decodes, and is not what was recorded

class DamagedTest : public QueryTest {
 protected:
  DamagedTest() {
    // The newest revision of default/web, and a discovery.
    SQLite::Database db(file_.path(), SQLite::OPEN_READWRITE);
    seq_ =
        db.execAndGet("SELECT seq FROM revision WHERE rv = '110'").getInt64();
    codec::Compressor compressor;
    const std::string lie = R"({"kind":"Pod","metadata":{"name":"web"}})";
    const std::string sql =
        "UPDATE body SET encoding = 1, dictionary = NULL, base = NULL, "
        "raw_size = " +
        std::to_string(lie.size()) + ", data = x'" +
        codec::Hex(compressor.Compress(lie)) + "' WHERE seq = ";
    db.exec(sql + std::to_string(seq_));
    db.exec(sql + "(SELECT seq FROM record WHERE kind = 'discovery')");
  }
  std::string Named() const {
    return "the body of record " + std::to_string(seq_);
  }
  store::Seq seq_ = 0;
};

TEST_F(DamagedTest, StateNamesTheRecordAndGoesOn) {
  const State state = Pods(AtSecond(35));
  EXPECT_EQ(Names(state),
            (Names_{"default/db@120", "default/web@110", "prod/web@101"}));
  const TypeState& pods = state.types[0];
  ASSERT_EQ(pods.damaged.size(), 1U);
  EXPECT_NE(pods.damaged[0].find(Named()), std::string::npos);
  const auto json = nlohmann::json::parse(pods.objects[1].json);
  EXPECT_EQ(json["metadata"]["annotations"]["kubescribe.dev/body"],
            "damaged: record " + std::to_string(seq_));
  EXPECT_FALSE(json.contains("spec"));
  EXPECT_EQ(LostBody(pods.objects[1]), "damaged");
  EXPECT_NE(pods.objects[0].json.find("containers"), std::string::npos);
  EXPECT_EQ(LostBody(pods.objects[0]), "");
  // The discovery that it rests on is another such; the types are known all
  // the same.
  ASSERT_EQ(state.file_warnings.size(), 1U);
  EXPECT_NE(state.file_warnings[0].find("the body of record 2 "),
            std::string::npos);
  // Before it nothing is wrong.
  EXPECT_TRUE(Pods(AtSecond(15)).types[0].damaged.empty());
}

TEST_F(DamagedTest, SelectorsDoNotPickIt) {
  const State state = Ask({{"pods"}, {}, AtSecond(35), "app", ""});
  EXPECT_EQ(Names(state), (Names_{"default/db@120", "prod/web@101"}));
  EXPECT_EQ(state.types[0].damaged.size(), 1U);
}

TEST_F(DamagedTest, HistoryNamesTheRecordAndGoesOn) {
  const auto history =
      GetHistory(file_.path(), {{"pod/web"}, "default", {}, {}, true});
  ASSERT_TRUE(history.ok()) << history.error().message();
  ASSERT_EQ(history->entries.size(), 2U);
  EXPECT_EQ(history->entries[0].damage, "");
  EXPECT_EQ(history->entries[0].manager, "kubectl");
  EXPECT_NE(history->entries[1].damage.find(Named()), std::string::npos);
  EXPECT_EQ(history->entries[1].manager, "");
}

TEST_F(DamagedTest, DiffSaysWhichRecordItCannotShow) {
  const auto sides =
      Compare(file_.path(), {"pod/web"}, "default", AtSecond(15), AtSecond(35));
  ASSERT_FALSE(sides.ok());
  EXPECT_EQ(sides.error().code(), Code::kCorruption);
  EXPECT_NE(sides.error().message().find(Named()), std::string::npos);
  EXPECT_TRUE(
      Compare(file_.path(), {"pod/db"}, "default", AtSecond(31), AtSecond(35))
          .ok());
}

TEST_F(DamagedTest, ExportMarksTheLineAndGoesOn) {
  std::vector<std::string> said;
  ExportRequest request;
  request.damaged = [&](const std::string& what) { said.push_back(what); };
  int lines = 0;
  int damaged = 0;
  const auto done = Export(file_.path(), request, [&](const auto& text) {
    const auto line = nlohmann::json::parse(text);
    ++lines;
    if (line["seq"] == seq_) {
      EXPECT_EQ(line["body"], "damaged");
      EXPECT_TRUE(line["object"].is_null());
      ++damaged;
    } else {
      EXPECT_NE(line.value("body", ""), "damaged");
    }
    EXPECT_FALSE(line.contains("discovery"));
    return true;
  });
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(damaged, 1);
  EXPECT_EQ(lines, *done);
  EXPECT_EQ(said.size(), 2U);
}

TEST_F(QueryTest, DatabasesAreFoundByCluster) {
  const auto one = FindDatabase({file_.folder(), "", {}});
  ASSERT_TRUE(one.ok()) << one.error().message();
  EXPECT_EQ(one->cluster, "test");
  std::ofstream(store::DatabasePath(file_.folder(), "kind/a")) << "";
  const auto many = FindDatabase({file_.folder(), "", {}});
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().code(), Code::kInvalid);
  EXPECT_NE(many.error().message().find("kind/a"), std::string::npos);
  const auto named = FindDatabase({file_.folder(), "", {"kind/a"}});
  EXPECT_TRUE(named.ok());
  EXPECT_EQ(FindDatabase({file_.folder(), "", {"x"}}).error().code(),
            Code::kIo);
  EXPECT_EQ(FindDatabase({file_.folder() + "/none", "", {}}).error().code(),
            Code::kIo);
}

TEST_F(QueryTest, SeveralClustersComeInTheOrderAskedForAndEachOnce) {
  std::ofstream(store::DatabasePath(file_.folder(), "a")) << "";
  const auto all = FindDatabases({file_.folder(), "", {}, true});
  ASSERT_TRUE(all.ok()) << all.error().message();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().cluster, "a");
  const auto named = FindDatabases({file_.folder(), "", {"test", "a", "test"}});
  ASSERT_TRUE(named.ok()) << named.error().message();
  ASSERT_EQ(named->size(), 2U);
  EXPECT_EQ(named->front().cluster, "test");
  EXPECT_EQ(FindDatabase({file_.folder(), "", {"test", "a"}}).error().code(),
            Code::kInvalid);
  EXPECT_EQ(FindDatabase({file_.folder(), "", {}, true}).error().code(),
            Code::kInvalid);
  EXPECT_EQ(FindDatabases({file_.folder(), "", {"a"}, true}).error().code(),
            Code::kInvalid);
  EXPECT_EQ(OneCluster({"", "", {"a", "b"}}).error().code(), Code::kInvalid);
  EXPECT_EQ(*OneCluster({"", "", {"a"}}), "a");
  EXPECT_TRUE((Place{"", "", {}, false}).Means("a"));
  EXPECT_FALSE((Place{"", "", {"b"}, false}).Means("a"));
}

TEST(ObjectTest, OnlyWhatIsMissingIsPutInFront) {
  EXPECT_EQ(CompleteObject(R"({"a":1})", "v1", "Pod"),
            R"({"kind":"Pod","apiVersion":"v1","a":1})");
  EXPECT_EQ(CompleteObject("{}", "v1", "Pod"),
            R"({"kind":"Pod","apiVersion":"v1"})");
  const std::string whole = R"({"a":{"x":[1.0]},"kind":"P","apiVersion":"v2"})";
  EXPECT_EQ(CompleteObject(whole, "v1", "Pod"), whole);
  EXPECT_EQ(
      CompleteObject(R"({"spec":{"kind":"x"},"apiVersion":"v1"})", "v1", "Pod"),
      R"({"kind":"Pod","spec":{"kind":"x"},"apiVersion":"v1"})");
}

TEST(ObjectTest, StubIsStoodInForByTheNames) {
  store::Revision revision;
  revision.name = "big";
  revision.uid = "u";
  revision.rv = "7";
  revision.api_version = "v1";
  revision.body_kind = store::BodyKind::kStub;
  const auto json = nlohmann::json::parse(
      ObjectOf(revision, R"({"reason":"oversize"})", "Pod"));
  EXPECT_EQ(json["metadata"]["name"], "big");
  EXPECT_EQ(json["metadata"]["annotations"]["kubescribe.dev/body"],
            R"({"reason":"oversize"})");
}

TEST(ObjectTest, OfAStubNothingButTheNamesIsKnown) {
  Object object;
  EXPECT_EQ(LostBody(object), "");
  object.revision.body_kind = store::BodyKind::kStub;
  EXPECT_EQ(LostBody(object), "not recorded");
  object.damaged = true;
  EXPECT_EQ(LostBody(object), "damaged");
}

TEST(ChangesTest, PathsAreToldDownToWhereTheyDiffer) {
  EXPECT_EQ(
      ChangedFields(
          R"({"metadata":{"resourceVersion":"1","labels":{"a":"1"}},)"
          R"("spec":{"replicas":1,"t":{"u":{"v":{"w":1}}}},"status":[1]})",
          R"({"metadata":{"resourceVersion":"2","labels":{"a":"2"}},)"
          R"("spec":{"replicas":2,"t":{"u":{"v":{"w":2}}}},"status":[2]})",
          10),
      (std::vector<std::string>{"metadata.labels.a", "spec.replicas",
                                "spec.t.u.v", "status"}));
}

TEST(ChangesTest, LastManagerIsTheOneWithTheNewestTime) {
  EXPECT_EQ(LastManager(R"({"metadata":{"managedFields":[)"
                        R"({"manager":"b","time":"2024-01-02T00:00:00Z"},)"
                        R"({"manager":"a","time":"2024-01-01T00:00:00Z"}]}})",
                        {}),
            "b");
  EXPECT_EQ(LastManager("{}", {}), "");
}

TEST(ChangesTest, OfOneSecondTheManagerIsTheOneThatHasTheChangedFields) {
  const std::string object =
      R"({"metadata":{"managedFields":[)"
      R"({"manager":"kubectl","time":"2024-01-02T00:00:00Z","fieldsV1":)"
      R"({"f:spec":{"f:replicas":{},"f:template":{"f:spec":{}}}}},)"
      R"({"manager":"controller","time":"2024-01-02T00:00:00Z","fieldsV1":)"
      R"({"f:metadata":{"f:annotations":{"f:a.b/revision":{}}},)"
      R"("f:status":{"f:conditions":{}}}},)"
      R"({"manager":"early","time":"2024-01-01T00:00:00Z","fieldsV1":)"
      R"({"f:spec":{"f:paused":{}}}}]}})";
  EXPECT_EQ(LastManager(object, {"spec.replicas"}), "kubectl");
  EXPECT_EQ(LastManager(object, {"spec.template.spec"}), "kubectl");
  EXPECT_EQ(LastManager(object, {"metadata.annotations.a.b/revision"}),
            "controller");
  EXPECT_EQ(LastManager(object, {"spec.replicas", "status.conditions"}),
            "controller");
  EXPECT_EQ(LastManager(object, {"spec.replicas", "spec.template.spec",
                                 "status.conditions"}),
            "kubectl");
  // What changed last is told, whatever others have.
  EXPECT_EQ(LastManager(object, {"spec.paused"}), "controller");
}

}  // namespace
}  // namespace kubescribe::query
