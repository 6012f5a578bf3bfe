#include "fakes/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "fakes/bodies.h"

namespace kubescribe::fakes {
namespace {

std::string Key(const std::string& ns, const std::string& name) {
  return ns.empty() ? name : ns + "/" + name;
}

std::vector<ObjectPtr> InNamespace(
    const std::map<std::string, ObjectPtr>& objects, const std::string& ns) {
  std::vector<ObjectPtr> out;
  auto it = ns.empty() ? objects.begin() : objects.lower_bound(ns + "/");
  for (; it != objects.end(); ++it) {
    if (!ns.empty() && it->second->ns != ns) break;
    out.push_back(it->second);
  }
  return out;
}

}  // namespace

const char* EventName(EventType type) {
  switch (type) {
    case EventType::kAdded:
      return "ADDED";
    case EventType::kModified:
      return "MODIFIED";
    case EventType::kDeleted:
      return "DELETED";
  }
  return "";
}

void AppendFullText(const KindInfo& kind, const Object& object,
                    std::string& out) {
  if (kind.group == "events.k8s.io") {
    out += NewEventText(object.Text());
    return;
  }
  const std::string api_version = kind.ApiVersion();
  if (kind.custom) {
    out += R"({"apiVersion":")";
    out += api_version;
    out += R"(","kind":")";
    out += kind.kind;
  } else {
    out += R"({"kind":")";
    out += kind.kind;
    out += R"(","apiVersion":")";
    out += api_version;
  }
  out += '"';
  const std::size_t at = out.size();
  object.body.AppendTo(object, out);
  out[at] = ',';  // in place of its opening brace
}

std::string FullText(const KindInfo& kind, const Object& object) {
  std::string out;
  AppendFullText(kind, object, out);
  return out;
}

std::string ItemText(const KindInfo& kind, const Object& object) {
  if (kind.custom) return FullText(kind, object);
  if (kind.storage != kind.Id()) {
    // A view of another kind's storage: the full text without its first two
    // fields, which are kind and apiVersion.
    const std::string full = FullText(kind, object);
    return "{" + full.substr(full.find(R"("metadata")"));
  }
  return object.Text();
}

State::Quiet::Quiet(State& state) : state_(state) { ++state_.quiet_; }

State::Quiet::~Quiet() {
  if (--state_.quiet_ == 0 && state_.changed_.exchange(false)) {
    state_.on_change_();
  }
}

void State::Changed() {
  if (quiet_ == 0) return on_change_();
  changed_ = true;
  // The last one may have gone between the two.
  if (quiet_ == 0 && changed_.exchange(false)) on_change_();
}

State::State(const SimOptions& options, const Clock& clock, Journal& journal,
             std::function<void()> on_change)
    : history_(std::max<std::size_t>(options.history, 1)),
      clock_(clock),
      journal_(journal),
      on_change_(std::move(on_change)),
      random_(options.seed * 0x9e3779b97f4a7c15U + 1),
      rv_(options.first_rv) {
  for (const KindInfo& kind : BuiltInKinds()) AddKind(kind);
}

std::vector<KindInfo> State::Kinds() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return kinds_;
}

std::optional<KindInfo> State::FindKind(const std::string& group,
                                        const std::string& plural) const {
  return FindKind(group.empty() ? plural : plural + "." + group);
}

std::optional<KindInfo> State::FindKind(const std::string& id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const KindInfo& kind : kinds_) {
    if (kind.Id() == id) return kind;
  }
  return std::nullopt;
}

void State::AddKind(const KindInfo& kind) {
  const std::lock_guard<std::mutex> lock(mutex_);
  kinds_.push_back(kind);
  // A kind that comes back has no history: its cache starts at this revision.
  Table& table = tables_[kind.storage];
  table.first += table.log.size();
  table.log.clear();
  table.floor = rv_;
  table.generation = ++generations_;
  table.served = true;
}

void State::ReplaceKind(const KindInfo& kind) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (KindInfo& known : kinds_) {
      if (known.Id() == kind.Id()) known = kind;
    }
    Table& table = tables_[kind.storage];
    table.first += table.log.size();
    table.log.clear();
    table.floor = rv_;
    table.generation = ++generations_;
  }
  on_change_();
}

void State::RemoveKind(const std::string& id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at =
        std::find_if(kinds_.begin(), kinds_.end(),
                     [&](const KindInfo& kind) { return kind.Id() == id; });
    if (at == kinds_.end()) return;
    const KindInfo kind = *at;
    Table& table = tables_[kind.storage];
    while (!table.objects.empty()) {
      const std::string key = table.objects.begin()->first;
      DeleteOne(kind, table, key, ++rv_);
    }
    kinds_.erase(at);
    // The table stays, so that its watches read their deletions before they
    // end.
    table.served = false;
  }
  Changed();
}

