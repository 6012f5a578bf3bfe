#include "store/lifetimes.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/test_switches.h"
#include "store/packed.h"

namespace kubescribe::store {
namespace {

// A little within 32 bits, so that rounding and the ends of a question stay
// there too. The migration has the same.
constexpr std::int64_t kFarthest = 2147483000;

std::int64_t FloorSeconds(Micros at) {
  return at / kSecond - (at % kSecond < 0 ? 1 : 0);
}

}  // namespace

LifeSeconds::LifeSeconds(Micros created_at)
    : base_(FloorSeconds(created_at) * kSecond) {}

std::int64_t LifeSeconds::Down(Micros at) const {
  const std::int64_t second = FloorSeconds(at) - base_ / kSecond;
  if (second <= -kFarthest || second >= kFarthest) {
    throw std::out_of_range(fmt::format(
        "a change at {} (seconds since 1970) lies more than 68 years from when "
        "the file was made: set the clock right, or start a new file",
        at / kSecond));
  }
  return second;
}

std::int64_t LifeSeconds::Up(Micros at) const {
  return Down(at) + (at % kSecond != 0 ? 1 : 0);
}

std::int64_t LifeSeconds::Nearest(Micros at) const {
  return std::clamp(FloorSeconds(at) - base_ / kSecond, -kFarthest, kFarthest);
}

std::int64_t RvNumber(std::string_view rv) {
  constexpr std::size_t kMostDigits = 18;  // what fits into 64 bits
  std::int64_t number = 0;
  if (rv.size() > kMostDigits) return 0;
  for (const char c : rv) {
    if (c < '0' || c > '9') return 0;
    number = 10 * number + (c - '0');
  }
  return number;
}

Lifetimes::Present Lifetimes::Of(std::int64_t object_id) {
  Query row(db_,
            "SELECT alive, seq, changed_at, born_at, epoch, rv, above_rv "
            "FROM object WHERE id = ?");
  if (!row.Bind(object_id).Step()) return {};
  return {row.Bool(0), row.Int(1), row.Int(2),
          row.Int(3),  row.Int(4), std::max(RvNumber(row.Blob(5)), row.Int(6))};
}

Lifetimes::Present Lifetimes::Advance(std::int64_t object_id,
                                      const Present& before, const Next& next) {
  // Said at once: what is out of range never gets in, or the end of a life
  // could not be written any more.
  seconds_.Down(next.changed_at);
  const bool alive = !IsGone(next.event);
  const bool turned = alive != before.alive || before.seq == 0;
  const Micros born_at = turned && alive ? next.changed_at : before.born_at;
  const std::int64_t above = next.top_rv > RvNumber(next.rv) ? next.top_rv : 0;
  if (!turned) {
    // Most revisions: no column of an index is named, so none is touched.
    Query(db_,
          "UPDATE object SET seq = ?, rv_packed = ?, epoch = ?, "
          "recorded_packed = ?, changed_lag = ?, above_rv = ? WHERE id = ?")
        .Bind(next.seq, PackRv(next.rv), next.epoch, PackTime(next.recorded_at),
              next.recorded_at - next.changed_at, above, object_id)
        .Run();
  } else {
    Query(db_,
          "UPDATE object SET alive = ?, seq = ?, rv_packed = ?, epoch = ?, "
          "recorded_packed = ?, changed_lag = ?, born_at = ?, above_rv = ? "
          "WHERE id = ?")
        .Bind(alive, next.seq, PackRv(next.rv), next.epoch,
              PackTime(next.recorded_at), next.recorded_at - next.changed_at,
              born_at, above, object_id)
        .Run();
    if (alive) EnsureNamespace(object_id);
  }
  if (!alive) {
    End(object_id, before.alive ? before.born_at : next.changed_at,
        next.changed_at);
  }
  return {alive,   next.seq,   next.changed_at,
          born_at, next.epoch, std::max(RvNumber(next.rv), above)};
}

void Lifetimes::EnsureNamespace(std::int64_t object_id) {
  {
    Query known(db_,
                "SELECT 1 FROM object o JOIN namespace n ON n.name = "
                "o.namespace WHERE o.id = ?");
    if (known.Bind(object_id).Step()) return;
  }
  Query(db_,
        "INSERT INTO namespace (name) SELECT namespace FROM object "
        "WHERE id = ?")
      .Bind(object_id)
      .Run();
  KUBESCRIBE_KILL_POINT("life.namespace");
}

void Lifetimes::End(std::int64_t object_id, Micros since, Micros until) {
  const std::int64_t end = seconds_.Up(until);
  bool known = false;
  {
    Query find(db_, "SELECT 1 FROM lifetime WHERE object_id = ?");
    known = find.Bind(object_id).Step();
  }
  if (known) {
    // It left, and came back: one box around both lives.
    Query(db_, "UPDATE lifetime SET end_second = ? WHERE object_id = ?")
        .Bind(end, object_id)
        .Run();
  } else {
    EnsureNamespace(object_id);  // where it was gone when it was first seen
    Query(db_,
          "INSERT INTO lifetime SELECT o.id, ?, ?, 2 * o.resource_id, "
          "2 * o.resource_id + 1, 2 * n.id, 2 * n.id + 1 FROM object o "
          "JOIN namespace n ON n.name = o.namespace WHERE o.id = ?")
        .Bind(seconds_.Down(since), end, object_id)
        .Run();
  }
  KUBESCRIBE_KILL_POINT("life.end");
}

}  // namespace kubescribe::store
