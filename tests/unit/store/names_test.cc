// Names alone: as the whole state has them, and by what they are found.
#include <set>
#include <string>
#include <vector>

#include "old_file.h"
#include "random_lives.h"
#include "store/names_query.h"

namespace kubescribe::store {
namespace {

using Names = std::vector<std::string>;

class NamesTest : public RandomLivesTest {
 protected:
  // The same from the state itself, and of all that ever were from all
  // revisions: an object of which only late ones came was in no state.
  static Names Expected(Reader& reader, const ObjectFilter& filter,
                        const Reader::NameQuestion& question, bool namespaces) {
    std::vector<Revision> revisions = AllRevisions(reader);
    if (!question.ever) {
      revisions = *reader.StateAt(filter, question.as_of);
    }
    std::set<std::string> names;
    for (const Revision& revision : revisions) {
      const std::string& name =
          namespaces ? revision.name_space : revision.name;
      if (Matches(revision, filter) && !name.empty() &&
          name.starts_with(question.prefix)) {
        names.insert(name);
      }
    }
    return {names.begin(), names.end()};
  }

  // `ever`: whether that is asked too.
  void Compare(const std::string& path, std::uint64_t seed, bool ever) {
    const auto reader = Reader::Open(path);
    ASSERT_TRUE(reader.ok());
    const FileInfo& info = (*reader)->info();
    SeededRandom random(seed);
    for (int i = 0; i < 200; ++i) {
      Reader::NameQuestion question;
      const auto span =
          static_cast<std::uint64_t>(info.known_until - info.created_at);
      question.as_of.at =
          info.created_at + static_cast<Micros>(random.Below(span + kSecond));
      const std::uint64_t which = random.Below(8);
      if (which == 0) question.as_of.seq = info.last_seq / 2;
      if (ever && which == 1) {
        question.ever = true;
        question.as_of.at = info.known_until + kHour;
      }
      if (random.Below(2) == 0) question.prefix = "n";
      if (random.Below(3) == 0) question.prefix = "name3";
      ObjectFilter filter;
      filter.resource_id = 1 + static_cast<std::int64_t>(random.Below(3));
      if (random.Below(2) == 0) {
        filter.name_space = "ns" + std::to_string(random.Below(5));
      }
      const auto names =
          (*reader)->Names(filter.resource_id, filter.name_space, question);
      ASSERT_TRUE(names.ok()) << names.error().message();
      ASSERT_EQ(*names, Expected(**reader, filter, question, false))
          << "seed " << seed << " question " << i;
      found_ += names->size();
      if (question.prefix.size() > 1) question.prefix = "ns1";
      const auto spaces = (*reader)->Namespaces(question);
      ASSERT_TRUE(spaces.ok()) << spaces.error().message();
      ASSERT_EQ(*spaces, Expected(**reader, {}, question, true))
          << "seed " << seed << " question " << i;
      found_ += spaces->size();
    }
  }

  std::size_t found_ = 0;
};

TEST_F(NamesTest, AgreeWithTheStateOfAnyTime) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    path_ = folder_ / ("seed" + std::to_string(seed) + ".db");
    clock_ = TestClock();
    ASSERT_NO_FATAL_FAILURE(Generate(seed, 120));
    ASSERT_NO_FATAL_FAILURE(Compare(path_, seed, true));
    const std::string old = path_ + ".old.db";
    MakeOldFile(path_, old, "TABLE lifetime");
    ASSERT_NO_FATAL_FAILURE(Compare(old, seed, false));
  }
  EXPECT_GT(found_, 3000U);
}

TEST_F(NamesTest, AreFoundByAnIndexHoweverManyThereAre) {
  Generate(3, 20);
  const LivingAt living{5, RecordedBy{7, true}};
  for (const bool space : {false, true}) {
    ObjectFilter filter;
    filter.resource_id = 1;
    if (space) filter.name_space = "ns1";
    // All that ever were: their rows are not even read, and what begins
    // otherwise is passed over.
    bool covered = false;
    for (const std::string& step :
         Plan(path_, NamesSql(filter, false, std::nullopt))) {
      EXPECT_FALSE(step.starts_with("SCAN o")) << step;
      covered = covered ||
                (step.find("COVERING INDEX object_name") != std::string::npos &&
                 step.find("name>? AND name<?") != std::string::npos);
    }
    EXPECT_TRUE(covered) << space;
    for (const bool prefix : {false, true}) {
      bool alive = false;
      bool tree = false;
      for (const std::string& step :
           Plan(path_, NamesSql(filter, prefix, living))) {
        EXPECT_FALSE(step.starts_with("SCAN o")) << step;
        EXPECT_FALSE(step.starts_with("SCAN v")) << step;
        EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step;
        const char* index =
            prefix ? "USING INDEX object_name" : "USING INDEX object_open";
        alive = alive || step.find(index) != std::string::npos;
        tree =
            tree || step.find("l VIRTUAL TABLE INDEX 2:") != std::string::npos;
      }
      EXPECT_TRUE(alive && tree) << space << prefix;
    }
  }
  // A namespace is asked about once a kind, not once an object.
  for (const bool ever : {true, false}) {
    for (const std::string& step :
         Plan(path_,
              NamespacesSql(ever ? std::nullopt : std::optional(living)))) {
      EXPECT_FALSE(step.starts_with("SCAN o")) << step;
      EXPECT_FALSE(step.starts_with("SCAN v")) << step;
    }
  }
}

}  // namespace
}  // namespace kubescribe::store
