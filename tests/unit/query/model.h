// The simplest thing that answers a question about the past: every state of
// every object, and every stretch of time that is in doubt, kept in lists that
// are gone through from the front. It is told what the server showed, and when;
// it knows nothing of files. What query answers must be what it answers.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace kubescribe::query {

class Model {
 public:
  struct State {
    std::string uid;
    std::string name_space;
    std::string name;
    std::string value;
    std::int64_t rv = 0;  // of one that vanished: of the list that missed it
    bool gone = false;
    // What the object itself says of when it changed, if anything.
    std::optional<Micros> witness = {};
    Micros changed_at = 0;
    Micros recorded_at = 0;
    std::int64_t seq = 0;
    int epoch = 0;
  };
  explicit Model(std::int64_t seq) : seq_(seq) {}  // the last one before

  // -- what happens, in order

  // A transaction begins; the instant that all of it is recorded at. A clock
  // that went back a little is waited out; far, and what lies between the two
  // readings cannot be told apart any more.
  Micros Begin(Micros wall) {
    const Micros before = known_;
    if (wall >= known_ || wall < known_ - kMinute) known_ = wall;
    if (known_ < before) {
      doubts_.push_back({known_, before + 1});
      ++seq_;  // that it went back is a record
    }
    again_ = known_ <= before;
    return known_;
  }
  // One reading of the clock for several transactions: an answer about that
  // instant changed with each.
  void Seen() {
    if (again_) doubts_.push_back({known_, known_ + 1});
  }
  void Event(State state, bool flowing, std::optional<Micros> not_before) {
    Seen();
    state.changed_at = known_;
    if (!flowing && not_before) {
      const Micros earliest = std::min(*not_before, known_);
      if (state.witness) {
        state.changed_at = std::clamp(*state.witness, earliest, known_);
      }
      if (earliest < known_) doubts_.push_back({earliest, known_});
    }
    for (const State& other : states_) {
      if (other.uid != state.uid) continue;
      state.changed_at = std::max(state.changed_at, other.changed_at);
    }
    state.recorded_at = known_;
    state.epoch = epoch_;
    state.seq = ++seq_;
    position_ = std::max(position_, state.rv);
    states_.push_back(std::move(state));
  }
  // A list became necessary: nothing is known from `from` on (none: ever).
  void GapOpens(std::optional<Micros> from) {
    if (open_) return;
    open_ = true;
    gap_from_ = from ? std::min(*from, known_) : kEver;
    gap_from_rv_ = position_;
  }
  // After what instant an item of a list came to be so; none: that is not
  // known, since its object was last seen in another epoch.
  std::optional<Micros> NotBefore(const std::string& uid) const {
    std::optional<int> epoch;
    for (const State& state : states_) {
      if (state.uid == uid) epoch = state.epoch;
    }
    return gap_from_ == kEver || epoch.value_or(epoch_) != epoch_
               ? std::nullopt
               : std::optional(gap_from_);
  }
  std::optional<Micros> gap_from() const {
    return gap_from_ == kEver ? std::nullopt : std::optional(gap_from_);
  }
  bool Recorded(const State& item) const {
    return std::any_of(states_.begin(), states_.end(), [&](const State& s) {
      return s.uid == item.uid && s.rv == item.rv && s.epoch == epoch_;
    });
  }
  // The server was set back: its resourceVersions count anew. A gap is open.
  void NewEpoch() {
    ++epoch_;
    ++seq_;  // it is a record
    rv_gaps_.clear();
    gap_from_rv_ = -1;
    position_ = -1;
  }
  void GapCloses(std::int64_t list_rv, Micros list_began) {
    doubts_.push_back({gap_from_, known_});
    rv_gaps_.push_back({gap_from_rv_, list_rv});
    open_ = false;
    position_ = std::max(position_, list_rv);
    confirmed_ = list_began;
    confirmed_rv_ = list_rv;
    ++seq_;
  }
  void Bookmark(std::int64_t rv) { position_ = std::max(position_, rv); }
  // All that the server had at `rv`, asked for at `began`: what was not
  // delivered of it is recorded now, and a gap says so. Answers how many.
  std::size_t Audit(const std::vector<State>& items, std::int64_t rv,
                    Micros began) {
    std::vector<State> missing = Alive();
    std::size_t findings = 0;
    Micros from = known_;
    const auto find = [&](State state, std::optional<Micros> seen_at) {
      const Micros after = std::max(confirmed_, seen_at.value_or(confirmed_));
      Event(std::move(state), false, after);
      from = std::min(from, after);
      ++findings;
    };
    for (const State& item : items) {
      const auto known =
          std::find_if(missing.begin(), missing.end(),
                       [&](const State& s) { return s.uid == item.uid; });
      const bool is_known = known != missing.end();
      if (!Recorded(item)) {
        find(item, is_known ? std::optional(known->recorded_at) : std::nullopt);
      }
      if (is_known) missing.erase(known);
    }
    for (State& state : missing) {
      const Micros seen_at = state.recorded_at;
      find(GoneAt(std::move(state), rv), seen_at);
    }
    if (findings != 0) {
      doubts_.push_back({from, known_});
      rv_gaps_.push_back({confirmed_rv_, rv});
      ++seq_;
    }
    ++seq_;  // the audit is a record
    confirmed_ = began;
    confirmed_rv_ = rv;
    return findings;
  }
  // That it is gone was found by a list of that RV.
  static State GoneAt(State state, std::int64_t list_rv) {
    state.gone = true;
    state.witness.reset();
    state.rv = list_rv;
    return state;
  }
  void Flows() { flowing_ = true; }
  void StopsFlowing(Micros until) {
    flowing_ = false;
    flowed_until_ = until;
  }

