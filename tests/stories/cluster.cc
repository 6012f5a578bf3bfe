#include "stories/cluster.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include "fakes/kinds.h"
#include "record/signing_key.h"

namespace kubescribe::stories {
namespace {

using kube::GapCause;
using kube::Observation;
using kube::StreamState;

const std::vector<std::string>& Verbs() {
  static const std::vector<std::string> verbs = {"get", "list", "watch"};
  return verbs;
}

std::optional<kube::ResourceInfo> BuiltIn(const std::string& id) {
  for (const fakes::KindInfo& kind : fakes::BuiltInKinds()) {
    if (kind.Id() != id) continue;
    kube::ResourceInfo info;
    info.group = kind.group;
    info.version = kind.version;
    info.resource = kind.plural;
    info.kind = kind.kind;
    info.singular = kind.singular;
    info.namespaced = kind.namespaced;
    info.verbs = Verbs();
    info.short_names = kind.short_names;
    info.categories = kind.categories;
    return info;
  }
  return std::nullopt;
}

// "crontabs.example.com" and {kind: CronTab, version: v1, shortNames: [ct],
// categories: [all], namespaced: false}.
Result<kube::ResourceInfo> Custom(const std::string& id, const Json& about) {
  const std::size_t dot = id.find('.');
  if (dot == std::string::npos || !about.is_object() ||
      !about.contains("kind") || !about.contains("version")) {
    return Wrong("kind " + id +
                 ": write PLURAL.GROUP: {kind: KIND, version: VERSION}");
  }
  kube::ResourceInfo info;
  info.group = id.substr(dot + 1);
  info.resource = id.substr(0, dot);
  info.version = about["version"].get<std::string>();
  info.kind = about["kind"].get<std::string>();
  info.singular = info.kind;
  for (char& c : info.singular) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  info.namespaced = about.value("namespaced", true);
  info.verbs = Verbs();
  info.short_names = about.value("shortNames", std::vector<std::string>{});
  info.categories = about.value("categories", std::vector<std::string>{});
  return info;
}

std::optional<GapCause> CauseOf(const std::string& name) {
  for (int cause = 1; cause <= static_cast<int>(GapCause::kPruned); ++cause) {
    if (name == kube::GapCauseName(static_cast<GapCause>(cause))) {
      return static_cast<GapCause>(cause);
    }
  }
  return std::nullopt;
}

}  // namespace

// -- the recorder

Status StoryCluster::Start() {
  if (recorder_) return Wrong("the recorder runs already");
  auto key = record::RedactionKey::LoadOrCreate(data_ + "/keys", random_);
  if (!key.ok()) return key.error();
  auto signing = record::SigningKeys::LoadOrCreate(data_ + "/keys", random_);
  if (!signing.ok()) return signing.error();
  record::RecorderOptions options;
  options.cluster = name_;
  options.path = store::DatabasePath(data_, name_);
  options.store.cluster = name_;
  options.store.identity = "uid-of-" + name_;
  options.store.clock = &clock_;
  options.store.random = &random_;
  options.store.synchronous_full = false;
  options.store.signer = signing->key;
  options.batch_wait = 0;
  options.batch_items = options.queue_items;  // what is offered is one batch
  options.heartbeat = kSecond;
  auto opened = record::Recorder::Open(
      options, record::Redactor(*std::move(key), name_, {}), {});
  if (!opened.ok()) return opened.error();
  recorder_ = *std::move(opened);
  if (Status begun = recorder_->Begin(); !begun.ok()) return begun;
  for (auto& [id, stream] : streams_) {
    if (Status done = Open(stream); !done.ok()) return done;
  }
  return {};
}

Status StoryCluster::Open(Stream& stream) {
  const auto row = recorder_->AddStream(stream.spec);
  if (!row.ok()) return row.error();
  stream.id = row->id;
  stream.flowing = false;
  stream.flowed_until = row->flowed_until;
  return {};
}

Status StoryCluster::Stop() {
  if (!recorder_) return Wrong("the recorder does not run");
  Status stopped = recorder_->Stop(kSecond);
  recorder_.reset();
  return stopped;
}

Status StoryCluster::Commit() {
  if (!recorder_) return {};
  do {
    recorder_->Step(0);
    const std::string error = recorder_->stats().error;
    if (!error.empty()) return Error(Code::kIo, error);
  } while (recorder_->stats().queue_items != 0);
  return {};
}

// -- statements

Status StoryCluster::Do(const Statement& statement) {
  const std::string& verb = statement.words.front();
  if (!recorder_) return Wrong("nobody records: write \"start\" before");
  if (verb == "server" && statement.words.size() == 2) {
    recorder_->SetServerVersion(statement.words[1]);
    return {};
  }
  if (verb == "kinds") return Kinds(statement);
  const bool event = verb == "added" || verb == "modified" || verb == "deleted";
  Result<Words> words = Read(statement, event);
  if (!words.ok()) return words.error();
  Result<Stream*> found = Find(words->kind);
  if (!found.ok()) return found.error();
  Stream& stream = **found;
  Result<Json> body = FromYaml(statement.yaml, statement.yaml_line);
  if (!body.ok()) return body.error();
  if (event) return Event(stream, verb, *words, *body);
  if (verb == "list") return List(stream, *words, *body);
  if (verb == "bookmark") {
    Observation seen = Make(stream, Observation::Kind::kBookmark);
    seen.rv = NextRv(words->rv);
    recorder_->Offer(std::move(seen));
    return {};
  }
  return Flow(stream, verb);
}

Result<StoryCluster::Words> StoryCluster::Read(const Statement& statement,
                                               bool named) {
  Words words;
  std::vector<std::string*> plain = {&words.kind};
  if (named) plain.push_back(&words.name);
  std::size_t next = 0;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const std::string& word = statement.words[i];
    std::string* value = word == "by"      ? &words.by
                         : word == "rv"    ? &words.rv
                         : word == "after" ? &words.after
                                           : nullptr;
    if (value != nullptr && i + 1 < statement.words.size()) {
      *value = statement.words[++i];
    } else if (next < plain.size()) {
      *plain[next++] = word;
    } else {
      return Wrong("\"" + word + "\" is one word too many");
    }
  }
  if (next < plain.size()) {
    return Wrong("\"" + statement.words.front() + "\" is followed by a kind" +
                 (named ? " and a name" : ""));
  }
  return words;
}

