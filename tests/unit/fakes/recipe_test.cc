// Objects that are kept as recipes: their texts, and what they take up.
#include "fakes/recipe.h"

#include <gtest/gtest.h>

#include <map>

#include "fakes/state.h"
#include "fakes/workload.h"
#include "unit/fakes/sim_test.h"

namespace kubescribe::fakes {
namespace {

ObjectMeta Meta() {
  ObjectMeta meta;
  meta.ns = "a";
  meta.name = "x";
  meta.uid = "u-1";
  meta.rv = 1234;
  meta.generation = 3;
  return meta;
}

std::string TextOf(const Body& body, const ObjectMeta& meta) {
  std::string text;
  body.AppendTo(meta, text);
  EXPECT_EQ(body.Size(meta), text.size());
  return text;
}

TEST(Recipe, FillsHolesFromMetadataAndFields) {
  static const Template part("<${test_a}>");
  static const Template whole(
      "${ns}/${name} ${uid}\n ${rv} ${generation} ${created} "
      "${test_a}${test_b}");
  const Body body(whole, {{"test_a", "one"}, {"test_b", part}});
  EXPECT_EQ(TextOf(body, Meta()),
            "a/x u-1 1234 3 1970-01-01T00:00:00Z one<one>");
  ObjectMeta later = Meta();
  later.rv = 99999;
  EXPECT_EQ(TextOf(body, later),
            "a/x u-1 99999 3 1970-01-01T00:00:00Z one<one>");
}

TEST(Recipe, LooksRandomButIsTheSameEachTime) {
  static const Template whole("${test_a}");
  const auto text = [](Value value) {
    return TextOf(Body(whole, {{"test_a", value}}), Meta());
  };
  const std::string hex = text(Value::Hex(5, 1000));
  EXPECT_EQ(hex.size(), 1000U);
  EXPECT_EQ(hex, text(Value::Hex(5, 1000)));
  EXPECT_NE(hex, text(Value::Hex(6, 1000)));
  EXPECT_EQ(hex.find_first_not_of("0123456789abcdef"), std::string::npos);
  std::map<char, int> counts;
  for (const char c : text(Value::Base64(5, 6400))) ++counts[c];
  EXPECT_EQ(counts.size(), 64U);
  for (const auto& [c, count] : counts) EXPECT_LT(count, 200) << c;
}

TEST(Recipe, GivenTextsKeepAllButTheirRv) {
  Body body(std::string("{\"uid\":\"u-1\",\"rv\":\"") + kRvMark + "\"}");
  EXPECT_EQ(TextOf(body, Meta()), R"({"uid":"u-1","rv":"1234"})");
  body.ExchangeUid("u-1", "u-2");
  EXPECT_EQ(TextOf(body, Meta()), R"({"uid":"u-2","rv":"1234"})");
}

TEST(RecipeDeathTest, AHoleThatNothingFillsIsAMistake) {
  static const Template whole("${test_forgotten}");
  EXPECT_DEATH(TextOf(Body(whole, {}), Meta()), "test_forgotten");
  EXPECT_DEATH(Body("{}"), "no RV");
}

class RecipesTest : public SimTest {
 protected:
  // The newest text of each object as the journal has it.
  std::map<std::string, std::string> Newest(const std::string& resource) {
    std::map<std::string, std::string> out;
    for (const JournalEntry& entry : sim_->Journal()) {
      if (entry.resource != resource) continue;
      out[entry.uid] = *entry.object;
      if (entry.type == "DELETED") out.erase(entry.uid);
    }
    return out;
  }
  std::size_t Count(const std::string& query) {
    return Get("/api/v1/pods?" + query).Json()["items"].size();
  }
};

TEST_F(RecipesTest, WrittenOutAgainTheyAreTheSame) {
  StartSim();
  sim_->Fill({500});
  sim_->Step(2000);
  for (const char* resource :
       {"pods", "secrets", "replicasets.apps", "nodes", "jobs.batch"}) {
    std::map<std::string, std::string> now;
    for (const auto& object : sim_->Objects(resource)) {
      now[object.uid] = object.body;
    }
    const std::string plural(resource);
    EXPECT_EQ(now, Newest(plural.substr(0, plural.find('.')))) << resource;
    EXPECT_FALSE(now.empty());
  }
}

TEST_F(RecipesTest, SelectorsSeeTheirFields) {
  StartSim();
  sim_->Fill({500});
  sim_->Step(1000);
  std::map<std::string, std::size_t> nodes;
  std::map<std::string, std::size_t> phases;
  std::size_t web = 0;
  for (const auto& object : sim_->Objects("pods")) {
    const auto pod = nlohmann::json::parse(object.body);
    ++nodes[pod["spec"].value("nodeName", "")];
    ++phases[pod["status"]["phase"]];
    web += pod["metadata"]["labels"]["app"] == "web-3" ? 1 : 0;
  }
  ASSERT_GT(nodes["node-0001"], 0U);
  ASSERT_GT(web, 0U);
  EXPECT_EQ(Count("fieldSelector=spec.nodeName%3Dnode-0001"),
            nodes["node-0001"]);
  EXPECT_EQ(Count("fieldSelector=status.phase%3DSucceeded"),
            phases["Succeeded"]);
  EXPECT_EQ(Count("fieldSelector=metadata.namespace%3Dteam-1"),
            Get("/api/v1/namespaces/team-1/pods").Json()["items"].size());
  EXPECT_EQ(Count("labelSelector=app%3Dweb-3"), web);
}

TEST_F(RecipesTest, TestsCanChangeThem) {
  StartSim();
  sim_->Fill({100});
  const auto before = sim_->Objects("deployments.apps")[0];
  const Written patched =
      sim_->Patch("deployments.apps", before.ns, before.name,
                  R"({"spec":{"replicas":77}})");
  auto expected = nlohmann::json::parse(before.body);
  expected["spec"]["replicas"] = 77;
  const auto after = nlohmann::json::parse(patched.body);
  EXPECT_EQ(after["spec"], expected["spec"]);
  EXPECT_EQ(after["status"], expected["status"]);
  EXPECT_EQ(after["metadata"]["generation"], 2);
  EXPECT_EQ(patched.uid, before.uid);
}

TEST_F(RecipesTest, TheyComeBackWithASnapshotAndARewind) {
  StartSim();
  sim_->Fill({200});
  const auto bodies = [&] {
    std::map<std::string, std::string> out;
    for (const auto& object : sim_->Objects("pods"))
      out[object.uid] = object.body;
    return out;
  };
  const auto before = bodies();
  const int snapshot = sim_->TakeSnapshot();
  sim_->Step(300);
  EXPECT_NE(bodies(), before);
  sim_->Rewind(300);
  EXPECT_EQ(bodies(), before);
  sim_->Step(300);
  sim_->Restore(snapshot);
  EXPECT_EQ(bodies(), before);
  sim_->ChangeIdentity();
  sim_->Step(100);
}

// What a cluster of 300 000 objects takes is three hundred thousand of these.
TEST(RecipeMemory, AnObjectOfTheWorkloadIsLessThanAKilobyte) {
  SimOptions options;
  options.keep_journal = false;
  const Clock& clock = SystemClock();
  const auto journal = Journal::Open(options, clock);
  State state(options, clock, **journal, [] {});
  Workload workload(1, state, clock);
  workload.Fill(20000);
  workload.Step(5000);
  std::size_t objects = 0;
  std::size_t held = 0;
  std::size_t written = 0;
  for (const KindInfo& kind : state.Kinds()) {
    if (kind.group == "events.k8s.io") continue;  // another view of events
    for (const ObjectPtr& object : state.List(kind, "").objects) {
      ++objects;
      held += sizeof(Object) + object->body.Held() + object->ns.capacity() +
              object->name.capacity() + object->uid.capacity();
      written += object->TextSize();
    }
  }
  EXPECT_GT(objects, 18000U);
  EXPECT_LT(objects, 22000U);
  EXPECT_LT(held / objects, 1000U);
  EXPECT_GT(written / objects, 3500U);
}

TEST(StateWrites, ABatchHasOneRevisionInAllNamespaces) {
  SimOptions options;
  const Clock& clock = SystemClock();
  const auto journal = Journal::Open(options, clock);
  int told = 0;
  State state(options, clock, **journal, [&] { ++told; });
  const KindInfo kind = *state.FindKind(std::string("events"));
  const auto put = [&](const std::string& ns, const std::string& name) {
    state.Put(kind, ns, name, [](ObjectMeta&, const Object*) {
      return std::string("{\"rv\":\"") + kRvMark + "\"}";
    });
  };
  put("a", "x");
  put("b", "x");
  put("b", "y");
  EXPECT_EQ(told, 3);
  const std::uint64_t before = state.CurrentRv();
  const auto events = state.DeleteBatch(
      kind, State::Names{{"a", "x"}, {"b", "nothing"}, {"b", "y"}});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].rv, before + 1);
  EXPECT_EQ(events[1].rv, before + 1);
  EXPECT_EQ(state.CurrentRv(), before + 1);
  EXPECT_EQ(told, 4);
  {
    const State::Quiet quiet(state);
    put("a", "1");
    put("a", "2");
    EXPECT_EQ(told, 4);
  }
  EXPECT_EQ(told, 5);
  { const State::Quiet quiet(state); }
  EXPECT_EQ(told, 5);
}

}  // namespace
}  // namespace kubescribe::fakes