  // -- what lives, and what is asked

  std::vector<State> Alive() const {
    return Newest([](const State&) { return true; });
  }
  std::vector<State> At(Micros at) const {
    return Newest([&](const State& s) { return s.changed_at <= at; });
  }
  std::vector<State> AtSeq(std::int64_t seq) const {
    return Newest([&](const State& s) { return s.seq <= seq; });
  }
  std::vector<State> AtRv(std::int64_t rv) const {
    return Newest(
        [&](const State& s) { return s.epoch == epoch_ && s.rv <= rv; });
  }
  bool CertainAt(Micros at) const {
    const Micros until =
        flowing_ ? known_ : std::min(flowed_until_.value_or(kEver), known_);
    return at <= until && !(open_ && at >= gap_from_) &&
           std::none_of(doubts_.begin(), doubts_.end(), [&](const auto& d) {
             return at >= d.from && at < d.to;
           });
  }
  bool CertainAtRv(std::int64_t rv) const {
    return rv <= (open_ ? gap_from_rv_ : position_) &&
           std::none_of(rv_gaps_.begin(), rv_gaps_.end(), [&](const auto& g) {
             return rv > g.from && rv < g.to;
           });
  }
  Micros known() const { return known_; }
  std::int64_t seq() const { return seq_; }
  std::int64_t position() const { return position_; }

 private:
  static constexpr Micros kEver = INT64_MIN / 2;
  struct Stretch {
    std::int64_t from;
    std::int64_t to;  // exclusive
  };

  // Of each uid the newest state that fits, if it is not that it is gone; in
  // the order in which the objects were first seen.
  template <typename Fits>
  std::vector<State> Newest(Fits fits) const {
    std::vector<State> newest;
    for (const State& state : states_) {
      if (!fits(state)) continue;
      const auto known =
          std::find_if(newest.begin(), newest.end(),
                       [&](const State& s) { return s.uid == state.uid; });
      if (known == newest.end()) {
        newest.push_back(state);
      } else {
        *known = state;
      }
    }
    std::erase_if(newest, [](const State& s) { return s.gone; });
    return newest;
  }

  std::vector<State> states_;
  std::vector<Stretch> doubts_;
  std::vector<Stretch> rv_gaps_;  // both ends exclusive
  Micros known_ = kEver;
  bool again_ = false;
  bool flowing_ = false;
  std::optional<Micros> flowed_until_;
  bool open_ = false;
  Micros gap_from_ = kEver;
  std::int64_t gap_from_rv_ = -1;
  std::int64_t position_ = -1;
  int epoch_ = 0;
  // What was last found to be recorded as the server has it.
  Micros confirmed_ = kEver;
  std::int64_t confirmed_rv_ = -1;
  std::int64_t seq_;
};

}  // namespace kubescribe::query
