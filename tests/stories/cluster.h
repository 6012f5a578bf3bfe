// One cluster of a story: what its server holds, and a real Recorder that is
// told of it as `watch` would tell it, without a thread. What is offered is
// committed by Commit, in one transaction.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "kube/discovery.h"
#include "record/recorder.h"
#include "stories/objects.h"
#include "stories/script.h"

namespace kubescribe::stories {

// Wall and monotonic time go on together, but for a step.
class StoryClock final : public Clock {
 public:
  Micros Wall() const override { return wall_; }
  Micros Mono() const override { return mono_; }
  void AdvanceTo(Micros wall) {
    mono_ += wall - wall_;
    wall_ = wall;
  }
  void StepTo(Micros wall) { wall_ = wall; }

 private:
  Micros wall_ = 0;
  Micros mono_ = kHour;
};

class StoryCluster {
 public:
  // Recorded into `data`. Both outlive it.
  StoryCluster(std::string name, std::string data, const StoryClock& clock)
      : name_(std::move(name)), data_(std::move(data)), clock_(clock) {}

  // As of a recorder that starts; again after Stop or Kill.
  Status Start();
  Status Stop();
  void Kill() { recorder_.reset(); }
  Status Commit();

  // Any other statement of world.h, its time aside. kInvalid says what is
  // wrong with it.
  Status Do(const Statement& statement);

 private:
  struct Stream {
    kube::ResourceInfo kind;
    record::StreamSpec spec;
    kube::StreamId id = 0;
    bool listed = false;
    bool flowing = false;
    std::optional<Micros> flowed_until;
  };
  // The words of a statement behind its verb.
  struct Words {
    std::string kind;
    std::string name;
    std::string by;
    std::string rv;
    std::string after;
  };

  static Result<Words> Read(const Statement& statement, bool named);
  Status Kinds(const Statement& statement);
  Status Open(Stream& stream);
  Result<Stream*> Find(const std::string& kind);

  Status List(Stream& stream, const Words& words, const Json& items);
  Status Event(Stream& stream, const std::string& verb, const Words& words,
               const Json& patch);
  Status Flow(Stream& stream, const std::string& verb);

  std::string NextRv(const std::string& wanted);
  kube::Observation Make(const Stream& stream,
                         kube::Observation::Kind kind) const;
  void OfferState(const Stream& stream, kube::StreamState state,
                  const std::string& message);
  void Halt(Stream& stream);

  const std::string name_;
  const std::string data_;
  const StoryClock& clock_;
  SeededRandom random_{7};
  std::unique_ptr<record::Recorder> recorder_;
  std::map<std::string, Stream> streams_;  // by "pods", "deployments.apps"
  Objects objects_;
  std::int64_t rv_ = 100;
};

}  // namespace kubescribe::stories
