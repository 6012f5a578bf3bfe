#include "store/dictionaries.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/test_switches.h"
#include "codec/digest.h"

namespace kubescribe::store {
namespace {

// None is made that is nearly so large.
constexpr std::size_t kLargest = std::size_t{1} << 20;

}  // namespace

std::shared_ptr<const codec::Dictionary> ShippedDictionary() {
  static const std::shared_ptr<const codec::Dictionary> shipped = [] {
    auto loaded =
        codec::Dictionary::Load(std::string(ShippedDictionaryBytes()));
    if (!loaded.ok() || (*loaded)->id() != kShippedDictionary) std::abort();
    return *std::move(loaded);
  }();
  return shipped;
}

const codec::Dictionary& Dictionaries::Get(std::int64_t id) {
  const auto known = loaded_.find(id);
  if (known != loaded_.end()) return *known->second;
  Query query(db_, "SELECT data FROM dictionary WHERE id = ?");
  if (!query.Bind(id).Step()) {
    throw std::runtime_error(fmt::format("its dictionary {} is missing", id));
  }
  const std::string_view bytes = query.Blob(0);
  if (bytes.size() > kLargest) {
    throw std::runtime_error(fmt::format(
        "its dictionary {} is damaged: {} bytes", id, bytes.size()));
  }
  std::shared_ptr<const codec::Dictionary> dictionary;
  if (id == kShippedDictionary && bytes == ShippedDictionaryBytes()) {
    dictionary = ShippedDictionary();
  } else {
    auto loaded = codec::Dictionary::Load(std::string(bytes));
    if (!loaded.ok() || (*loaded)->id() != id) {
      throw std::runtime_error(fmt::format("its dictionary {} is damaged", id));
    }
    dictionary = *std::move(loaded);
  }
  return *loaded_.emplace(id, std::move(dictionary)).first->second;
}

std::shared_ptr<const codec::Dictionary> Dictionaries::Current(Micros now) {
  if (current_ != nullptr) return current_;
  const std::int64_t newest =
      db_.Int("SELECT coalesce(max(id), 0) FROM dictionary");
  if (newest != 0) {
    Get(newest);
    current_ = loaded_.at(newest);
  } else {
    Add(ShippedDictionary(), now, 0);
  }
  return current_;
}

std::uint32_t Dictionaries::NextId() {
  const std::int64_t newest =
      db_.Int("SELECT coalesce(max(id), 0) FROM dictionary");
  return std::max(kFirstTrained, static_cast<std::uint32_t>(newest) + 1);
}

Seq Dictionaries::TrainedTo() {
  return db_.Int("SELECT coalesce(max(trained_to), 0) FROM dictionary");
}

void Dictionaries::Add(std::shared_ptr<const codec::Dictionary> dictionary,
                       Micros now, Seq trained_to) {
  const std::int64_t id = dictionary->id();
  Query(db_,
        "INSERT INTO dictionary (id, made_at, trained_to, data) "
        "VALUES (?, ?, ?, ?)")
      .Bind(id, now, trained_to, codec::AsBytes(dictionary->bytes()))
      .Run();
  KUBESCRIBE_KILL_POINT("dictionary.row");
  // Those before it are not written with any more, and their tables are large.
  loaded_.clear();
  loaded_[id] = dictionary;
  current_ = std::move(dictionary);
}

}  // namespace kubescribe::store
