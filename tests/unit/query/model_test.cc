// Random streams with pauses, gaps, re-lists, changes that are not delivered,
// audits, restored servers, re-created names and clock steps go through the
// Recorder into a file, and into a model that keeps every state in memory. Both
// are asked the same random questions, by time, by seq and by resourceVersion,
// and must answer alike, and doubt alike.
//
// KUBESCRIBE_SEEDS says how many streams are tried (default 20),
// KUBESCRIBE_SEED with which seed to begin.
#include "unit/query/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/log.h"
#include "kube/user_time.h"
#include "query/state.h"
#include "unit/record/recorder_harness.h"

namespace kubescribe::record {
namespace {

using query::Model;

class ModelTest : public RecorderTest {
 public:
  void TestBody() override {}

  struct Seen {
    int certain = 0;  // answers
    std::int64_t findings = 0;
    int rewinds = 0;
  };
  // False: the answers differ.
  bool Run(std::uint64_t seed) {
    random_ = std::make_unique<SeededRandom>(seed);
    seed_ = seed;
    Open();
    AddStream();
    model_ = std::make_unique<Model>(recorder->info().last_seq);
    // A reading of the clock that the model has too.
    model_->Begin(recorder->info().known_until);
    for (int i = 0; i < 3; ++i) Write();
    List(kube::GapCause::kStart);
    CatchUp();
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
      Pass();
      Turn();
      EXPECT_EQ(model_->seq(), recorder->info().last_seq);
      for (int asked = 0; asked < 3 && !HasFailure(); ++asked) Ask();
    }
    if (HasFailure()) ADD_FAILURE() << "seed " << seed;
    return !HasFailure();
  }
  const Seen& seen() const { return seen_; }

 private:
  struct Change {
    Model::State state;
    kube::WatchType type;
  };

  bool Chance(std::uint64_t one_in) { return random_->Below(one_in) == 0; }
  void Pass() {
    clock.Advance(static_cast<Micros>(random_->Below(3 * kSecond)) + 1);
  }
  void Begin() { instants_.push_back(model_->Begin(clock.wall)); }

  // -- the server