std::string State::NewUid() {
  const std::uint64_t a = random_.Next();
  const std::uint64_t b = random_.Next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32,
                     (a >> 16) & 0xffff, a & 0xfff,
                     0x8000 | ((b >> 48) & 0x3fff), b & 0xffffffffffff);
}

void State::Commit(const KindInfo& kind, Table& table, Event event) {
  if (journal_.Wanted()) {
    JournalEntry entry;
    entry.resource = kind.plural;
    entry.group = kind.group;
    entry.ns = event.object->ns;
    entry.name = event.object->name;
    entry.uid = event.object->uid;
    entry.rv = event.rv;
    entry.type = EventName(event.type);
    entry.object =
        std::make_shared<const std::string>(FullText(kind, *event.object));
    journal_.Add(std::move(entry));
  }
  table.log.push_back(std::move(event));
  while (table.log.size() > history_) {
    table.floor = table.log.front().rv;
    table.log.pop_front();
    ++table.first;
  }
}

Event State::Put(const KindInfo& kind, const std::string& ns,
                 const std::string& name, const Renderer& render) {
  Event event;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Table& table = tables_[kind.storage];
    const std::string key = Key(ns, name);
    const auto at = table.objects.find(key);
    const ObjectPtr slot = at == table.objects.end() ? nullptr : at->second;
    ObjectMeta meta;
    meta.ns = ns;
    meta.name = name;
    meta.uid = slot ? slot->uid : NewUid();
    meta.created = slot ? slot->created : clock_.Wall();
    meta.generation = slot ? slot->generation : 1;
    meta.rv = rv_ + 1;
    // It may throw, and nothing has happened then.
    Body body = render(meta, slot.get());
    ++rv_;
    auto object = std::make_shared<const Object>(meta, std::move(body));
    event.rv = object->rv;
    event.type = slot ? EventType::kModified : EventType::kAdded;
    event.previous = slot;
    event.object = object;
    table.objects[key] = object;
    Commit(kind, table, event);
  }
  Changed();
  return event;
}

Event State::DeleteOne(const KindInfo& kind, Table& table,
                       const std::string& key, std::uint64_t rv) {
  const auto at = table.objects.find(key);
  Event event;
  event.rv = rv;
  event.type = EventType::kDeleted;
  event.previous = at->second;
  auto object = std::make_shared<Object>(*at->second);
  object->rv = rv;
  event.object = object;
  table.objects.erase(at);
  Commit(kind, table, event);
  return event;
}

std::optional<Event> State::Delete(const KindInfo& kind, const std::string& ns,
                                   const std::string& name) {
  const std::vector<Event> events = DeleteBatch(kind, Names{{ns, name}});
  if (events.empty()) return std::nullopt;
  return events.front();
}

std::vector<Event> State::DeleteBatch(const KindInfo& kind,
                                      const std::string& ns,
                                      const std::vector<std::string>& names) {
  Names pairs;
  pairs.reserve(names.size());
  for (const std::string& name : names) pairs.emplace_back(ns, name);
  return DeleteBatch(kind, pairs);
}

std::vector<Event> State::DeleteBatch(const KindInfo& kind,
                                      const Names& names) {
  std::vector<Event> events;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Table& table = tables_[kind.storage];
    for (const auto& [ns, name] : names) {
      const std::string key = Key(ns, name);
      if (table.objects.count(key) == 0) continue;
      if (events.empty()) ++rv_;
      events.push_back(DeleteOne(kind, table, key, rv_));
    }
  }
  if (!events.empty()) Changed();
  return events;
}

std::uint64_t State::Advance(std::uint64_t revisions) {
  std::uint64_t rv = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    rv_ += revisions;
    rv = rv_;
  }
  Changed();
  return rv;
}

std::uint64_t State::CurrentRv() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return rv_;
}

ObjectPtr State::Get(const KindInfo& kind, const std::string& ns,
                     const std::string& name) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Table& table = tables_.at(kind.storage);
  const auto at = table.objects.find(Key(ns, name));
  return at == table.objects.end() ? nullptr : at->second;
}

State::Listing State::List(const KindInfo& kind, const std::string& ns) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {rv_, InNamespace(tables_.at(kind.storage).objects, ns)};
}

void State::Undo(const Table& table, std::uint64_t rv,
                 std::map<std::string, ObjectPtr>& objects) {
  for (auto it = table.log.rbegin(); it != table.log.rend(); ++it) {
    if (it->rv <= rv) break;
    const std::string key = Key(it->object->ns, it->object->name);
    if (it->previous == nullptr) {
      objects.erase(key);
    } else {
      objects[key] = it->previous;
    }
  }
}

