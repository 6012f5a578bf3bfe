// record_stream STREAM FOLDER: the recorder's whole way from the bytes
// of a watch to what is committed, in one thread and without a network: the
// events in STREAM (as a watch of Pods answers them, one JSON object each) are
// framed, read, redacted and recorded into FOLDER/stream.db, 300 a transaction.
// Prints one line of JSON: revisions, CPU in us and bytes of each, raw bytes.
//
// What it executes is the same each time, so that `perf stat -e instructions:u`
// tells two builds apart on a busy machine.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "kube/event.h"
#include "kube/framer.h"
#include "record/recorder.h"

namespace kubescribe::record {
namespace {

constexpr std::size_t kBatch = 300;
// What one read of the network brings.
constexpr std::size_t kPiece = std::size_t{16} << 10;

class StreamClock final : public Clock {
 public:
  Micros Wall() const override { return wall; }
  Micros Mono() const override { return wall; }
  Micros wall = 1'700'000'000 * kSecond;
};

double CpuMicros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 +
           static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

class Feeder final : private kube::Framer::Sink {
 public:
  Feeder(Recorder& recorder, StreamClock& clock, kube::StreamId stream)
      : recorder_(recorder), clock_(clock), stream_(stream) {}

  bool Feed(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
      if (!framer_.Feed(bytes.substr(at, kPiece), *this).ok()) return false;
    }
    Commit();
    return good_;
  }

 private:
  void OnFrame(std::string_view text) override {
    Result<kube::Frame> frame = reader_.ReadFrame(text);
    if (!frame.ok() || frame->type > kube::FrameType::kDeleted) {
      good_ = good_ && frame.ok();
      return;
    }
    kube::Observation seen;
    seen.kind = kube::Observation::Kind::kEvent;
    seen.stream = stream_;
    seen.type = static_cast<kube::WatchType>(frame->type);
    seen.head = std::move(frame->head);
    seen.body = frame->object;
    seen.received_at = clock_.wall;
    seen.flowing = true;
    recorder_.Offer(std::move(seen));
    if (++waiting_ >= kBatch) Commit();
  }
  void OnLongPiece(std::string_view /*bytes*/) override { good_ = false; }
  void OnLongEnd(std::uint64_t /*size*/) override {}

  void Commit() {
    clock_.wall += 50 * kMillisecond;
    while (waiting_ > 0) {
      const std::size_t done = recorder_.Step(0);
      if (done == 0) good_ = false;
      waiting_ -= std::min(waiting_, done == 0 ? waiting_ : done);
    }
  }

  Recorder& recorder_;
  StreamClock& clock_;
  const kube::StreamId stream_;
  kube::EventReader reader_;
  kube::Framer framer_{std::size_t{16} << 20};
  std::size_t waiting_ = 0;
  bool good_ = true;
};

int Run(const std::string& stream, const std::string& folder) {
  std::ifstream in(stream, std::ios::binary);
  std::string bytes(std::filesystem::file_size(stream), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  StreamClock clock;
  SeededRandom random(1);
  RecorderOptions options;
  options.cluster = "bench";
  options.path = folder + "/stream.db";
  options.store.cluster = "bench";
  options.store.identity = "bench";
  options.store.clock = &clock;
  options.store.random = &random;
  options.store.training = store::Training::kNever;
  options.batch_wait = 0;
  auto opened = Recorder::Open(
      options, Redactor(RedactionKey::FromBytes({1, 2, 3}), "bench", {}), {});
  if (!opened.ok() || !(*opened)->Begin().ok()) return EXIT_FAILURE;
  Recorder& recorder = **opened;
  StreamSpec spec;
  spec.key.resource = "pods";
  spec.kind = "Pod";
  spec.namespaced = true;
  spec.api_version = "v1";
  const auto row = recorder.AddStream(spec);
  if (!row.ok()) return EXIT_FAILURE;
  for (const auto kind :
       {kube::Observation::Kind::kListBegin, kube::Observation::Kind::kListEnd,
        kube::Observation::Kind::kFlowing}) {
    kube::Observation seen;
    seen.kind = kind;
    seen.stream = row->id;
    seen.received_at = clock.wall;
    if (kind == kube::Observation::Kind::kListEnd) seen.rv = "1";
    recorder.Offer(std::move(seen));
  }
  while (recorder.Step(0) > 0) {
  }
  const double before = CpuMicros();
  if (!Feeder(recorder, clock, row->id).Feed(bytes)) {
    std::cerr << "record_stream: " << recorder.stats().error << "\n";
    return EXIT_FAILURE;
  }
  const double cpu = CpuMicros() - before;
  const auto count = static_cast<double>(recorder.stats().revisions);
  if (!recorder.Stop(kSecond).ok()) return EXIT_FAILURE;
  opened->reset();
  const auto size =
      static_cast<double>(std::filesystem::file_size(options.path));
  std::cout << fmt::format(
      "{{\"revisions\":{:.0f},\"cpu\":{:.1f},\"bytes\":{:.1f},"
      "\"raw\":{:.0f}}}\n",
      count, cpu / count, size / count,
      static_cast<double>(bytes.size()) / count);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kubescribe::record

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: record_stream STREAM FOLDER\n";
    return 2;
  }
  return kubescribe::record::Run(argv[1], argv[2]);
}
