#include "travel/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "codec/digest.h"

namespace kubescribe::travel {
namespace {

template <std::size_t size>
std::string HexOf(const std::array<std::uint8_t, size>& bytes) {
  return codec::Hex(std::span<const std::uint8_t>(bytes));
}

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  throw std::runtime_error("what should be hex is not");
}

template <std::size_t size>
std::array<std::uint8_t, size> FromHex(std::string_view hex) {
  if (hex.size() != 2 * size) {
    throw std::runtime_error(
        fmt::format("{} digits of hex where {} must be", hex.size(), 2 * size));
  }
  std::array<std::uint8_t, size> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    bytes.at(i) = static_cast<std::uint8_t>(16 * Digit(hex[2 * i]) +
                                            Digit(hex[2 * i + 1]));
  }
  return bytes;
}

std::string Text(const Json& json) { return json.dump(); }

std::string One(const char* name, Json value) {
  Json line = Json::object();
  line[name] = std::move(value);
  return Text(line);
}

// Texts that are empty and numbers that are unknown are left out.
void Put(Json& to, const char* key, const std::string& text) {
  if (!text.empty()) to[key] = text;
}
void Put(Json& to, const char* key, std::optional<std::int64_t> number) {
  if (number) to[key] = *number;
}
void PutFlag(Json& to, const char* key, bool flag) {
  if (flag) to[key] = 1;
}

// -- reading

const Json* Member(const Json& from, const char* key) {
  if (!from.is_object()) throw std::runtime_error("a line is no object");
  const auto at = from.find(key);
  return at == from.end() ? nullptr : &*at;
}

std::optional<std::int64_t> Number(const Json& from, const char* key) {
  const Json* value = Member(from, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    throw std::runtime_error(fmt::format("\"{}\" is no number", key));
  }
  return value->get<std::int64_t>();
}

std::int64_t TheNumber(const Json& from, const char* key) {
  const auto number = Number(from, key);
  if (!number) throw std::runtime_error(fmt::format("no \"{}\"", key));
  return *number;
}

bool Flag(const Json& from, const char* key) {
  return Number(from, key).value_or(0) != 0;
}

std::string String(const Json& from, const char* key) {
  const Json* value = Member(from, key);
  if (value == nullptr) return "";
  if (!value->is_string()) {
    throw std::runtime_error(fmt::format("\"{}\" is no text", key));
  }
  return value->get<std::string>();
}

template <typename Enum>
Enum OneOf(const Json& from, const char* key, Enum first, Enum last) {
  const std::int64_t number = TheNumber(from, key);
  if (number < static_cast<std::int64_t>(first) ||
      number > static_cast<std::int64_t>(last)) {
    throw std::runtime_error(fmt::format("\"{}\" is {}", key, number));
  }
  return static_cast<Enum>(number);
}

void PutLeaf(Json& to, const Leaf& leaf) {
  to["salt"] = HexOf(leaf.salt);
  if (leaf.damaged) to["damaged"] = HexOf(*leaf.damaged);
  if (leaf.bytes != 0) to["bytes"] = leaf.bytes;
}

}  // namespace

std::string Line(const Head& head) {
  const store::FileInfo& info = head.info;
  Json line;
  line["kubescribe_export"] = kFormat;
  line["whole"] = head.whole ? 1 : 0;
  line["file_id"] = info.file_id;
  line["cluster"] = info.cluster;
  line["identity"] = info.identity;
  line["identity_weak"] = info.identity_weak ? 1 : 0;
  line["created_at"] = info.created_at;
  line["known_until"] = info.known_until;
  line["last_seq"] = info.last_seq;
  line["server_version"] = info.server_version;
  if (!head.whole) line["selection"] = head.selection;
  return Text(line);
}

std::string Line(const store::ResourceRow& row) {
  return One("resource", {{"id", row.id},
                          {"api_group", row.group},
                          {"resource", row.resource},
                          {"kind", row.kind},
                          {"namespaced", row.namespaced ? 1 : 0}});
}

