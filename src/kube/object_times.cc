#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "kube/event.h"
#include "kube/user_time.h"

namespace kubescribe::kube {
namespace {

namespace od = simdjson::ondemand;

std::optional<Micros> ReadTime(od::value& value) {
  std::string_view text;
  if (value.get_string().get(text)) return std::nullopt;
  return ParseRfc3339(text);
}

// The newest time; an entry that is not understood is left out.
std::optional<Micros> NewestManaged(od::value& value) {
  std::optional<Micros> newest;
  od::array entries;
  if (value.get_array().get(entries)) return newest;
  for (auto entry : entries) {
    od::object fields;
    if (entry.get_object().get(fields)) return newest;
    for (auto item : fields) {
      od::field field;
      std::string_view key;
      if (std::move(item).get(field)) return newest;
      if (field.unescaped_key().get(key)) return newest;
      if (key != "time") continue;
      const std::optional<Micros> time = ReadTime(field.value());
      if (time) newest = std::max(newest.value_or(*time), *time);
    }
  }
  return newest;
}

// A parser and a copy of the text with room behind it, kept for the next object
// unless one was very large.
struct Scratch {
  od::parser parser;
  std::vector<char> text;

  simdjson::padded_string_view Padded(std::string_view object) {
    constexpr std::size_t kKeep = std::size_t{128} << 10;
    if (object.size() <= kKeep && text.size() > 2 * kKeep) *this = Scratch();
    const std::size_t needed = object.size() + simdjson::SIMDJSON_PADDING;
    if (text.size() < needed) text.resize(needed);
    std::copy(object.begin(), object.end(), text.begin());
    return simdjson::padded_string_view(text.data(), object.size(),
                                        text.size());
  }
};

}  // namespace

ObjectTimes ReadObjectTimes(std::string_view object) {
  thread_local Scratch scratch;
  ObjectTimes times;
  const simdjson::padded_string_view padded = scratch.Padded(object);
  od::document document;
  od::object metadata;
  if (scratch.parser.iterate(padded).get(document)) return times;
  if (document["metadata"].get_object().get(metadata)) return times;
  std::optional<Micros> deletion;
  std::int64_t grace = 0;
  for (auto item : metadata) {
    od::field field;
    std::string_view key;
    if (std::move(item).get(field)) break;
    if (field.unescaped_key().get(key)) break;
    if (key == "creationTimestamp") {
      times.created = ReadTime(field.value());
    } else if (key == "deletionTimestamp") {
      deletion = ReadTime(field.value());
    } else if (key == "deletionGracePeriodSeconds") {
      if (field.value().get_int64().get(grace)) grace = 0;
    } else if (key == "managedFields") {
      times.managed = NewestManaged(field.value());
    }
  }
  // A grace of more than a century is no grace.
  constexpr std::int64_t kMaxGrace = std::int64_t{100} * 366 * 86400;
  if (deletion && grace >= 0 && grace < kMaxGrace) {
    times.delete_requested = *deletion - grace * kSecond;
  }
  return times;
}

}  // namespace kubescribe::kube
