#include "verify/prunes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/digest.h"

namespace kubescribe::verify {
namespace {

using nlohmann::json;
using store::Query;
using store::Seq;

std::optional<std::int64_t> NumberOf(const json& detail, const char* key) {
  if (!detail.is_object() || !detail.contains(key) ||
      !detail[key].is_number_integer()) {
    return std::nullopt;
  }
  return detail[key].get<std::int64_t>();
}

}  // namespace

void Prunes::Load(store::Db& db) {
  prunes_.clear();
  kept_up_to_ = 0;
  kept_.clear();
  cuts_.clear();
  state_.clear();
  Query rows(db,
             "SELECT seq, kind, detail FROM record "
             "WHERE kind IN ('prune', 'pruned') ORDER BY seq");
  while (rows.Step()) {
    state_ = std::to_string(rows.Int(0));
    const json detail = json::parse(rows.Text(2), nullptr, false);
    if (rows.Text(1) == "pruned") {
      const auto of = prunes_.find(NumberOf(detail, "prune").value_or(0));
      if (of == prunes_.end()) continue;
      of->second.took = NumberOf(detail, "revisions");
      kept_up_to_ = NumberOf(detail, "up_to").value_or(0);
      of->second.end = rows.Int(0);
      kept_ = detail.value("kept", "");
      cuts_ = detail.value("cuts", "");
      continue;
    }
    Prune& prune = prunes_[rows.Int(0)];
    prune.before = NumberOf(detail, "before");
    prune.keep = NumberOf(detail, "keep");
    if (detail.is_object() && detail.contains("reason") &&
        detail["reason"].is_string()) {
      prune.reason = detail["reason"].get<std::string>();
    }
    const Seq last = rows.Int(0) - 1;
    prune.cut =
        prune.keep ? last : std::min(last, NumberOf(detail, "seq").value_or(0));
    prune.all_kinds = detail.is_object() && !detail.contains("resources");
  }
  if (prunes_.empty()) return;
  Query gone(db, "SELECT sum(revisions) FROM pruned");
  if (gone.Step()) state_ += " " + gone.Text(0);
}

bool Prunes::MayLack(Seq seq) const {
  return std::any_of(prunes_.begin(), prunes_.end(), [seq](const auto& prune) {
    return seq <= prune.second.cut;
  });
}

bool Prunes::ended() const {
  return std::all_of(prunes_.begin(), prunes_.end(), [](const auto& prune) {
    return prune.second.took.has_value();
  });
}

void Prunes::CheckKept(const std::string& kept, std::int64_t missing,
                       Findings& findings) const {
  if (prunes_.empty()) return;
  if (!ended()) {
    findings.Undecided(
        "a prune is under way: whether more is missing than it took can be "
        "told when it has ended; a recorder, or `kubescribe prune`, goes on "
        "with one that was cut off");
    return;
  }
  // Other records than revisions are never pruned, and not in that hash.
  std::int64_t took = 0;
  for (const auto& [seq, prune] : prunes_) took += *prune.took;
  if (missing != took) {
    findings.Altered(0, fmt::format("{} records are missing, and pruning took "
                                    "{}",
                                    missing, took));
  }
  if (kept == kept_) return;
  findings.Altered(0, fmt::format("up to record {} other revisions are left "
                                  "than pruning left: some were removed",
                                  kept_up_to_));
}

void Prunes::CheckCuts(store::Db& db, Findings& findings) const {
  if (cuts_.empty() || !ended()) return;
  // schema/formats/records.md, `pruned`.
  codec::Sha256 sha;
  const auto add = [&sha](const char* line, store::Db& of) {
    Query rows(of, line);
    while (rows.Step()) sha.Update(rows.Blob(0));
  };
  add("SELECT k.api_group || ',' || k.resource || ',' || p.epoch || ',' || "
      "p.rv || char(10) FROM pruned_rv p JOIN resource k "
      "ON k.id = p.resource_id ORDER BY k.api_group, k.resource, p.epoch",
      db);
  add("SELECT object_id || ',' || from_at || ',' || before_at || ',' || "
      "before_seq || ',' || before_rv || ',' || epoch || char(10) "
      "FROM pruned_object ORDER BY object_id",
      db);
  if (codec::Hex(sha.Finish()) == cuts_) return;
  findings.Altered(0,
                   "`pruned_rv` or `pruned_object` say something else than "
                   "pruning left there: what is not known any more would be "
                   "told otherwise");
}

void Prunes::CheckAnchored(std::int64_t anchored, std::int64_t vouched,
                           Findings& findings) const {
  if (anchored == 0 || prunes_.empty()) return;
  const bool covered =
      std::all_of(prunes_.begin(), prunes_.end(), [vouched](const auto& prune) {
        // That one is under way is said elsewhere.
        return std::max(prune.first, prune.second.end) <= vouched;
      });
  if (covered) return;
  findings.Undecided(fmt::format(
      "it was pruned (record {}) after the newest checkpoint that was kept "
      "elsewhere, and no later one by that key covers the prune: whoever can "
      "write the file can have done it; give a newer checkpoint",
      prunes_.rbegin()->first));
}

void Prunes::CheckTable(store::Db& db, Findings& findings) const {
  std::size_t found = 0;
  Query rows(db,
             "SELECT seq, before_at, before_seq, keep, revisions, done, "
             "NOT EXISTS (SELECT 1 FROM pruned_resource r "
             "WHERE r.seq = pruned.seq), reason FROM pruned");
  while (rows.Step()) {
    const auto of = prunes_.find(rows.Int(0));
    if (of == prunes_.end()) {
      findings.Altered(rows.Int(0),
                       "`pruned` has a row of it, and it is no "
                       "prune");
      continue;
    }
    ++found;
    const Prune& prune = of->second;
    const bool same_cut = prune.keep ? rows.OptionalInt(3) == prune.keep
                                     : rows.OptionalInt(2) == prune.cut;
    if (rows.OptionalInt(1) != prune.before || !same_cut ||
        rows.Text(7) != prune.reason || rows.Bool(6) != prune.all_kinds ||
        rows.Bool(5) != prune.took.has_value() ||
        (prune.took && rows.Int(4) != *prune.took)) {
      findings.Altered(of->first,
                       "its row in `pruned` says something else "
                       "than it");
    }
  }
  if (found != prunes_.size()) {
    findings.Altered(0, "rows of `pruned` are missing");
  }
}

}  // namespace kubescribe::verify
