// The invariant of DESIGN §6 as a property: random streams with pauses, gaps,
// re-lists, audits, lost events, re-created names, rewinds, crashes and clock
// steps go through the Recorder into a real file, and random questions are
// asked in between.
//
//   1. A certain answer never changes into another certain one.
//   2. In the end every certain answer is the truth.
//   3. Every instant that a flowing stream covered is certain.
//
// KUBESCRIBE_SEEDS says how many streams are tried (default 25),
// KUBESCRIBE_SEED with which seed to begin.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <sstream>

#include "base/log.h"
#include "record/times.h"
#include "recorder_harness.h"
#include "store/certainty.h"

namespace kubescribe::record {
namespace {

using kube::GapCause;
using kube::WatchType;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string Rfc3339(Micros at) {
  const std::time_t seconds = at / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// What lives, by uid: the value and RV of each. The truth, and an answer.
using State = std::map<std::string, std::string>;

struct Change {
  std::string rv;
  WatchType type;
  Thing thing;
};

// The server: its objects now, the events since its last compaction, and what
// was true when (on the recorder's clock).
struct Server {
  std::int64_t rv = 100;
  std::map<std::string, Thing> live;
  std::vector<Change> events;
  std::vector<std::pair<Micros, State>> truth;

  State Now() const {
    State state;
    for (const auto& [uid, thing] : live) {
      state[uid] = thing.value + "@" + thing.rv;
    }
    return state;
  }
};

class TimeProperty : public RecorderTest {
 protected:
  struct Span {
    Micros from;
    Micros to;  // exclusive
  };

  void Run(std::uint64_t seed) {
    random_ = std::make_unique<SeededRandom>(seed);
    skew_ = static_cast<Micros>(random_->Below(600)) * kSecond - 300 * kSecond;
    Open();
    AddStream();
    server_.truth.emplace_back(clock.wall - kHour, State{});
    for (int i = 0; i < 3; ++i) Write(false);
    List(GapCause::kStart, false);
    Resume();
    for (int i = 0; i < 70; ++i) {
      log_ << i << ": ";
      Turn();
      if (HasFatalFailure()) return;
      if (Chance(3)) Ask();
      if (HasFatalFailure() || HasNonfatalFailure()) {
        ADD_FAILURE() << "seed " << seed << "\n" << log_.str();
        return;
      }
    }
    if (!flowing_) Reconnect();
    AuditNow();
    CheckAll();
    if (HasFailure()) ADD_FAILURE() << "seed " << seed << "\n" << log_.str();
  }

 private:
  bool Chance(std::uint64_t one_in) { return random_->Below(one_in) == 0; }

  void Pass() {
    clock.Advance(static_cast<Micros>(random_->Below(3 * kSecond)) + 1);
  }

  // The recorder's time now: its record never goes back, but for big steps.
  Micros Known() { return recorder->info().known_until; }
  Micros Now() { return std::max(clock.wall, Known()); }

  void CommitAll() {
    const Micros before = Known();
    Commit();
    log_ << "[" << Known() << "] ";
    // While a clock that went back is waited out, that instant is no answer.
    if (Known() == before) vague_.push_back({before, before + 1});
  }

  // -- the server's life

  // A random write; delivered at once where the stream flows.
  void Write(bool deliver, bool lose = false, bool lag = false) {
    Change change;
    std::vector<std::string> uids;
    for (const auto& [uid, thing] : server_.live) {
      if (frozen_.count(uid) == 0) uids.push_back(uid);
    }
    change.rv = std::to_string(++server_.rv);
    if (uids.empty() || (server_.live.size() < 8 && Chance(3))) {
      change.type = WatchType::kAdded;
      change.thing.uid = "u" + std::to_string(++uids_made_);
      // A few names only: most are re-created ones.
      change.thing.name =
          std::string(1, static_cast<char>('a' + random_->Below(5)));
    } else {
      change.thing = server_.live.at(uids[random_->Below(uids.size())]);
      change.type = Chance(4) ? WatchType::kDeleted : WatchType::kModified;
    }
    change.thing.rv = change.rv;
    change.thing.value = std::to_string(random_->Below(1'000'000));
    change.thing.extra_metadata = ",\"creationTimestamp\":\"" +
                                  Rfc3339(clock.wall + skew_) +
                                  "\",\"managedFields\":[{\"time\":\"" +
                                  Rfc3339(clock.wall + skew_) + "\"}]";
    if (change.type == WatchType::kDeleted) {
      server_.live.erase(change.thing.uid);
    } else {
      server_.live[change.thing.uid] = change.thing;
    }
    server_.events.push_back(change);
    const Micros at = Now();
    log_ << "(" << at << ") ";
    if (lose) {
      log_ << "lose " << change.rv << " " << change.thing.uid << "\n";
      frozen_.insert(change.thing.uid);
      lost_ = true;
      seen_rv_ = server_.rv;
      server_.truth.emplace_back(at, server_.Now());
      return;
    }
    if (deliver) {
      log_ << "event " << change.rv << " " << change.thing.uid << "\n";
      OfferEvent(change.type, change.thing, true);
      const Micros offered = clock.mono;
      if (lag) {
        clock.Advance(kPointTolerance + 1 +
                      static_cast<Micros>(random_->Below(kSecond)));
      }
      CommitAll();
      // How long it waited is counted back from its record, which stands
      // still while a clock that went back is waited out.
      if (lag) {
        vague_.push_back(
            {std::min(at, Known() - (clock.mono - offered)), Known()});
      }
      seen_rv_ = server_.rv;
      server_.truth.emplace_back(lag ? at : Known(), server_.Now());
    } else {
      log_ << "unseen write " << change.rv << " " << change.thing.uid << "\n";
      server_.truth.emplace_back(at, server_.Now());
    }
  }

  // -- the watch

  void StopFlowing(Micros until) {
    if (!flowing_) return;
    flowing_ = false;
    kube::Observation seen = Make(Kind::kNotFlowing);
    seen.not_before = until;
    Offer(std::move(seen));
    CommitAll();
    covered_.push_back({flow_began_, until});
    last_flow_ = until;
  }

  void List(GapCause cause, bool new_epoch) {
    log_ << "list\n";
    lost_ = false;
    frozen_.clear();
    bool done = false;
    while (!done) {
      done = !Chance(4);
      OfferListBegin(cause, last_flow_, new_epoch);
      list_sent_ = Now();
      const auto items = server_.live;
      const std::string rv = std::to_string(server_.rv);
      for (const auto& [uid, thing] : items) {
        OfferItem(thing, rv);
        if (Chance(3)) {
          CommitAll();
          Pass();
          if (Chance(2)) Write(false);
        }
      }
      if (!done) continue;
      OfferRv(Kind::kListEnd, rv);
      CommitAll();
      seen_rv_ = std::stoll(rv);
    }
  }

  // Everything since seen_rv_ is delivered as what happened while nobody
  // looked, then the stream flows.
  void Resume() {
    log_ << "resume\n";
    const std::int64_t probe_rv = server_.rv;
    const Micros probe_sent = Now();
    std::size_t next = 0;
    while (next < server_.events.size()) {
      const Change change = server_.events[next++];
      const std::int64_t rv = std::stoll(change.rv);
      if (rv <= seen_rv_) continue;
      std::optional<Micros> not_before = last_flow_;
      // What a list showed, it showed at the earliest when it was asked.
      if (list_sent_ && (!not_before || *list_sent_ > *not_before)) {
        not_before = list_sent_;
      }
      if (rv > probe_rv && (!not_before || probe_sent > *not_before)) {
        not_before = probe_sent;
      }
      OfferEvent(change.type, change.thing, false, not_before);
      seen_rv_ = rv;
      if (Chance(2)) {
        CommitAll();
        Pass();
        if (Chance(3)) Write(false);
      }
    }
    CommitAll();
    Pass();
    Offer(Make(Kind::kFlowing));
    CommitAll();
    flowing_ = true;
    list_sent_.reset();
    flow_began_ = Known();
  }

  void Reconnect() {
    if (Row().position.empty()) {
      List(GapCause::kStart, false);
    } else if (Chance(3)) {
      List(GapCause::kGone, false);
    }
    Resume();
  }

  void AuditNow() {
    log_ << "audit\n";
    const Micros confirmed = *Row().confirmed_at;
    Offer(Make(Kind::kAuditBegin));
    CommitAll();
    const auto items = server_.live;
    const std::string rv = std::to_string(server_.rv);
    Pass();
    if (Chance(2)) Write(true);
    for (const auto& [uid, thing] : items) {
      OfferItem(thing, rv, Kind::kAuditItem);
    }
    OfferRv(Kind::kAuditEnd, rv);
    OfferRv(Kind::kBookmark, rv);
    CommitAll();
    if (Chance(2)) Write(true);
    Pass();
    OfferRv(Kind::kAuditReached, rv);
    CommitAll();
    ASSERT_EQ(audits.back() > 0, lost_) << log_.str();
    if (lost_) vague_.push_back({confirmed, Known()});
    lost_ = false;
    frozen_.clear();
  }

  void Rewind() {
    log_ << "rewind\n";
    // Back to an older state; the RVs that follow are used a second time.
    const std::size_t keep = random_->Below(server_.events.size() + 1);
    std::vector<Change> events(
        server_.events.begin(),
        server_.events.begin() + static_cast<std::ptrdiff_t>(keep));
    server_.live.clear();
    server_.rv = 100;
    for (const Change& change : events) {
      server_.rv = std::stoll(change.rv);
      if (change.type == WatchType::kDeleted) {
        server_.live.erase(change.thing.uid);
      } else {
        server_.live[change.thing.uid] = change.thing;
      }
    }
    server_.events = std::move(events);
    server_.truth.emplace_back(Now(), server_.Now());
    List(GapCause::kRewind, true);
    Resume();
  }

  void Turn() {
    Pass();
    const std::uint64_t turn = random_->Below(flowing_ ? 16 : 4);
    // A list cannot tell what was lost before its gap from what the gap hides;
    // only an audit finds that.
    if (lost_ && (turn == 3 || turn == 4 || turn == 5 || turn == 9)) {
      AuditNow();
    }
    switch (turn) {
      case 0:
        Write(flowing_);
        break;
      case 1:
        if (flowing_) {
          Write(true);
          break;
        }
        log_ << "reconnect\n";
        Reconnect();
        break;
      case 2:
        Step();
        break;
      case 3:
        Crash();
        break;
      case 4:
        log_ << "disconnect\n";
        StopFlowing(Now());
        break;
      case 5: {
        // It broke, and that shows only later.
        log_ << "silent break\n";
        const Micros broke = Now();
        while (Chance(2)) {
          Pass();
          Write(false);
          recorder->Step(0);
        }
        clock.Advance(11 * kSecond);
        recorder->Step(0);
        Ask();
        StopFlowing(broke);
        break;
      }
      case 6:
        if (!lost_) AuditNow();
        break;
      case 7:
        Write(false, true);
        break;
      case 8:
        AuditNow();
        break;
      case 9:
        if (Chance(3)) {
          StopFlowing(Now());
          Rewind();
        }
        break;
      case 10:
        Write(true, false, true);
        break;
      default:
        for (int i = 0; i < 2; ++i) {
          Write(true);
          Pass();
        }
        log_ << "heartbeat\n";
        clock.Advance(11 * kSecond);
        recorder->Step(0);
    }
  }

  void Crash() {
    log_ << "crash\n";
    const Micros known = Known();
    if (flowing_) {
      covered_.push_back({flow_began_, known});
      last_flow_ = known;
      flowing_ = false;
    }
    RecorderTest::Crash();
    Pass();
    if (Chance(2)) {
      // Half a list, and down again.
      Open();
      AddStream();
      OfferListBegin(GapCause::kGone, last_flow_);
      lost_ = false;
      frozen_.clear();
      for (const auto& [uid, thing] : server_.live) {
        if (Chance(2)) OfferItem(thing, std::to_string(server_.rv));
      }
      CommitAll();
      RecorderTest::Crash();
      Pass();
    }
    Open();
    const store::StreamRow row = AddStream();
    ASSERT_FALSE(row.flowing);
    ASSERT_TRUE(row.flowed_until);
    last_flow_ = row.flowed_until;
    if (!row.position.empty()) seen_rv_ = std::stoll(row.position);
  }

  // The clock steps, a little or far, back or forward.
  void Step() {
    static const std::vector<Micros> steps = {-5 * kSecond, -40 * kSecond,
                                              -5 * kMinute, 5 * kMinute};
    // Far steps are rarer: what they cross is lost to every question.
    const Micros step = steps[random_->Below(Chance(4) ? steps.size() : 2)];
    log_ << "clock " << step / kSecond << " s\n";
    // What happened before the step did so before the record's own time.
    recorder->SetServerVersion(std::to_string(clock.mono));
    const Micros before = Known();
    clock.wall += step;
    clock.mono += 1;
    kube::Observation seen = Make(Kind::kState);
    seen.state = kube::StreamState::kWatching;
    Offer(std::move(seen));
    CommitAll();
    if (Known() < before) vague_.push_back({Known(), before + 1});
  }

  // -- questions

  struct Answer {
    bool certain = false;
    std::string why;  // it is not
    State state;
  };

  Answer AskAt(Micros at) {
    Answer answer;
    auto reader = Read();
    const auto streams = *reader->Streams();
    const auto gaps = *reader->Gaps(0);
    const auto doubts = *reader->Doubts(0);
    const std::vector<store::Doubtful> why = store::WhyUncertain(
        {streams.at(0), reader->info().known_until, gaps, doubts}, at);
    answer.certain = why.empty();
    for (const store::Doubtful& one : why) {
      answer.why += " " + std::string(store::ReasonName(one.reason)) + " " +
                    one.cause + " [" + std::to_string(one.from.value_or(0)) +
                    "," + std::to_string(one.to.value_or(0)) + ")";
    }
    store::ObjectFilter filter;
    filter.resource_id = resource_id;
    store::AsOf as_of;
    as_of.at = at;
    const auto state = reader->StateAt(filter, as_of);
    for (const store::Revision& revision : *state) {
      const std::string body = *reader->Body(revision.seq);
      const std::size_t value = body.find("\"v\":\"") + 5;
      answer.state[revision.uid] =
          body.substr(value, body.find('"', value) - value) + "@" + revision.rv;
    }
    return answer;
  }

  void AskAndCompare(Micros at) {
    const Answer answer = AskAt(at);
    if (!answer.certain) return;
    ++certain_;
    const auto [known, first] = answers_.emplace(at, answer.state);
    EXPECT_EQ(known->second, answer.state)
        << "a certain answer for " << at << " changed\n"
        << log_.str();
  }

  void Ask() {
    const Micros end = Known();
    const Micros start = 1'700'000'000 * kSecond - kMinute;
    for (int i = 0; i < 4; ++i) {
      AskAndCompare(
          start + static_cast<Micros>(random_->Below(static_cast<std::uint64_t>(
                      std::max<Micros>(end - start, 1) + 10 * kSecond))));
    }
    AskAndCompare(end);
    if (!answers_.empty()) {
      auto again = answers_.begin();
      std::advance(
          again, static_cast<std::ptrdiff_t>(random_->Below(answers_.size())));
      AskAndCompare(again->first);
    }
  }

  const State& TruthAt(Micros at) const {
    const State* state = &server_.truth.front().second;
    for (const auto& [time, then] : server_.truth) {
      if (time <= at) state = &then;
    }
    return *state;
  }

  void CheckAll() {
    covered_.push_back({flow_began_, Known() + 1});
    std::set<Micros> instants;
    for (const auto& [at, state] : answers_) instants.insert(at);
    for (const auto& [at, state] : server_.truth) {
      instants.insert({at - 1, at, at + 1});
    }
    for (const Span& span : covered_) {
      instants.insert({span.from, span.to - 1, span.to});
      for (int i = 0; i < 3 && span.to > span.from; ++i) {
        instants.insert(span.from +
                        static_cast<Micros>(random_->Below(
                            static_cast<std::uint64_t>(span.to - span.from))));
      }
    }
    const auto in = [](const std::vector<Span>& spans, Micros at) {
      return std::any_of(spans.begin(), spans.end(), [at](const Span& span) {
        return at >= span.from && at < span.to;
      });
    };
    for (const Micros at : instants) {
      const Answer answer = AskAt(at);
      if (answer.certain) {
        ++certain_;
        EXPECT_EQ(answer.state, TruthAt(at)) << "at " << at;
        const auto known = answers_.find(at);
        if (known != answers_.end()) {
          EXPECT_EQ(known->second, answer.state) << "at " << at;
        }
      } else if (in(covered_, at) && !in(vague_, at)) {
        ADD_FAILURE() << "covered and not certain: " << at << answer.why;
      }
    }
  }

 protected:
  int certain_ = 0;

 private:
  std::unique_ptr<SeededRandom> random_;
  std::ostringstream log_;
  Server server_;
  Micros skew_ = 0;  // the server's clock against the recorder's
  int uids_made_ = 0;
  std::int64_t seen_rv_ = 0;
  bool flowing_ = false;
  bool lost_ = false;
  std::set<std::string> frozen_;  // their events were lost; an audit is due
  std::optional<Micros> last_flow_;
  std::optional<Micros> list_sent_;
  Micros flow_began_ = 0;
  std::vector<Span> covered_;
  std::vector<Span> vague_;  // may be uncertain although covered
  std::map<Micros, State> answers_;
};

TEST_F(TimeProperty, CertainAnswersAreTrueAndStay) {
  SetUpLog(LogFormat::kText, "off");
  const std::uint64_t first = FromEnvironment("KUBESCRIBE_SEED", 1);
  const std::uint64_t count = FromEnvironment("KUBESCRIBE_SEEDS", 25);
  std::uint64_t sure = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    class One : public TimeProperty {
     public:
      void TestBody() override {}
      using TimeProperty::certain_;
      using TimeProperty::Run;
    };
    One one;
    one.Run(seed);
    if (HasFailure()) break;
    if (one.certain_ > 20) ++sure;
  }
  // Nobody passes by being certain of nothing. (Where the clock goes back far
  // again and again, as in some of the seeds, nothing is.)
  EXPECT_GE(sure * 2, count) << sure << " of " << count;
  SetUpLog(LogFormat::kText, "info");
}

}  // namespace
}  // namespace kubescribe::record
