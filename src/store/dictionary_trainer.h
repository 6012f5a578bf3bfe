// DictionaryTrainer: makes a dictionary of a file's own keyframes, beside the
// writer (schema/formats/dictionary.md). Private to store.
//
// It is due after 4096 records, and again whenever there are eight times as
// many as at the last one: what comes first into a file is not what is in it
// later. Reading and training take a third of a second and some 15 MB, so they
// have a thread of their own, and only one in the process at a time. The writer
// puts what comes of it into its next transaction.
//
// One thread uses it. Its end waits for the training that is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "codec/dictionary.h"
#include "store/types.h"
#include "store/writer.h"

namespace kubescribe::store {

inline constexpr Seq kFirstTraining = 4096;
inline constexpr Seq kTrainingGrowth = 8;

struct Trained {
  std::shared_ptr<const codec::Dictionary> dictionary;
  Seq to = 0;
};

// Trains on the keyframes of the file at `path` up to the record `last`. None:
// there are too few, it was stopped, or what came of it is not a twentieth
// better than `current` on keyframes that it was not trained on.
std::optional<Trained> TrainOnFile(
    const std::string& path, Seq last, std::uint32_t id,
    const std::shared_ptr<const codec::Dictionary>& current,
    const std::stop_token& stop);

class DictionaryTrainer {
 public:
  DictionaryTrainer(std::string path, Training how)
      : path_(std::move(path)), how_(how) {}

  // After a commit: would a training be due, with so many records, where the
  // newest dictionary was trained on so many?
  bool Due(Seq last, Seq trained_to) const;
  // REQUIRES: Due. The dictionary gets this id; `current` is what it must beat.
  void Start(Seq last, std::uint32_t id,
             std::shared_ptr<const codec::Dictionary> current);
  // What came of the last one, once.
  std::optional<Trained> Take();

 private:
  const std::string path_;
  const Training how_;
  Seq tried_at_ = 0;  // last at the last Start
  std::mutex mutex_;
  bool running_ = false;
  std::optional<Trained> done_;
  std::jthread thread_;  // last: it is joined before the rest goes
};

}  // namespace kubescribe::store