std::string Line(const store::StreamRow& row) {
  Json json;
  json["id"] = row.id;
  json["resource_id"] = row.resource_id;
  Put(json, "namespace", row.key.name_space);
  Put(json, "label_selector", row.key.label_selector);
  Put(json, "field_selector", row.key.field_selector);
  Put(json, "api_version", row.api_version);
  Put(json, "state", row.state);
  Put(json, "message", row.message);
  Put(json, "position", row.position);
  json["epoch"] = row.epoch;
  PutFlag(json, "flowing", row.flowing);
  Put(json, "flowed_until", row.flowed_until);
  Put(json, "confirmed_at", row.confirmed_at);
  Put(json, "last_event_at", row.last_event_at);
  Put(json, "gap_cause", row.gap_cause);
  Put(json, "gap_from_rv", row.gap_from_rv);
  Put(json, "gap_from_at", row.gap_from_at);
  if (row.gap_changed != 0) json["gap_changed"] = row.gap_changed;
  if (row.gap_appeared != 0) json["gap_appeared"] = row.gap_appeared;
  return One("stream", std::move(json));
}

std::string Line(const store::ObjectRow& row) {
  Json json;
  json["id"] = row.id;
  json["resource_id"] = row.resource_id;
  json["stream_id"] = row.stream_id;
  Put(json, "namespace", row.name_space);
  json["name"] = row.name;
  json["uid"] = row.uid;
  return One("object", std::move(json));
}

std::string Line(const store::Revision& r, const Leaf& leaf) {
  Json json;
  json["seq"] = r.seq;
  json["object_id"] = r.object_id;
  json["stream_id"] = r.stream_id;
  json["epoch"] = r.epoch;
  json["event"] = static_cast<int>(r.event);
  json["source"] = static_cast<int>(r.source);
  Put(json, "rv", r.rv);
  Put(json, "list_rv", r.list_rv);
  json["api_version"] = r.api_version;
  json["recorded_at"] = r.recorded_at;
  Put(json, "not_before", r.not_before);
  json["changed_at"] = r.changed_at;
  json["evidence"] = static_cast<int>(r.evidence);
  PutFlag(json, "late", r.late);
  json["body_kind"] = static_cast<int>(r.body_kind);
  PutLeaf(json, leaf);
  return One("revision", std::move(json));
}

std::string Line(const store::Record& record, const Leaf& leaf) {
  Json json;
  json["seq"] = record.seq;
  json["kind"] = record.kind;
  json["stream_id"] = record.stream_id;
  json["recorded_at"] = record.recorded_at;
  json["detail"] = record.detail;
  PutLeaf(json, leaf);
  return One("record", std::move(json));
}

std::string Line(store::Seq seq, const std::vector<store::LogHash>& hashes) {
  std::string all;
  for (const store::LogHash& hash : hashes) all += HexOf(hash);
  return One("missing", {{"seq", seq}, {"hashes", all}});
}

std::string Line(const store::Doubt& row) {
  Json json;
  json["stream_id"] = row.stream_id;
  Put(json, "from_at", row.from);
  json["to_at"] = row.to;
  return One("doubt", std::move(json));
}

std::string Line(const store::PrunedRow& row) {
  Json json;
  json["seq"] = row.seq;
  Put(json, "before_at", row.before_at);
  Put(json, "before_seq", row.before_seq);
  Put(json, "keep", row.keep);
  json["reason"] = row.reason;
  json["revisions"] = row.revisions;
  json["objects"] = row.objects;
  json["bytes"] = row.bytes;
  json["at_object"] = row.at_object;
  json["done"] = row.done ? 1 : 0;
  if (!row.resources.empty()) json["resources"] = row.resources;
  return One("pruned", std::move(json));
}

std::string Line(const store::PrunedRv& row) {
  return One(
      "pruned_rv",
      {{"resource_id", row.resource_id}, {"epoch", row.epoch}, {"rv", row.rv}});
}

