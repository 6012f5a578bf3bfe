// Follower: what happens to the objects of a question after it was answered, as
// the recorder writes it.
//
//   Result<Follower> follower = Follower::Start(path, request);
//   follower->EachNow([&](Object&& object) { … });   // as they are
//   while (…) follower->Poll([&](Change&& change) { … });
//
// It holds no snapshot and no connection between the calls. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/selection.h"
#include "query/state.h"
#include "store/reader.h"

namespace kubescribe::query {

// As a watch would have told it: an object that no longer is what was asked for
// is deleted.
enum class ChangeKind { kAdded, kModified, kDeleted };
std::string_view WatchEventName(ChangeKind kind);  // "ADDED", …

struct Change {
  ChangeKind kind = ChangeKind::kModified;
  Object object;
};

class Follower {
 public:
  // From the newest record on, or from when.seq. Errors as those of AskState;
  // kInvalid for several types, and where `when` has a time or a
  // resourceVersion.
  static Result<Follower> Start(std::string path, StateRequest request);

  // The type, its warnings, and the names that do not exist.
  const State& state() const { return state_; }
  const TypeState& type() const { return state_.types.front(); }

  // The objects at the beginning, once. Errors as those of EachObject.
  Status EachNow(const std::function<void(Object&&)>& each);

  // What was recorded since the last call, in order of seq; late records, which
  // are not the newest of their object, are left out. At most some thousand
  // records are looked at; answers whether there are more. Errors: of the file.
  Result<bool> Poll(const std::function<void(Change&&)>& each);

 private:
  Follower(std::string path, StateRequest request, Selection selection)
      : path_(std::move(path)),
        request_(std::move(request)),
        selection_(std::move(selection)) {}
  bool IsAsked(const store::Revision& revision) const;
  // Of the record `seq`.
  Status FillBody(store::Reader& reader, store::Seq seq, Object& object) const;
  Status Take(store::Reader& reader, store::Revision&& revision,
              const std::function<void(Change&&)>& each);

  std::string path_;
  StateRequest request_;
  Selection selection_;
  State state_;
  store::Seq after_ = 0;
  // Of the objects that were told and are not deleted: the last seq with a
  // body, by object.
  std::map<std::int64_t, store::Seq> known_;
};

}  // namespace kubescribe::query