Status StoryCluster::Kinds(const Statement& statement) {
  std::vector<kube::ResourceInfo> kinds;
  for (std::size_t i = 1; i < statement.words.size(); ++i) {
    const auto kind = BuiltIn(statement.words[i]);
    if (!kind) {
      return Wrong("kind " + statement.words[i] +
                   " is none of tests/fakes/kinds.cc: describe it in the next "
                   "line instead, indented: PLURAL.GROUP: {kind: KIND, "
                   "version: VERSION}");
    }
    kinds.push_back(*kind);
  }
  Result<Json> custom = FromYaml(statement.yaml, statement.yaml_line);
  if (!custom.ok()) return custom.error();
  if (custom->is_object()) {
    for (const auto& [id, about] : custom->items()) {
      Result<kube::ResourceInfo> kind = Custom(id, about);
      if (!kind.ok()) return kind.error();
      kinds.push_back(*std::move(kind));
    }
  }
  kube::Discovery served;
  for (const kube::ResourceInfo& kind : kinds) {
    served.preferred[kind.group] = kind.version;
    if (std::find(served.groups.begin(), served.groups.end(), kind.group) ==
        served.groups.end()) {
      served.groups.push_back(kind.group);
    }
    Stream stream;
    stream.kind = kind;
    stream.spec.key = {kind.group, kind.resource, "", "", ""};
    stream.spec.kind = kind.kind;
    stream.spec.namespaced = kind.namespaced;
    stream.spec.api_version = kind.group_version();
    stream.spec.shared_rv = kind.resource == "events";
    const auto [at, fresh] =
        streams_.try_emplace(kind.group_resource().ToString(), stream);
    if (!fresh) continue;
    if (Status done = Open(at->second); !done.ok()) return done;
  }
  served.resources = std::move(kinds);
  Observation seen;
  seen.kind = Observation::Kind::kDiscovery;
  seen.received_at = clock_.Wall();
  seen.body = served.ToJson();
  recorder_->Offer(std::move(seen));
  return {};
}

Result<StoryCluster::Stream*> StoryCluster::Find(const std::string& kind) {
  const auto found = streams_.find(kind);
  if (found != streams_.end()) return &found->second;
  return Wrong("\"" + kind + "\" is not recorded: name it in a line before, " +
               "as in \"kinds pods deployments.apps\"");
}