std::string Line(const store::PrunedObjectRow& row) {
  return One("pruned_object", {{"object_id", row.object_id},
                               {"from_at", row.from_at},
                               {"before_at", row.before_at},
                               {"before_seq", row.before_seq},
                               {"before_rv", row.before_rv},
                               {"epoch", row.epoch}});
}

std::string Line(const store::LogCheckpoint& row) {
  return One("checkpoint", {{"size", row.size},
                            {"made_at", row.made_at},
                            {"root", HexOf(row.root)},
                            {"note", row.note}});
}

std::string Line(const End& end) {
  Json json;
  json["lines"] = end.lines;
  if (end.root) json["root"] = HexOf(*end.root);
  json["sha256"] = end.sha256;
  return One("end", std::move(json));
}

Result<Head> ReadHead(const std::string& line) {
  try {
    const Json json = Json::parse(line);
    const auto format = Number(json, "kubescribe_export");
    if (!format) return Error(Code::kCorruption, "it is no export");
    if (*format < 1 || *format > kFormat) {
      return Error(Code::kUnsupported,
                   fmt::format("an export of format {}, and this program reads "
                               "up to {}: use a newer one",
                               *format, kFormat));
    }
    Head head;
    head.whole = Flag(json, "whole");
    head.info.file_id = String(json, "file_id");
    head.info.cluster = String(json, "cluster");
    head.info.identity = String(json, "identity");
    head.info.identity_weak = Flag(json, "identity_weak");
    head.info.created_at = TheNumber(json, "created_at");
    head.info.known_until = TheNumber(json, "known_until");
    head.info.last_seq = TheNumber(json, "last_seq");
    head.info.server_version = String(json, "server_version");
    if (const Json* selection = Member(json, "selection")) {
      head.selection = *selection;
      head.since = Number(*selection, "since");
      head.until = Number(*selection, "until");
    }
    return head;
  } catch (const std::exception&) {
    return Error(Code::kCorruption,
                 "it is no export of `kubescribe export -o`");
  }
}

store::ResourceRow ReadResource(const Json& value) {
  return {TheNumber(value, "id"), String(value, "api_group"),
          String(value, "resource"), String(value, "kind"),
          Flag(value, "namespaced")};
}

store::StreamRow ReadStream(const Json& value) {
  store::StreamRow row;
  row.id = TheNumber(value, "id");
  row.resource_id = TheNumber(value, "resource_id");
  row.key.name_space = String(value, "namespace");
  row.key.label_selector = String(value, "label_selector");
  row.key.field_selector = String(value, "field_selector");
  row.api_version = String(value, "api_version");
  row.state = String(value, "state");
  row.message = String(value, "message");
  row.position = String(value, "position");
  row.epoch = TheNumber(value, "epoch");
  row.flowing = Flag(value, "flowing");
  row.flowed_until = Number(value, "flowed_until");
  row.confirmed_at = Number(value, "confirmed_at");
  row.last_event_at = Number(value, "last_event_at");
  row.gap_cause = String(value, "gap_cause");
  row.gap_from_rv = String(value, "gap_from_rv");
  row.gap_from_at = Number(value, "gap_from_at");
  row.gap_changed = Number(value, "gap_changed").value_or(0);
  row.gap_appeared = Number(value, "gap_appeared").value_or(0);
  return row;
}

store::ObjectRow ReadObject(const Json& value) {
  store::ObjectRow row;
  row.id = TheNumber(value, "id");
  row.resource_id = TheNumber(value, "resource_id");
  row.stream_id = TheNumber(value, "stream_id");
  row.name_space = String(value, "namespace");
  row.name = String(value, "name");
  row.uid = String(value, "uid");
  return row;
}

