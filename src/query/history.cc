#include "query/history.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "kube/user_time.h"
#include "query/body_source.h"
#include "query/changes.h"

namespace kubescribe::query {
namespace {

constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxFields = 6;

Error OneObject() {
  return Error(Code::kInvalid,
               "name one object: TYPE/NAME, such as deploy/web");
}

std::string Shown(const Target& target,
                  const std::optional<std::string>& name_space) {
  std::string name = target.info.group_resource().ToString() + " \"" +
                     target.names.front() + "\"";
  if (target.row.namespaced && name_space) {
    name += " in namespace " + *name_space;
  }
  return name;
}

Status FillFields(const std::string& path, const std::string& kind,
                  std::vector<HistoryEntry>& entries) {
  BodySource bodies(path);
  std::map<std::int64_t, std::string> last;  // by object
  std::set<std::int64_t> lost;               // where that was damaged
  for (HistoryEntry& entry : entries) {
    if (entry.revision.body_kind == store::BodyKind::kStub) continue;
    Result<std::string> json = bodies.Object(entry.revision, kind);
    std::string& before = last[entry.revision.object_id];
    if (!json.ok()) {
      if (json.error().code() != Code::kCorruption) return json.error();
      entry.damage = json.error().message();
      if (!entry.revision.late) {
        before.clear();
        lost.insert(entry.revision.object_id);
      }
      continue;
    }
    if (entry.revision.event == store::Event::kVanished) continue;
    entry.changed_unknown = lost.contains(entry.revision.object_id);
    if (!before.empty()) {
      entry.changed = ChangedFields(before, *json, kMaxFields);
    }
    entry.manager = LastManager(*json, entry.changed);
    if (!entry.revision.late) {
      before = std::move(*json);
      lost.erase(entry.revision.object_id);
    }
  }
  return {};
}

// Those of the filter in (after, last], by seq.
Result<std::vector<HistoryEntry>> Between(store::Reader& reader,
                                          const store::ObjectFilter& filter,
                                          store::Seq after, store::Seq last) {
  std::vector<HistoryEntry> entries;
  for (;;) {
    Result<std::vector<store::Revision>> page =
        reader.History(filter, after, kPage);
    if (!page.ok()) return page.error();
    for (store::Revision& revision : *page) {
      after = revision.seq;
      if (after > last) return entries;
      entries.push_back({std::move(revision), "", {}, ""});
    }
    if (page->size() < kPage) return entries;
  }
}

// What is not in the record may have been all the same.
std::string Unsure(const std::vector<Warning>& warnings) {
  if (warnings.empty()) return "";
  // That something is never recorded says more than any one gap.
  const auto never = std::find_if(
      warnings.begin(), warnings.end(),
      [](const Warning& warning) { return !warning.note.empty(); });
  const Warning& first = never == warnings.end() ? warnings.front() : *never;
  const std::size_t more = warnings.size() - 1;
  return " (uncertain: " + Describe(first, kube::LocalZone()) +
         (more == 0 ? "" : ", and " + std::to_string(more) + " more") + ")";
}

// Where else that name is recorded: "; that name is recorded in team-4".
Result<std::string> Elsewhere(store::Reader& reader,
                              store::ObjectFilter filter) {
  constexpr std::size_t kMost = 3;
  if (!filter.name_space) return std::string();
  const std::string here = *filter.name_space;
  filter.name_space.reset();
  store::AsOf now;
  now.at = reader.info().known_until;
  std::set<std::string> others;
  const Status asked = reader.EachAt(
      filter, now, /*include_gone=*/true, [&](store::Revision&& row) {
        if (row.name_space != here) others.insert(std::move(row.name_space));
      });
  if (!asked.ok()) return asked.error();
  std::string names;
  std::size_t told = 0;
  for (const std::string& name : others) {
    if (told++ == kMost) break;
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? names
                       : "; that name is recorded in " + names +
                             (others.size() > kMost ? ", ..." : "");
}

}  // namespace

Result<History> GetHistory(const std::string& path,
                           const HistoryRequest& request) {
  History history;
  // The last one before `since`, which tells what the first one changed.
  std::optional<store::Revision> before;
  {
    Result<std::unique_ptr<store::Reader>> opened = store::Reader::Open(path);
    if (!opened.ok()) return opened.error();
    store::Reader& reader = **opened;
    history.file = reader.info();
    store::AsOf now;
    now.at = history.file.known_until;
    Result<std::vector<Target>> targets =
        ResolveArguments(reader, now, request.words);
    if (!targets.ok()) return targets.error();
    history.file_warnings = reader.warnings();
    if (targets->size() != 1 || targets->front().names.size() != 1) {
      return OneObject();
    }
    history.target = std::move(targets->front());
    const bool namespaced = history.target.row.namespaced;
    store::ObjectFilter filter;
    filter.resource_id = history.target.row.id;
    filter.name = history.target.names.front();
    if (namespaced) filter.name_space = request.name_space;
    store::Seq after = 0;
    const auto too_early = [&](store::Revision& revision) {
      if (!request.since || revision.changed_at >= *request.since) return false;
      if (history.entries.empty() && !revision.late &&
          revision.event != store::Event::kVanished) {
        before = std::move(revision);
      }
      return true;
    };
    for (;;) {
      Result<std::vector<store::Revision>> page =
          reader.History(filter, after, kPage);
      if (!page.ok()) return page.error();
      if (page->empty()) break;
      after = page->back().seq;
      const bool last = page->size() < kPage;
      for (store::Revision& revision : *page) {
        if (too_early(revision)) continue;
        if (request.until && revision.changed_at > *request.until) continue;
        history.entries.push_back({std::move(revision), "", {}, ""});
      }
      if (last) break;
    }
    const Result<Coverage> coverage = Coverage::Load(reader);
    if (!coverage.ok()) return coverage.error();
    if (history.entries.empty()) {
      const store::PrunedRow* pruned = coverage->Pruned(filter.resource_id);
      std::vector<Warning> unsure =
          coverage->At(filter.resource_id, filter.name_space,
                       request.since.value_or(history.file.created_at),
                       request.until.value_or(history.file.known_until));
      std::erase_if(unsure, [](const Warning& warning) {
        return warning.doubt.reason == store::Reason::kPruned ||
               (warning.doubt.cause == "start" && !warning.doubt.from);
      });
      const Result<std::string> elsewhere = Elsewhere(reader, filter);
      if (!elsewhere.ok()) return elsewhere.error();
      return Error(Code::kNotFound,
                   Shown(history.target, filter.name_space) +
                       " is not in the record" +
                       (request.since || request.until ? " of that time" : "") +
                       (pruned == nullptr
                            ? ""
                            : ", which was pruned up to " +
                                  kube::FormatRfc3339(*pruned->before_at)) +
                       Unsure(unsure) + *elsewhere);
    }
    const Micros first = history.entries.front().revision.changed_at;
    const Micros newest =
        coverage->Newest(filter.resource_id, filter.name_space);
    const Micros until = request.until.value_or(newest);
    history.warnings =
        coverage->At(filter.resource_id, filter.name_space,
                     request.since.value_or(first), std::max(first, until));
    const Status pruned =
        Coverage::AddPrunedObjects(reader, filter, request.since.value_or(0),
                                   std::max(first, until), history.warnings);
    if (!pruned.ok()) return pruned.error();
    if (!request.since) {
      // That nothing is known before the first list says that line itself.
      std::erase_if(history.warnings, [](const Warning& warning) {
        return warning.doubt.cause == "start" && !warning.doubt.from;
      });
    }
  }
  if (request.fields) {
    auto& entries = history.entries;
    const bool extra = before.has_value();
    if (extra)
      entries.insert(entries.begin(), {*std::move(before), "", {}, ""});
    const Status filled = FillFields(path, history.target.row.kind, entries);
    if (!filled.ok()) return filled.error();
    if (extra) entries.erase(entries.begin());
  }
  return history;
}

Result<LastChanges> GetLastChanges(const std::string& path,
                                   const store::Revision& revision,
                                   const std::string& kind, std::size_t most) {
  LastChanges changes;
  store::ObjectFilter filter;
  filter.resource_id = revision.resource_id;
  filter.name_space = revision.name_space;
  filter.name = revision.name;
  {
    Result<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path);
    if (!reader.ok()) return reader.error();
    // Backwards, in steps that grow until they hold enough: one more than is
    // shown, to tell what the first of them changed.
    constexpr store::Seq kFirstStep = 1000;
    constexpr store::Seq kGrowth = 8;
    for (store::Seq step = kFirstStep;; step *= kGrowth) {
      const store::Seq after = std::max<store::Seq>(revision.seq - step, 0);
      auto entries = Between(**reader, filter, after, revision.seq);
      if (!entries.ok()) return entries.error();
      changes.entries = std::move(*entries);
      if (changes.entries.size() > most || after == 0) break;
    }
  }
  auto& entries = changes.entries;
  changes.more = entries.size() > most;
  if (changes.more) {
    entries.erase(entries.begin(),
                  entries.end() - static_cast<std::ptrdiff_t>(most + 1));
  }
  const Status filled = FillFields(path, kind, entries);
  if (!filled.ok()) return filled.error();
  if (changes.more) entries.erase(entries.begin());
  return changes;
}

Result<Comparison> Compare(const std::string& path,
                           const std::vector<std::string>& words,
                           const std::optional<std::string>& name_space,
                           const When& from, const When& to) {
  Comparison result;
  for (const bool first : {true, false}) {
    Result<State> state =
        GetState(path, {words, name_space, first ? from : to, "", ""});
    if (!state.ok()) return state.error();
    if (state->types.size() != 1 ||
        state->types.front().target.names.size() != 1) {
      return OneObject();
    }
    TypeState& type = state->types.front();
    if (!type.damaged.empty()) {
      return Error(Code::kCorruption, type.damaged.front());
    }
    Side& side = first ? result.from : result.to;
    side.at = type.at;
    side.certain = type.warnings.empty();
    if (!type.objects.empty()) {
      side.revision = std::move(type.objects.front().revision);
      side.json = std::move(type.objects.front().json);
    }
    for (Warning& warning : type.warnings) {
      const bool known = std::any_of(
          result.warnings.begin(), result.warnings.end(), [&](const auto& w) {
            return w.doubt == warning.doubt && w.note == warning.note &&
                   w.stream == warning.stream;
          });
      if (!known) result.warnings.push_back(std::move(warning));
    }
    result.file = std::move(state->file);
    result.file_warnings = std::move(state->file_warnings);
    result.target = std::move(type.target);
  }
  if (!result.from.revision && !result.to.revision) {
    return Error(Code::kNotFound, Shown(result.target, name_space) +
                                      " existed at neither of the two times" +
                                      Unsure(result.warnings));
  }
  return result;
}

}  // namespace kubescribe::query
