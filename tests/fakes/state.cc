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

// The text with the RV's digits put in or exchanged.
void SetRv(Object& object, std::size_t old_size) {
  const std::string digits = std::to_string(object.rv);
  object.text.replace(object.rv_at, old_size, digits);
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

std::string FullText(const KindInfo& kind, const Object& object) {
  if (kind.group == "events.k8s.io") return NewEventText(object.text);
  const std::string order = kind.custom
                                ? R"({{"apiVersion":"{}","kind":"{}",)"
                                : R"({{"kind":"{1}","apiVersion":"{0}",)";
  std::string out =
      fmt::format(fmt::runtime(order), kind.ApiVersion(), kind.kind);
  out.append(object.text, 1);
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
  return object.text;
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
  on_change_();
}

std::string State::NewUid() {
  const std::uint64_t a = random_.Next();
  const std::uint64_t b = random_.Next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32,
                     (a >> 16) & 0xffff, a & 0xfff,
                     0x8000 | ((b >> 48) & 0x3fff), b & 0xffffffffffff);
}

void State::Commit(const KindInfo& kind, Table& table, Event event) {
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
    ObjectPtr& slot = table.objects[Key(ns, name)];
    auto object = std::make_shared<Object>();
    object->ns = ns;
    object->name = name;
    object->uid = slot ? slot->uid : NewUid();
    object->created = slot ? slot->created : clock_.Wall();
    object->generation = slot ? slot->generation : 1;
    object->rv = ++rv_;
    object->text = render(*object, slot.get());
    object->rv_at = object->text.find(kRvMark);
    if (object->rv_at == std::string::npos) std::abort();
    SetRv(*object, sizeof(kRvMark) - 1);
    event.rv = object->rv;
    event.type = slot ? EventType::kModified : EventType::kAdded;
    event.previous = slot;
    event.object = object;
    slot = object;
    Commit(kind, table, event);
  }
  on_change_();
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
  const std::size_t old_size = std::to_string(object->rv).size();
  object->rv = rv;
  SetRv(*object, old_size);
  event.object = object;
  table.objects.erase(at);
  Commit(kind, table, event);
  return event;
}

std::optional<Event> State::Delete(const KindInfo& kind, const std::string& ns,
                                   const std::string& name) {
  const std::vector<Event> events = DeleteBatch(kind, ns, {name});
  if (events.empty()) return std::nullopt;
  return events.front();
}

std::vector<Event> State::DeleteBatch(const KindInfo& kind,
                                      const std::string& ns,
                                      const std::vector<std::string>& names) {
  std::vector<Event> events;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Table& table = tables_[kind.storage];
    for (const std::string& name : names) {
      const std::string key = Key(ns, name);
      if (table.objects.count(key) == 0) continue;
      if (events.empty()) ++rv_;
      events.push_back(DeleteOne(kind, table, key, rv_));
    }
  }
  if (!events.empty()) on_change_();
  return events;
}

std::uint64_t State::Advance(std::uint64_t revisions) {
  std::uint64_t rv = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    rv_ += revisions;
    rv = rv_;
  }
  on_change_();
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
  on_change_();
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

void State::Restore(int snapshot) {
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
  }
  on_change_();
}

std::uint64_t State::Rewind(std::uint64_t revisions) {
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
  }
  on_change_();
  return rv;
}

void State::ChangeUid(const KindInfo& kind, const std::string& ns,
                      const std::string& name) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = tables_[kind.storage].objects.find(Key(ns, name));
    if (at == tables_[kind.storage].objects.end()) return;
    auto object = std::make_shared<Object>(*at->second);
    const std::size_t place = object->text.find(object->uid);
    object->uid = NewUid();
    object->text.replace(place, object->uid.size(), object->uid);
    at->second = object;
    RestartTables();
  }
  on_change_();
}

}  // namespace kubescribe::fakes