store::Revision ReadRevision(const Json& value) {
  store::Revision r;
  r.seq = TheNumber(value, "seq");
  r.object_id = TheNumber(value, "object_id");
  r.stream_id = TheNumber(value, "stream_id");
  r.epoch = TheNumber(value, "epoch");
  r.event = OneOf(value, "event", store::Event::kAdded, store::Event::kLeft);
  r.source =
      OneOf(value, "source", store::Source::kWatch, store::Source::kAudit);
  r.rv = String(value, "rv");
  r.list_rv = String(value, "list_rv");
  r.api_version = String(value, "api_version");
  r.recorded_at = TheNumber(value, "recorded_at");
  r.not_before = Number(value, "not_before");
  r.changed_at = TheNumber(value, "changed_at");
  r.evidence = OneOf(value, "evidence", store::Evidence::kReceived,
                     store::Evidence::kDeletion);
  r.late = Flag(value, "late");
  r.body_kind =
      OneOf(value, "body_kind", store::BodyKind::kFull, store::BodyKind::kStub);
  return r;
}

store::Record ReadRecord(const Json& value) {
  return {TheNumber(value, "seq"), String(value, "kind"),
          TheNumber(value, "stream_id"), TheNumber(value, "recorded_at"),
          String(value, "detail")};
}

Leaf ReadLeaf(const Json& value) {
  Leaf leaf;
  leaf.salt = FromHex<sizeof(store::Salt)>(String(value, "salt"));
  if (Member(value, "damaged") != nullptr) {
    leaf.damaged = FromHex<sizeof(store::LogHash)>(String(value, "damaged"));
  }
  const std::int64_t bytes = Number(value, "bytes").value_or(0);
  if (bytes < 0) throw std::runtime_error("\"bytes\" is negative");
  leaf.bytes = static_cast<std::size_t>(bytes);
  return leaf;
}

Missing ReadMissing(const Json& value) {
  constexpr std::size_t kDigits = 2 * sizeof(store::LogHash);
  Missing missing;
  missing.seq = TheNumber(value, "seq");
  const std::string all = String(value, "hashes");
  for (std::size_t at = 0; at < all.size(); at += kDigits) {
    missing.hashes.push_back(FromHex<sizeof(store::LogHash)>(
        std::string_view(all).substr(at, kDigits)));
  }
  return missing;
}

store::Doubt ReadDoubt(const Json& value) {
  return {TheNumber(value, "stream_id"), Number(value, "from_at"),
          TheNumber(value, "to_at")};
}

store::PrunedRow ReadPruned(const Json& value) {
  store::PrunedRow row;
  row.seq = TheNumber(value, "seq");
  row.before_at = Number(value, "before_at");
  row.before_seq = Number(value, "before_seq");
  row.keep = Number(value, "keep");
  row.reason = String(value, "reason");
  row.revisions = TheNumber(value, "revisions");
  row.objects = TheNumber(value, "objects");
  row.bytes = TheNumber(value, "bytes");
  row.at_object = TheNumber(value, "at_object");
  row.done = Flag(value, "done");
  if (const Json* resources = Member(value, "resources")) {
    for (const Json& id : *resources) {
      if (!id.is_number_integer()) {
        throw std::runtime_error("\"resources\" are no numbers");
      }
      row.resources.push_back(id.get<std::int64_t>());
    }
  }
  return row;
}

store::PrunedRv ReadPrunedRv(const Json& value) {
  return {TheNumber(value, "resource_id"), TheNumber(value, "epoch"),
          String(value, "rv")};
}

store::PrunedObjectRow ReadPrunedObject(const Json& value) {
  return {TheNumber(value, "object_id"), TheNumber(value, "from_at"),
          TheNumber(value, "before_at"), TheNumber(value, "before_seq"),
          String(value, "before_rv"),    TheNumber(value, "epoch")};
}

store::LogCheckpoint ReadCheckpoint(const Json& value) {
  return {TheNumber(value, "size"), TheNumber(value, "made_at"),
          FromHex<sizeof(store::LogHash)>(String(value, "root")),
          String(value, "note")};
}

End ReadEnd(const Json& value) {
  End end;
  end.lines = TheNumber(value, "lines");
  if (Member(value, "root") != nullptr) {
    end.root = FromHex<sizeof(store::LogHash)>(String(value, "root"));
  }
  end.sha256 = String(value, "sha256");
  return end;
}

}  // namespace kubescribe::travel
