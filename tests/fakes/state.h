// State: the objects of one simulated cluster, its one revision counter, and
// per kind a window of past events that watches are served from.
//
// A write journals first, then becomes visible; afterwards `on_change` is
// called without the lock. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fakes/journal.h"
#include "fakes/kinds.h"
#include "fakes/recipe.h"

namespace kubescribe::fakes {

// One revision of one object. Immutable.
struct Object : ObjectMeta {
  Object(const ObjectMeta& meta, Body made)
      : ObjectMeta(meta), body(std::move(made)) {}

  // JSON without apiVersion and kind, as items of built-in lists are. Made
  // anew by each call.
  std::string Text() const {
    std::string text;
    body.AppendTo(*this, text);
    return text;
  }
  std::size_t TextSize() const { return body.Size(*this); }

  Body body;
};
using ObjectPtr = std::shared_ptr<const Object>;

enum class EventType { kAdded, kModified, kDeleted };
const char* EventName(EventType type);

struct Event {
  std::uint64_t rv = 0;
  EventType type = EventType::kAdded;
  ObjectPtr object;    // for a deletion: the last content, the deletion's RV
  ObjectPtr previous;  // null for kAdded
};

// Says what the text of a new revision is made of, from what the state decided:
// ns, name, uid, created; generation is the previous one's and may be raised.
// `previous` is null when the object is new. Called with the state locked.
using Renderer = std::function<Body(ObjectMeta& meta, const Object* previous)>;

// The object with apiVersion and kind, as `kind` shows it (for events.k8s.io
// that is another body than the one stored).
std::string FullText(const KindInfo& kind, const Object& object);
void AppendFullText(const KindInfo& kind, const Object& object,
                    std::string& out);
// As an item of a list.
std::string ItemText(const KindInfo& kind, const Object& object);

class State {
 public:
  State(const SimOptions& options, const Clock& clock, Journal& journal,
        std::function<void()> on_change);

  // --- Kinds.
  std::vector<KindInfo> Kinds() const;
  // By group and plural; nothing when it is not served.
  std::optional<KindInfo> FindKind(const std::string& group,
                                   const std::string& plural) const;
  // By "plural" or "plural.group".
  std::optional<KindInfo> FindKind(const std::string& id) const;
  void AddKind(const KindInfo& kind);
  // Another description of a kind that is served: its watches end, and its
  // window begins anew. The objects stay.
  void ReplaceKind(const KindInfo& kind);
  // Deletes its objects one by one, then forgets it; its watches end.
  void RemoveKind(const std::string& id);

  // --- Writes. The returned event is the one that watches will see.
  Event Put(const KindInfo& kind, const std::string& ns,
            const std::string& name, const Renderer& render);
  std::optional<Event> Delete(const KindInfo& kind, const std::string& ns,
                              const std::string& name);
  // All under one revision. Names that do not exist are passed over.
  std::vector<Event> DeleteBatch(const KindInfo& kind, const std::string& ns,
                                 const std::vector<std::string>& names);
  // As above, each of a namespace (first) of its own.
  using Names = std::vector<std::pair<std::string, std::string>>;
  std::vector<Event> DeleteBatch(const KindInfo& kind, const Names& names);
  std::uint64_t Advance(std::uint64_t revisions);

  // While one stands, `on_change` waits until the last one goes: for many
  // writes at once.
  class Quiet {
   public:
    explicit Quiet(State& state);
    ~Quiet();
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

   private:
    State& state_;
  };

  // --- Reads.
  std::uint64_t CurrentRv() const;
  ObjectPtr Get(const KindInfo& kind, const std::string& ns,
                const std::string& name) const;
  struct Listing {
    std::uint64_t rv = 0;
    std::vector<ObjectPtr> objects;  // in key order, of `ns` ("": all)
  };
  Listing List(const KindInfo& kind, const std::string& ns) const;
  // As of an RV; nothing when the window no longer reaches back to it.
  std::optional<Listing> ListAt(const KindInfo& kind, const std::string& ns,
                                std::uint64_t rv) const;

  // --- Watch windows.
  struct Cursor {
    std::uint64_t generation = 0;
    std::uint64_t next = 0;   // index of the next event
    std::uint64_t floor = 0;  // for the message when it is too old
    std::uint64_t after = 0;  // events up to this RV are not for it
  };
  enum class Start { kOk, kTooOld, kNoKind };
  // Events after `rv`, which may lie in the future.
  Start StartAt(const KindInfo& kind, std::uint64_t rv, Cursor& cursor) const;
  // The current objects, and the events after them.
  Listing StartNow(const KindInfo& kind, const std::string& ns,
                   Cursor& cursor) const;
  enum class Tail {
    kEvent,
    kNone,   // nothing now; `position` is the counter
    kEnded,  // the window went past it, the kind or the server went away
  };
  Tail Next(const KindInfo& kind, Cursor& cursor, Event& event,
            std::uint64_t& position) const;

  // --- History.
  void Compact(const std::string& storage);  // "": all
  void ForgetWindows();  // as a restart does; open watches end
  int TakeSnapshot();
  // These call their last argument with the RV, before any other write can
  // follow: that is when they are journalled.
  using Told = std::function<void(std::uint64_t rv)>;
  void Restore(int snapshot, const Told& undone);
  std::uint64_t Rewind(std::uint64_t revisions, const Told& undone);
  // The same object under a new uid, without an event.
  void ChangeUid(const KindInfo& kind, const std::string& ns,
                 const std::string& name, const Told& changed);

 private:
  struct Table {
    std::map<std::string, ObjectPtr> objects;  // by "ns/name", or "name"
    std::deque<Event> log;
    std::uint64_t first = 0;  // index of log.front()
    std::uint64_t floor = 0;  // watches from before are too old
    std::uint64_t generation = 0;
    bool served = true;
  };
  struct Snapshot {
    std::uint64_t rv = 0;
    std::map<std::string, std::map<std::string, ObjectPtr>> objects;
  };

  void Changed();
  std::string NewUid();
  void Commit(const KindInfo& kind, Table& table, Event event);
  Event DeleteOne(const KindInfo& kind, Table& table, const std::string& key,
                  std::uint64_t rv);
  void RestartTables();
  static void Undo(const Table& table, std::uint64_t rv,
                   std::map<std::string, ObjectPtr>& objects);

  const std::size_t history_;
  const Clock& clock_;
  Journal& journal_;
  const std::function<void()> on_change_;
  std::atomic<int> quiet_{0};
  std::atomic<bool> changed_{false};  // while quiet
  mutable std::mutex mutex_;
  SeededRandom random_;  // this and below: guarded by mutex_
  std::uint64_t rv_;
  std::uint64_t generations_ = 0;
  std::vector<KindInfo> kinds_;
  std::map<std::string, Table> tables_;  // by storage
  std::vector<Snapshot> snapshots_;
};

// Serves the kind, unless that is done, and puts its CustomResourceDefinition.
Event PutCrd(State& state, const CustomKind& kind, Micros now);

}  // namespace kubescribe::fakes