Status StoryCluster::List(Stream& stream, const Words& words,
                          const Json& items) {
  std::optional<GapCause> cause = GapCause::kStart;
  if (stream.listed) cause = CauseOf(words.after);
  if (!cause || stream.listed == words.after.empty()) {
    return Wrong(stream.listed
                     ? "a second list has a cause: list " + words.kind +
                           " after gone (or another name of "
                           "kube/observation.h)"
                     : "a first list is after nothing");
  }
  if (!items.is_null() && !items.is_object()) {
    return Wrong("the items are a mapping, NAMESPACE/NAME: {spec: ...}");
  }
  Halt(stream);
  std::vector<Json> bodies;
  std::set<std::string> names;
  for (const auto& [name, patch] : items.items()) {
    const Json* known = objects_.Find(stream.kind, name);
    names.insert(name);
    if (known != nullptr && patch.is_null()) {
      bodies.push_back(*known);
      continue;
    }
    const Change change{name, patch, NextRv(""), words.by, clock_.Wall()};
    Result<Json> object = known == nullptr
                              ? objects_.Add(stream.kind, change)
                              : objects_.Modify(stream.kind, change);
    if (!object.ok()) return object.error();
    bodies.push_back(*std::move(object));
  }
  objects_.Keep(stream.kind, names);
  const std::string list_rv =
      words.rv.empty() ? std::to_string(rv_) : NextRv(words.rv);

  Observation begin = Make(stream, Observation::Kind::kListBegin);
  begin.cause = *cause;
  begin.new_epoch = cause == GapCause::kRewind;
  begin.not_before = stream.flowed_until;
  recorder_->Offer(std::move(begin));
  for (Json& body : bodies) {
    Observation item = Make(stream, Observation::Kind::kListItem);
    // The items of built-in lists have neither.
    if (BuiltIn(stream.kind.group_resource().ToString())) {
      body.erase("apiVersion");
      body.erase("kind");
    }
    item.head = HeadOf(body);
    item.rv = list_rv;
    item.body = body.dump();
    recorder_->Offer(std::move(item));
  }
  Observation end = Make(stream, Observation::Kind::kListEnd);
  end.rv = list_rv;
  recorder_->Offer(std::move(end));
  stream.listed = true;
  return Flow(stream, "resume");
}

Status StoryCluster::Event(Stream& stream, const std::string& verb,
                           const Words& words, const Json& patch) {
  if (!stream.listed) {
    return Wrong(words.kind + " were not listed: write \"list " + words.kind +
                 "\" before");
  }
  const Change change{words.name, patch, NextRv(words.rv), words.by,
                      clock_.Wall()};
  Result<Json> object = verb == "added" ? objects_.Add(stream.kind, change)
                        : verb == "modified"
                            ? objects_.Modify(stream.kind, change)
                            : objects_.Remove(stream.kind, change);
  if (!object.ok()) return object.error();
  Observation seen = Make(stream, Observation::Kind::kEvent);
  seen.type = verb == "added"      ? kube::WatchType::kAdded
              : verb == "modified" ? kube::WatchType::kModified
                                   : kube::WatchType::kDeleted;
  seen.head = HeadOf(*object);
  seen.body = object->dump();
  seen.flowing = stream.flowing;
  if (!stream.flowing) seen.not_before = stream.flowed_until;
  recorder_->Offer(std::move(seen));
  return {};
}

Status StoryCluster::Flow(Stream& stream, const std::string& verb) {
  if (verb == "resume") {
    recorder_->Offer(Make(stream, Observation::Kind::kFlowing));
    OfferState(stream, StreamState::kWatching, "");
    stream.flowing = true;
  } else if (verb == "cut") {
    Halt(stream);
    OfferState(stream, StreamState::kBackoff, "connection lost");
  } else if (verb == "forbidden") {
    Halt(stream);
    OfferState(stream, StreamState::kForbidden,
               stream.kind.resource + " is forbidden");
  } else if (verb == "removed") {
    Observation seen = Make(stream, Observation::Kind::kStreamEnd);
    seen.cause = GapCause::kUnavailable;
    seen.crd_deleted = true;
    recorder_->Offer(std::move(seen));
    objects_.Keep(stream.kind, {});
    streams_.erase(stream.kind.group_resource().ToString());
  } else {
    return Wrong("\"" + verb +
                 "\" is no statement; tests/stories/world.h lists them");
  }
  return {};
}

// -- observations

std::string StoryCluster::NextRv(const std::string& wanted) {
  std::int64_t rv = rv_ + 1;
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), rv);
  rv_ = rv;
  return std::to_string(rv_);
}

Observation StoryCluster::Make(const Stream& stream,
                               Observation::Kind kind) const {
  Observation seen;
  seen.kind = kind;
  seen.stream = stream.id;
  seen.received_at = clock_.Wall();
  return seen;
}

void StoryCluster::OfferState(const Stream& stream, StreamState state,
                              const std::string& message) {
  Observation seen = Make(stream, Observation::Kind::kState);
  seen.state = state;
  seen.message = message;
  recorder_->Offer(std::move(seen));
}

void StoryCluster::Halt(Stream& stream) {
  if (!stream.flowing) return;
  stream.flowing = false;
  stream.flowed_until = clock_.Wall();
  Observation seen = Make(stream, Observation::Kind::kNotFlowing);
  seen.not_before = stream.flowed_until;
  recorder_->Offer(std::move(seen));
}

}  // namespace kubescribe::stories
