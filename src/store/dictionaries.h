// The dictionaries of one file, through one of its connections. Private to
// store; throws SQLite::Exception and std::runtime_error (damaged).
//
// One thread; the dictionaries themselves may be shared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "codec/dictionary.h"
#include "store/db.h"
#include "store/types.h"

namespace kubescribe::store {

// The dictionary that the program ships (schema/dictionaries). A file gets it
// as a row with the first frame that is made with it.
inline constexpr std::uint32_t kShippedDictionary = 32768;
// Trained ones have ids from here on; those below are for shipped ones.
inline constexpr std::uint32_t kFirstTrained = 32800;
std::string_view ShippedDictionaryBytes();
// Loaded once a process, since its tables take a megabyte.
std::shared_ptr<const codec::Dictionary> ShippedDictionary();

class Dictionaries {
 public:
  explicit Dictionaries(Db& db) : db_(db) {}

  // The row of that id, loaded once.
  const codec::Dictionary& Get(std::int64_t id);

  // For the writer: the newest one, which new keyframes use. Where the file has
  // none, the shipped one becomes a row of the time `now`.
  std::shared_ptr<const codec::Dictionary> Current(Micros now);
  // The same where this connection has used one; else null.
  std::shared_ptr<const codec::Dictionary> current() const { return current_; }
  // The id of the next one that is trained.
  std::uint32_t NextId();
  // The highest record that any was trained on; 0: none was.
  Seq TrainedTo();
  // A new row, which Current answers from now on.
  void Add(std::shared_ptr<const codec::Dictionary> dictionary, Micros now,
           Seq trained_to);
  // Rows may be gone again.
  void Forget() {
    loaded_.clear();
    current_.reset();
  }

 private:
  Db& db_;
  std::map<std::int64_t, std::shared_ptr<const codec::Dictionary>> loaded_;
  std::shared_ptr<const codec::Dictionary> current_;
};

}  // namespace kubescribe::store
