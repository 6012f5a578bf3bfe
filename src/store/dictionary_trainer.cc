#include "store/dictionary_trainer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "codec/zstd.h"
#include "store/body_reader.h"
#include "store/db.h"

namespace kubescribe::store {
namespace {

constexpr std::size_t kDictionarySize = std::size_t{64} << 10;
// zstd advises a hundred times the dictionary; a third of that is as good here
// and takes a third of the time.
constexpr std::size_t kSampleBytes = std::size_t{2} << 20;
constexpr std::int64_t kLargestSample = std::int64_t{32} << 10;
constexpr Seq kMostSamples = 1500;
constexpr std::size_t kFewestSamples = 100;
// Every so manieth sample is to judge by.
constexpr std::size_t kHeldOut = 4;

struct Samples {
  std::vector<std::string> train;
  std::vector<std::string> judge;
};

// Keyframes from all over the file: they are what a dictionary is used for.
Samples ReadSamples(const std::string& path, Seq last,
                    const std::stop_token& stop) {
  Samples samples;
  Db db(path, SQLite::OPEN_READONLY, kBusyMs, "");
  db.Harden();
  db.Exec("BEGIN");
  BodyReader bodies(db, nullptr);
  const Seq step = std::max<Seq>(1, last / kMostSamples);
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (Seq from = 1; from <= last && bytes < kSampleBytes;) {
    if (stop.stop_requested()) return {};
    Seq seq = 0;
    {
      Query next(db,
                 "SELECT seq FROM body WHERE seq >= ? AND base IS NULL "
                 "AND raw_size <= ? ORDER BY seq LIMIT 1");
      if (!next.Bind(from, kLargestSample).Step()) break;
      seq = next.Int(0);
    }
    std::string body = bodies.Read(seq).value_or("");
    bytes += body.size();
    (++count % kHeldOut == 0 ? samples.judge : samples.train)
        .push_back(std::move(body));
    from = std::max(from + step, seq + 1);
  }
  return samples;
}

// Only one training in the process at a time: many clusters come to it in the
// same minute.
class Turn {
 public:
  // Waits for it, or until it is not wanted any more.
  explicit Turn(const std::stop_token& stop) {
    std::unique_lock<std::mutex> lock(mutex_);
    mine_ = freed_.wait(lock, stop, [] { return !taken_; });
    if (mine_) taken_ = true;
  }
  ~Turn() {
    if (!mine_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    taken_ = false;
    freed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool mine() const { return mine_; }

 private:
  inline static std::mutex mutex_;
  inline static std::condition_variable_any freed_;
  inline static bool taken_ = false;  // guarded by mutex_
  bool mine_ = false;
};

std::size_t SizeWith(const codec::Dictionary& dictionary,
                     const std::vector<std::string>& samples) {
  codec::Compressor compressor;
  std::size_t size = 0;
  for (const std::string& sample : samples) {
    size += compressor.Compress(sample, dictionary).size();
  }
  return size;
}

}  // namespace

std::optional<Trained> TrainOnFile(
    const std::string& path, Seq last, std::uint32_t id,
    const std::shared_ptr<const codec::Dictionary>& current,
    const std::stop_token& stop) {
  const Turn turn(stop);
  if (!turn.mine()) return std::nullopt;
  try {
    Samples samples = ReadSamples(path, last, stop);
    if (samples.train.size() < kFewestSamples || stop.stop_requested()) {
      return std::nullopt;
    }
    auto bytes =
        codec::TrainDictionary(std::move(samples.train), kDictionarySize, id);
    if (!bytes.ok()) return std::nullopt;
    auto loaded = codec::Dictionary::Load(*std::move(bytes));
    if (!loaded.ok()) return std::nullopt;
    const std::size_t now = SizeWith(*current, samples.judge);
    const std::size_t then = SizeWith(**loaded, samples.judge);
    if (then > now - now / 20) return std::nullopt;
    return Trained{*std::move(loaded), last};
  } catch (const std::exception&) {
    // The file cannot be read just now, or is damaged: whoever needs what it
    // holds will say so. Recording goes on with the dictionary there is.
    return std::nullopt;
  }
}

bool DictionaryTrainer::Due(Seq last, Seq trained_to) const {
  if (how_ == Training::kNever) return false;
  const Seq before = std::max(trained_to, tried_at_);
  return last >= std::max(kFirstTraining, before * kTrainingGrowth);
}

void DictionaryTrainer::Start(
    Seq last, std::uint32_t id,
    std::shared_ptr<const codec::Dictionary> current) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (running_ || done_) return;
    running_ = true;
  }
  tried_at_ = last;
  const auto train = [this, last, id, current = std::move(current)](
                         const std::stop_token& stop) {
    std::optional<Trained> trained =
        TrainOnFile(path_, last, id, current, stop);
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = std::move(trained);
    running_ = false;
  };
  if (how_ == Training::kAtOnce) {
    train({});
  } else {
    thread_ = std::jthread(train);
  }
}

std::optional<Trained> DictionaryTrainer::Take() {
  if (how_ == Training::kNever) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(done_, std::nullopt);
}

}  // namespace kubescribe::store
