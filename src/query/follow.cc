#include "query/follow.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "query/object.h"

namespace kubescribe::query {
namespace {

constexpr std::size_t kRecordsAtOnce = 2000;

}  // namespace

std::string_view WatchEventName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "ADDED";
    case ChangeKind::kDeleted:
      return "DELETED";
    case ChangeKind::kModified:
      break;
  }
  return "MODIFIED";
}

Result<Follower> Follower::Start(std::string path, StateRequest request) {
  if (request.when.at || request.when.rv) {
    return Error(Code::kInvalid,
                 "a watch goes on from now, or from a --seq: it has no time of "
                 "its own");
  }
  Result<Selection> selection =
      Selection::Parse(request.label_selector, request.field_selector);
  if (!selection.ok()) return selection.error();
  if (!request.when.seq) {
    // Exactly what is recorded, so that what follows begins behind it.
    const Result<std::unique_ptr<store::Reader>> reader =
        store::Reader::Open(path);
    if (!reader.ok()) return reader.error();
    request.when.seq = (*reader)->info().last_seq;
  }
  Follower follower(std::move(path), std::move(request), std::move(*selection));
  Result<State> state = AskState(follower.path_, follower.request_);
  if (!state.ok()) return state.error();
  if (state->types.size() + state->refused.size() != 1) {
    return Error(Code::kInvalid, "you may only specify a single resource type");
  }
  follower.state_ = std::move(*state);
  follower.after_ = *follower.request_.when.seq;
  return follower;
}

Status Follower::EachNow(const std::function<void(Object&&)>& each) {
  return EachObject(path_, request_, state_.types.front(),
                    [&](Object&& object) {
                      known_[object.revision.object_id] = object.revision.seq;
                      each(std::move(object));
                      return true;
                    });
}

bool Follower::IsAsked(const store::Revision& revision) const {
  const Target& target = type().target;
  if (revision.resource_id != target.row.id || revision.late) return false;
  if (target.row.namespaced && request_.name_space &&
      revision.name_space != *request_.name_space) {
    return false;
  }
  return target.names.empty() ||
         std::find(target.names.begin(), target.names.end(), revision.name) !=
             target.names.end();
}

Status Follower::FillBody(store::Reader& reader, store::Seq seq,
                          Object& object) const {
  const std::string& kind = type().target.row.kind;
  const Result<std::string> body = reader.Payload(seq);
  if (!body.ok() && body.error().code() != Code::kCorruption) {
    return body.error();
  }
  object.damaged = !body.ok();
  object.json = body.ok() ? ObjectOf(object.revision, *body, kind)
                          : DamagedObject(object.revision, kind);
  return {};
}

Status Follower::Take(store::Reader& reader, store::Revision&& revision,
                      const std::function<void(Change&&)>& each) {
  const auto known = known_.find(revision.object_id);
  const bool gone = IsGone(revision.event);
  if (gone && known == known_.end()) return {};
  // What was only found missing is told as it was last.
  const bool bodiless = revision.event == store::Event::kVanished;
  Change change;
  change.object.revision = std::move(revision);
  Status filled =
      FillBody(reader, bodiless ? known->second : change.object.revision.seq,
               change.object);
  if (!filled.ok()) return filled;
  const store::Revision& told = change.object.revision;
  const bool picked =
      !gone &&
      selection_.Picks(type().target.info.group_resource(), change.object.json);
  if (picked) {
    change.kind =
        known == known_.end() ? ChangeKind::kAdded : ChangeKind::kModified;
    known_[told.object_id] = told.seq;
  } else if (known != known_.end()) {
    change.kind = ChangeKind::kDeleted;
    known_.erase(known);
  } else {
    return {};
  }
  each(std::move(change));
  return {};
}

Result<bool> Follower::Poll(const std::function<void(Change&&)>& each) {
  Result<std::unique_ptr<store::Reader>> reader = store::Reader::Open(path_);
  if (!reader.ok()) return reader.error();
  const store::Seq last = (*reader)->info().last_seq;
  if (last <= after_) return false;
  Result<store::Reader::Batch> batch =
      (*reader)->Records(after_, last, kRecordsAtOnce);
  if (!batch.ok()) return batch.error();
  for (store::Revision& revision : batch->revisions) {
    if (!IsAsked(revision)) continue;
    const Status taken = Take(**reader, std::move(revision), each);
    if (!taken.ok()) return taken.error();
  }
  const bool more = batch->last > after_ && batch->last < last;
  after_ = more ? batch->last : last;
  return more;
}

}  // namespace kubescribe::query
