// make_history FILE RECORDS: a file with a made-up history, much faster than
// recording one; for tests/bench/run.
//
// Twenty records a second, of a time as long as that takes. Throughout:
//   - 10 000 Pods in 100 namespaces, all there from the beginning on and to the
//     end, that change now and then;
//   - Pods that live about ten minutes, in the same namespaces;
//   - Events of one second in one namespace, a tenth of RECORDS of them;
//   - one ConfigMap that has 30 % of all revisions.
// So what is alive at a time is the same however long the history is.
//
// The rows are written with plain SQL, without syncs, in large transactions;
// what finds lives by the recorder's own code. A file cut off is worth nothing.

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <queue>
#include <string>
#include <vector>

#include "base/random.h"
#include "codec/digest.h"
#include "codec/zstd.h"
#include "store/db.h"
#include "store/lifetimes.h"
#include "store/packed.h"
#include "store/salts.h"
#include "store/writer.h"

namespace kubescribe::store {
namespace {

constexpr Micros kBegin = 1'700'000'000 * kSecond;
constexpr Micros kStep = kSecond / 20;
constexpr int kPods = 10000;
constexpr int kNamespaces = 100;
constexpr int kTransaction = 200'000;

class BeginClock final : public Clock {
 public:
  Micros Wall() const override { return kBegin; }
  Micros Mono() const override { return 0; }
};

class History {
 public:
  explicit History(const std::string& path)
      : db_(path, SQLite::OPEN_READWRITE, 0, ""), lifetimes_(db_, kBegin) {
    codec::Compressor compressor;
    for (int i = 0; i < 8; ++i) {
      const std::string body = fmt::format(
          R"({{"kind":"Pod","apiVersion":"v1","metadata":{{"labels":{{"n":"{}"}},)"
          R"("name":"pod"}},"status":{{"phase":"Running"}}}})",
          i);
      raw_size_.push_back(static_cast<std::int64_t>(body.size()));
      bodies_.emplace_back(compressor.Compress(body));
    }
    db_.Exec(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
        "PRAGMA cache_size = -1000000; BEGIN");
  }

  void Write(std::int64_t records) {
    for (int i = 0; i < kPods; ++i) {
      pods_.push_back(Add(1, fmt::format("ns{}", i % kNamespaces)));
    }
    const std::int64_t busy = Add(3, "kube-system");
    while (seq_ < records) {
      now_ += kStep;
      if (!deaths_.empty() && deaths_.top().first <= now_) {
        const std::int64_t object = deaths_.top().second;
        deaths_.pop();
        Put(object, Event::kDeleted);
        continue;
      }
      const std::uint64_t dice = random_.Below(1000);
      if (dice < 375) {  // of the eight tenths that are no deaths
        Put(busy, Event::kModified);
      } else if (dice < 500) {
        deaths_.emplace(now_ + kSecond, Add(2, "noisy"));
      } else if (dice < 560) {
        const std::int64_t object =
            Add(1, fmt::format("ns{}", random_.Below(kNamespaces)));
        recent_[random_.Below(recent_.size())] = object;
        deaths_.emplace(
            now_ + static_cast<Micros>(random_.Below(20)) * kMinute + kSecond,
            object);
      } else if (dice < 700) {
        const std::int64_t object = recent_[random_.Below(recent_.size())];
        if (object == 0 || !lifetimes_.Of(object).alive) continue;
        Put(object, Event::kModified);
      } else {
        Put(pods_[random_.Below(pods_.size())], Event::kModified);
      }
    }
    Query(db_, "UPDATE meta SET last_seq = ?, known_until = ?, clean_stop = 1")
        .Bind(seq_, now_)
        .Run();
    db_.Exec("COMMIT");
  }

 private:
  std::int64_t Add(std::int64_t resource, const std::string& name_space) {
    const std::string name = fmt::format("object-{}", ++objects_);
    Query(db_,
          "INSERT INTO object (id, resource_id, stream_id, namespace, name, "
          "uid_packed) VALUES (?, ?, ?, ?, ?, ?)")
        .Bind(objects_, resource, resource, name_space, name, name)
        .Run();
    Put(objects_, Event::kAdded);
    return objects_;
  }

  void Put(std::int64_t object, Event event) {
    const std::string rv = std::to_string(++seq_);
    static const std::string kNone;
    static const std::string kVersion = "v1";
    Query(db_,
          "INSERT INTO revision (seq, object_id, stream_id, epoch, traits, "
          "rv_packed, list_rv, api_version, recorded_packed, changed_lag, "
          "salt) SELECT ?1, id, stream_id, 1, ?3, ?1, ?4, ?5, ?6, 0, ?7 "
          "FROM object WHERE id = ?2")
        .Bind(seq_, object,
              PackTraits(event, Source::kWatch, Evidence::kReceived, false,
                         BodyKind::kFull),
              kNone, kVersion, PackTime(now_), salts_.OfRevision(seq_).stored)
        .Run();
    const std::size_t body = static_cast<std::size_t>(seq_) % bodies_.size();
    Query(db_,
          "INSERT INTO body (seq, encoding, raw_size, data) "
          "VALUES (?, 1, ?, ?)")
        .Bind(seq_, raw_size_[body], codec::AsBytes(bodies_[body]))
        .Run();
    lifetimes_.Advance(object, lifetimes_.Of(object),
                       {seq_, event, rv, 1, now_, now_});
    if (seq_ % kTransaction == 0) db_.Exec("COMMIT; BEGIN");
  }

  Db db_;
  Lifetimes lifetimes_;
  SeededRandom random_{5};
  SeededSalts salts_{db_, random_};
  Micros now_ = kBegin + kSecond;
  Seq seq_ = 0;
  std::int64_t objects_ = 0;
  std::vector<std::string> bodies_;
  std::vector<std::int64_t> raw_size_;
  std::vector<std::int64_t> pods_;
  std::vector<std::int64_t> recent_ = std::vector<std::int64_t>(300);
  using Death = std::pair<Micros, std::int64_t>;
  std::priority_queue<Death, std::vector<Death>, std::greater<>> deaths_;
};

int Main(const std::string& path, std::int64_t records) {
  static const BeginClock clock;
  OpenOptions options;
  options.cluster = "bench";
  options.clock = &clock;
  auto writer = Writer::Open(path, options);
  Status done = writer.ok() ? Status() : Status(writer.error());
  if (done.ok()) {
    done = (*writer)->Transact([](Transaction& tx) {
      for (const auto& [name, kind] :
           {std::pair{"pods", "Pod"}, std::pair{"events", "Event"},
            std::pair{"configmaps", "ConfigMap"}}) {
        tx.EnsureStream({"", name, "", "", ""},
                        tx.EnsureResource("", name, kind, true));
      }
    });
  }
  if (done.ok() && !(*writer)->CloseCleanly().ok()) return EXIT_FAILURE;
  if (!done.ok()) {
    std::cerr << "make_history: " << done.error().message() << "\n";
    return EXIT_FAILURE;
  }
  writer->reset();
  History(path).Write(records);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kubescribe::store

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_history FILE RECORDS\n";
    return EXIT_FAILURE;
  }
  try {
    return kubescribe::store::Main(argv[1], std::strtoll(argv[2], nullptr, 10));
  } catch (const std::exception& exception) {
    std::cerr << "make_history: " << exception.what() << "\n";
    return EXIT_FAILURE;
  }
}