std::optional<State::Listing> State::ListAt(const KindInfo& kind,
                                            const std::string& ns,
                                            std::uint64_t rv) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Table& table = tables_.at(kind.storage);
  if (rv < table.floor) return std::nullopt;
  std::map<std::string, ObjectPtr> objects = table.objects;
  Undo(table, rv, objects);
  return Listing{rv, InNamespace(objects, ns)};
}

State::Start State::StartAt(const KindInfo& kind, std::uint64_t rv,
                            Cursor& cursor) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Table& table = tables_.at(kind.storage);
  cursor.generation = table.generation;
  cursor.floor = table.floor;
  cursor.after = rv;
  if (rv < table.floor) return Start::kTooOld;
  const auto at = std::upper_bound(
      table.log.begin(), table.log.end(), rv,
      [](std::uint64_t n, const Event& e) { return n < e.rv; });
  cursor.next =
      table.first + static_cast<std::uint64_t>(at - table.log.begin());
  return Start::kOk;
}

State::Listing State::StartNow(const KindInfo& kind, const std::string& ns,
                               Cursor& cursor) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Table& table = tables_.at(kind.storage);
  cursor.generation = table.generation;
  cursor.floor = table.floor;
  cursor.after = rv_;
  cursor.next = table.first + table.log.size();
  return {rv_, InNamespace(table.objects, ns)};
}

State::Tail State::Next(const KindInfo& kind, Cursor& cursor, Event& event,
                        std::uint64_t& position) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tables_.find(kind.storage);
  if (found == tables_.end()) return Tail::kEnded;
  const Table& table = found->second;
  position = rv_;
  if (table.generation != cursor.generation || cursor.next < table.first) {
    return Tail::kEnded;
  }
  while (cursor.next < table.first + table.log.size()) {
    event = table.log[cursor.next - table.first];
    ++cursor.next;
    // A watch from the future is silent until the counter has passed it.
    if (event.rv > cursor.after) return Tail::kEvent;
  }
  return table.served ? Tail::kNone : Tail::kEnded;
}

void State::Compact(const std::string& storage) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [name, table] : tables_) {
    if (!storage.empty() && name != storage) continue;
    table.first += table.log.size();
    table.log.clear();
    table.floor = rv_;
  }
}

void State::RestartTables() {
  for (auto& [name, table] : tables_) {
    table.first += table.log.size();
    table.log.clear();
    table.floor = rv_;
    table.generation = ++generations_;
  }
}

void State::ForgetWindows() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    RestartTables();
  }
  Changed();
}

int State::TakeSnapshot() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Snapshot snapshot;
  snapshot.rv = rv_;
  for (const auto& [name, table] : tables_) {
    snapshot.objects[name] = table.objects;
  }
  snapshots_.push_back(std::move(snapshot));
  return static_cast<int>(snapshots_.size()) - 1;
}

void State::Restore(int snapshot, const Told& undone) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Snapshot& from = snapshots_.at(static_cast<std::size_t>(snapshot));
    rv_ = from.rv;
    for (auto& [name, table] : tables_) {
      const auto at = from.objects.find(name);
      table.objects.clear();
      if (at != from.objects.end()) table.objects = at->second;
    }
    RestartTables();
    if (undone) undone(rv_);
  }
  Changed();
}

std::uint64_t State::Rewind(std::uint64_t revisions, const Told& undone) {
  std::uint64_t rv = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    rv = rv_ - std::min(revisions, rv_);
    for (const auto& [name, table] : tables_) {
      rv = std::max(rv, table.floor);
    }
    for (auto& [name, table] : tables_) Undo(table, rv, table.objects);
    rv_ = rv;
    RestartTables();
    if (undone) undone(rv);
  }
  Changed();
  return rv;
}

void State::ChangeUid(const KindInfo& kind, const std::string& ns,
                      const std::string& name, const Told& changed) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (changed) changed(rv_);
    const auto at = tables_[kind.storage].objects.find(Key(ns, name));
    if (at == tables_[kind.storage].objects.end()) return;
    auto object = std::make_shared<Object>(*at->second);
    const std::string old_uid = std::exchange(object->uid, NewUid());
    object->body.ExchangeUid(old_uid, object->uid);
    at->second = object;
    RestartTables();
  }
  Changed();
}

Event PutCrd(State& state, const CustomKind& custom, Micros now) {
  const KindInfo kind = InfoOf(custom);
  if (!state.FindKind(kind.Id())) state.AddKind(kind);
  const KindInfo crds =
      *state.FindKind("customresourcedefinitions.apiextensions.k8s.io");
  return state.Put(
      crds, "", kind.Id(), [&](ObjectMeta& meta, const Object* previous) {
        std::string text;
        ApplyText(crds, CrdJson(custom, now), now, meta, previous, text);
        return text;
      });
}

}  // namespace kubescribe::fakes
