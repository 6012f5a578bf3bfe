// What the tests of store share: a folder of their own, a clock that stands
// until it is moved, and a few rows to write.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "store/reader.h"
#include "store/writer.h"

namespace kubescribe::store {

class TestClock final : public Clock {
 public:
  Micros Wall() const override { return wall; }
  Micros Mono() const override { return mono; }
  void Advance(Micros by) {
    wall += by;
    mono += by;
  }
  Micros wall = 1'700'000'000 * kSecond;
  Micros mono = 5 * kSecond;
};

class TempFolder {
 public:
  // Within `parent`; "": where the system keeps temporary files.
  explicit TempFolder(const std::string& parent = "") {
    std::string name = ((parent.empty() ? std::filesystem::temp_directory_path()
                                        : std::filesystem::path(parent)) /
                        "kubescribe-XXXXXX")
                           .string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

// Where syncs cost nothing, for tests that open very many files; "" if there
// is no such place.
inline std::string FastFolder() {
  return std::filesystem::exists("/dev/shm") ? "/dev/shm" : "";
}

// The factor for expensive tests, from KUBESCRIBE_TEST_SCALE (default 1).
inline double TestScale() {
  const char* scale = std::getenv("KUBESCRIBE_TEST_SCALE");
  return scale == nullptr ? 1.0 : std::strtod(scale, nullptr);
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    options_.cluster = "test";
    options_.identity = "uid-1";
    options_.clock = &clock_;
    options_.random = &random_;
  }

  std::unique_ptr<Writer> MustOpen() {
    auto writer = Writer::Open(path_, options_);
    if (!writer.ok()) {
      ADD_FAILURE() << writer.error().message();
      std::abort();
    }
    return *std::move(writer);
  }
  // The error of an Open that must fail.
  Error OpenError() { return OpenError(path_); }
  Error OpenError(const std::string& path) {
    const auto writer = Writer::Open(path, options_);
    return writer.ok() ? Error(Code::kInvalid, "opened") : writer.error();
  }
  std::unique_ptr<Reader> MustRead(const std::string& path) {
    auto reader = Reader::Open(path);
    if (!reader.ok()) {
      ADD_FAILURE() << reader.error().message();
      std::abort();
    }
    return *std::move(reader);
  }
  std::unique_ptr<Reader> MustRead() { return MustRead(path_); }
  Error ReadError(const std::string& path) {
    const auto reader = Reader::Open(path);
    return reader.ok() ? Error(Code::kInvalid, "opened") : reader.error();
  }

  // Transacts and expects success; a second of time passes before.
  void Do(Writer& writer, const std::function<void(Transaction&)>& fn) {
    clock_.Advance(kSecond);
    const Status done = writer.Transact(fn);
    EXPECT_TRUE(done.ok()) << done.error().message();
  }

  // Makes the resource pods and its stream: ids 1 and 1 in a new file.
  static StreamRow PodStream(Transaction& tx) {
    const std::int64_t resource = tx.EnsureResource("", "pods", "Pod", true);
    return tx.EnsureStream({"", "pods", "", "", ""}, resource);
  }

  // One revision of the pod default/`uid`, found or made.
  static Seq PutPod(Transaction& tx, const std::string& uid,
                    const std::string& rv, Event event = Event::kModified,
                    const std::string& body = R"({"kind":"Pod"})") {
    const StreamRow stream = PodStream(tx);
    ObjectRow object;
    object.resource_id = stream.resource_id;
    object.stream_id = stream.id;
    object.name_space = "default";
    object.name = "pod-" + uid;
    object.uid = uid;
    const auto known = tx.FindObject(stream.resource_id, uid);
    NewRevision revision;
    revision.object_id = known ? known->id : tx.AddObject(object);
    revision.stream_id = stream.id;
    revision.epoch = stream.epoch;
    revision.event = event;
    revision.rv = rv;
    revision.api_version = "v1";
    revision.changed_at = tx.recorded_at();
    revision.body = body;
    return tx.AppendRevision(revision);
  }

  TempFolder folder_;
  std::string path_ = folder_ / "test.db";
  TestClock clock_;
  SeededRandom random_{7};
  OpenOptions options_;
};

}  // namespace kubescribe::store
