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
    std::int64_t seq = 0;
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
  std::optional<Micros> gap_from() const {
    return gap_from_ == kEver ? std::nullopt : std::optional(gap_from_);
  }
  void GapCloses(std::int64_t list_rv) {
    doubts_.push_back({gap_from_, known_});
    rv_gaps_.push_back({gap_from_rv_, list_rv});
    open_ = false;
    position_ = std::max(position_, list_rv);
    ++seq_;
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
    return Newest([&](const State& s) { return s.rv <= rv; });
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
  std::int64_t seq_;
};

}  // namespace kubescribe::query