  // Makes, changes or ends an object; names come again, uids do not.
  Change Write() {
    Change change;
    Model::State& state = change.state;
    if (live_.empty() || (live_.size() < 8 && Chance(3))) {
      change.type = kube::WatchType::kAdded;
      state.uid = "u" + std::to_string(++uids_);
      state.name = std::string(1, static_cast<char>('a' + random_->Below(4)));
      state.name_space = Chance(2) ? "ns" : "sn";
      live_.push_back(state);
    }
    const std::size_t which =
        change.type == kube::WatchType::kAdded
            ? live_.size() - 1
            : static_cast<std::size_t>(random_->Below(live_.size()));
    Model::State& now = live_[which];
    now.rv = ++rv_;
    now.value = std::to_string(random_->Below(1'000'000));
    // The server's clock is not the recorder's, and has whole seconds.
    now.witness = (clock.wall + 20 * kSecond -
                   static_cast<Micros>(random_->Below(40)) * kSecond) /
                  kSecond * kSecond;
    state = now;
    if (change.type != kube::WatchType::kAdded) {
      change.type =
          Chance(4) ? kube::WatchType::kDeleted : kube::WatchType::kModified;
    }
    state.gone = change.type == kube::WatchType::kDeleted;
    if (state.gone) {
      live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    // Only what was changed says when; that an object came or went is told by
    // fields that these have not.
    if (change.type != kube::WatchType::kModified) state.witness.reset();
    return change;
  }

  kube::Observation Shown(Kind kind, const Model::State& state,
                          std::optional<Micros> witness,
                          const std::string& list_rv = "") {
    Thing thing;
    thing.uid = state.uid;
    thing.rv = std::to_string(state.rv);
    thing.name = state.name;
    thing.value = state.value;
    if (witness) {
      thing.extra_metadata = R"(,"managedFields":[{"time":")" +
                             kube::FormatRfc3339(*witness) + R"("}])";
    }
    kube::Observation seen = About(kind, thing);
    seen.rv = list_rv;
    seen.head.name_space = state.name_space;
    const std::string written = R"("namespace":"ns")";
    seen.body.replace(seen.body.find(written), written.size(),
                      R"("namespace":")" + state.name_space + "\"");
    return seen;
  }

  // -- the watch

  void Deliver(const Change& change, std::optional<Micros> not_before) {
    kube::Observation seen =
        Shown(Kind::kEvent, change.state, change.state.witness);
    seen.type = change.type;
    seen.flowing = flowing_;
    seen.not_before = not_before;
    Offer(std::move(seen));
    Begin();
    Commit();
    model_->Event(change.state, flowing_, not_before);
  }

  void StopFlowing() {
    if (!flowing_) return;
    kube::Observation seen = Make(Kind::kNotFlowing);
    seen.not_before = std::min(clock.wall, model_->known());
    last_flow_ = *seen.not_before;
    Offer(std::move(seen));
    Begin();
    Commit();
    flowing_ = false;
    model_->StopsFlowing(last_flow_);
  }

  // What was missed arrives, late; then the stream flows.
  void CatchUp() {
    for (const Change& change : missed_) {
      Deliver(change, last_flow_);
      Pass();
      if (Chance(4)) Ask();
    }
    missed_.clear();
    Offer(Make(Kind::kFlowing));
    Begin();
    Commit();
    flowing_ = true;
    model_->Flows();
  }

  // In pages, between which it is asked. What changes meanwhile comes after.
  // Answers false where it was cut short.
  bool List(kube::GapCause cause) {
    const bool first = cause == kube::GapCause::kStart;
    const bool rewind = cause == kube::GapCause::kRewind;
    const std::optional<Micros> from =
        first ? std::nullopt : std::optional(last_flow_);
    const std::string rv = std::to_string(rv_);
    const std::int64_t list_rv = rv_;
    missed_.clear();
    OfferListBegin(cause, from, rewind);
    Begin();
    const Micros began = std::min(clock.wall, model_->known());
    model_->GapOpens(from);
    if (rewind) model_->NewEpoch();
    std::vector<Model::State> known = model_->Alive();
    std::vector<Model::State> page;
    const auto commit_page = [&] {
      Commit();
      for (const Model::State& state : page) {
        model_->Event(state, false, model_->NotBefore(state.uid));
      }
      page.clear();
    };
    const std::vector<Model::State> items = live_;
    for (const Model::State& item : items) {
      Offer(Shown(Kind::kListItem, item, item.witness, rv));
      const auto same =
          std::find_if(known.begin(), known.end(),
                       [&](const auto& s) { return s.uid == item.uid; });
      if (!model_->Recorded(item)) page.push_back(item);
      if (same != known.end()) known.erase(same);
      if (!Chance(3)) continue;
      commit_page();
      Ask();
      Pass();
      if (Chance(2)) missed_.push_back(Write());
      if (saved_ && !rewind && !first && Chance(4)) return false;
      Begin();
    }
    OfferRv(Kind::kListEnd, rv);
    commit_page();
    for (Model::State& state : known) {
      model_->Event(Model::GoneAt(std::move(state), list_rv), false,
                    model_->gap_from());
    }
    model_->GapCloses(list_rv, began);
    last_flow_ = model_->known();
    return true;
  }

  // etcd is put back to what was saved: its RVs come a second time.
  void Restore() {
    live_ = saved_->live;
    rv_ = saved_->rv;
    saved_.reset();
    ++seen_.rewinds;
    for (std::uint64_t i = random_->Below(3); i > 0; --i) Write();
    ASSERT_TRUE(List(kube::GapCause::kRewind));
  }

  void Audit() {
    OfferRv(Kind::kBookmark, std::to_string(rv_));
    Offer(Make(Kind::kAuditBegin));
    Begin();
    Commit();
    model_->Bookmark(rv_);
    const Micros began = std::min(clock.wall, model_->known());
    Pass();
    if (Chance(4)) Ask();
    const std::string rv = std::to_string(rv_);
    for (const Model::State& item : live_) {
      Offer(Shown(Kind::kAuditItem, item, item.witness, rv));
    }
    OfferRv(Kind::kAuditEnd, rv);
    OfferRv(Kind::kAuditReached, rv);
    Begin();
    Commit();
    const auto findings =
        static_cast<std::int64_t>(model_->Audit(live_, rv_, began));
    EXPECT_EQ(audits.empty() ? -1 : audits.back(), findings);
    seen_.findings += findings;
  }

  void Turn() {
    const std::uint64_t turn = random_->Below(18);
    if (!saved_ && Chance(6)) saved_ = Saved{live_, rv_};
    if (turn == 0) {
      StopFlowing();
    } else if (turn == 1) {
      // A little and waited out, or far: then it is a record.
      const Micros back = (Chance(9) ? 5 * kMinute : 4 * kSecond) +
                          static_cast<Micros>(random_->Below(kSecond));
      clock.wall -= back;
    } else if (!flowing_) {
      if (Chance(2)) {
        missed_.push_back(Write());
      } else {
        const bool list = Chance(3);
        const bool cut = list && !List(kube::GapCause::kGone);
        if (saved_ && (cut || Chance(4))) Restore();
        CatchUp();
      }
    } else if (turn < 5) {
      Write();  // which is not delivered
    } else if (turn < 7) {
      Audit();
    } else {
      Deliver(Write(), std::nullopt);
    }
  }

  // -- questions

  static std::multiset<std::string> Told(
      const std::vector<Model::State>& states, const std::string& name_space,
      const std::string& name) {
    std::multiset<std::string> told;
    for (const Model::State& state : states) {
      if (!name_space.empty() && state.name_space != name_space) continue;
      if (!name.empty() && state.name != name) continue;
      told.insert(state.name_space + "/" + state.name + " " + state.uid + " " +
                  state.value);
    }
    return told;
  }

  void Ask() {
    query::StateRequest request;
    request.words = {"configmaps"};
    const std::string name_space = Chance(3) ? (Chance(2) ? "ns" : "sn") : "";
    if (!name_space.empty()) request.name_space = name_space;
    const std::string name = Chance(4) ? "b" : "";
    if (!name.empty()) request.words.push_back(name);
    std::vector<Model::State> states;
    bool certain = true;
    std::string what;
    switch (random_->Below(4)) {
      case 0:
        request.when.seq = static_cast<std::int64_t>(random_->Below(
                               static_cast<std::uint64_t>(model_->seq()))) +
                           1;
        states = model_->AtSeq(*request.when.seq);
        what = "seq " + std::to_string(*request.when.seq);
        break;
      case 1: {
        const std::int64_t rv = static_cast<std::int64_t>(
            random_->Below(static_cast<std::uint64_t>(rv_) + 2));
        request.when.rv = std::to_string(rv);
        states = model_->AtRv(rv);
        certain = model_->CertainAtRv(rv);
        what = "rv " + std::to_string(rv);
        break;
      }
      default: {
        const Micros began = 1'700'000'000 * kSecond;
        const Micros span = std::max(model_->known() - began, kMinute);
        // On the edges of what happened, and anywhere.
        request.when.at =
            Chance(2) ? instants_[random_->Below(instants_.size())] - 1 +
                            static_cast<Micros>(random_->Below(3))
                      : began - kSecond +
                            static_cast<Micros>(random_->Below(
                                static_cast<std::uint64_t>(span + kMinute)));
        states = model_->At(*request.when.at);
        certain = model_->CertainAt(*request.when.at);
        what = "at " + std::to_string(*request.when.at);
      }
    }
    what += name_space.empty() ? "" : " in " + name_space;
    what += name.empty() ? "" : " of " + name;
    const auto answer = query::GetState(file, request);
    ASSERT_TRUE(answer.ok()) << what << ": " << answer.error().message();
    const query::TypeState& type = answer->types.front();
    std::vector<Model::State> said;
    for (const query::Object& object : type.objects) {
      Model::State& state = said.emplace_back();
      state.uid = object.revision.uid;
      state.name_space = object.revision.name_space;
      state.name = object.revision.name;
      const std::size_t value = object.json.find("\"v\":\"") + 5;
      state.value =
          object.json.substr(value, object.json.find('"', value) - value);
    }
    EXPECT_EQ(Told(said, "", ""), Told(states, name_space, name)) << what;
    if (request.when.seq) return;  // a list under way is another test's
    EXPECT_EQ(type.warnings.empty(), certain)
        << what << ", known until " << model_->known()
        << (type.warnings.empty() ? "" : ": " + Describe(type.warnings[0]));
    if (certain) ++seen_.certain;
  }

  std::unique_ptr<SeededRandom> random_;
  std::uint64_t seed_ = 0;
  std::unique_ptr<Model> model_;
  std::vector<Model::State> live_;
  std::vector<Change> missed_;
  struct Saved {
    std::vector<Model::State> live;
    std::int64_t rv = 0;
  };
  std::optional<Saved> saved_;
  std::vector<Micros> instants_;
  std::int64_t rv_ = 100;
  int uids_ = 0;
  bool flowing_ = false;
  Micros last_flow_ = 0;
  Seen seen_;
};

TEST(QueryAndModel, AnswerAlikeAndDoubtAlike) {
  SetUpLog(LogFormat::kText, "off");
  const auto number = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const std::uint64_t first = number("KUBESCRIBE_SEED", 1);
  const std::uint64_t count = number("KUBESCRIBE_SEEDS", 20);
  ModelTest::Seen all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ModelTest one;
    if (!one.Run(seed)) break;
    all.certain += one.seen().certain;
    all.findings += one.seen().findings;
    all.rewinds += one.seen().rewinds;
  }
  // Nobody passes by doubting everything, or where nothing happens.
  if (!::testing::Test::HasFailure()) {
    EXPECT_GT(all.certain, static_cast<int>(count) * 20);
    EXPECT_GT(all.findings, static_cast<int>(count) / 2);
    EXPECT_GT(all.rewinds, static_cast<int>(count) / 4);
  }
  SetUpLog(LogFormat::kText, "info");
}

}  // namespace
}  // namespace kubescribe::record
