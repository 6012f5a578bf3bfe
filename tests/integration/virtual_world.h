// VirtualWorld: a whole recorder, its cluster, the network between them and the
// disk below, in one thread, in virtual time and from one seed. Hours take a
// moment, and what went wrong once goes wrong again.
//
//   VirtualWorld world(7);
//   world.StartRecorder();
//   world.sim().Apply("configmaps", ...);
//   world.Advance(10 * kSecond);
//   world.KillInCommit();
//   world.StartRecorder();
//   EXPECT_EQ(world.Settle(kMinute), "");
//   EXPECT_THAT(world.Violations(), IsEmpty());
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "config/config.h"
#include "fakes/fault_vfs.h"
#include "fakes/manual_scheduler.h"
#include "fakes/sim_cluster.h"
#include "fakes/virtual_net.h"
#include "kubescribed/cluster_runner.h"
#include "record/redact.h"
#include "record/signing_key.h"
#include "store/reader.h"
#include "watch/frame_budget.h"

namespace kubescribe::integration {

// So long until an audit has found what nobody saw: the recorder audits each
// two minutes, and puts off what is changing. What was kept from a stream is
// found by the second audit.
constexpr Micros kAudited = 8 * kMinute;

class VirtualWorld {
 public:
  explicit VirtualWorld(std::uint64_t seed);
  ~VirtualWorld();
  VirtualWorld(const VirtualWorld&) = delete;
  VirtualWorld& operator=(const VirtualWorld&) = delete;

  // The kinds that are recorded, beside CRDs and APIServices.
  static const std::vector<std::string>& Kinds();

  fakes::SimCluster& sim() { return *sim_; }
  fakes::ManualScheduler& time() { return time_; }
  fakes::VirtualNet& net() { return net_; }
  fakes::FaultVfs& disk() { return disk_; }
  // For the test's own decisions.
  SeededRandom& random() { return random_; }

  bool recorder_running() const { return runner_ != nullptr; }
  void StartRecorder();
  // As kill -9 between two system calls; nothing when none runs.
  void KillRecorder();
  // The same within the next commits: the disk takes `operations` more writes
  // and syncs, and then the process is gone. False: it lived through `limit`.
  bool KillInCommit(int operations, Micros limit);
  // In order; killed where it cannot write just now.
  void StopRecorder();

  // Lets time pass; the recorder's writer gets its turns unless it is stuck.
  void Advance(Micros by);
  void set_writer_stuck(bool stuck) { writer_stuck_ = stuck; }

  std::unique_ptr<store::Reader> Read() const;
  // Advances until the record shows what the cluster now holds, and every
  // stream stands where the last write was. "" or what is missing.
  std::string Settle(Micros limit);
  std::vector<std::string> Violations() const;
  // As "resource:cause", without `start`.
  std::vector<std::string> Gaps() const;
  // Everything that was recorded and when, to compare runs.
  std::string Trace() const;

 private:
  std::string Missing() const;
  std::string Database() const;

  SeededRandom random_;
  std::string dir_;
  fakes::ManualScheduler time_;
  fakes::VirtualNet net_;
  std::unique_ptr<fakes::SimCluster> sim_;
  const std::string vfs_;
  fakes::FaultVfs disk_;
  record::RedactionKey key_;
  record::SigningKeys signing_;
  std::shared_ptr<const config::Config> config_;
  SeededRandom recorder_random_;
  std::unique_ptr<watch::FrameBudget> frames_;
  std::unique_ptr<daemon::ClusterRunner> runner_;
  bool writer_stuck_ = false;
};

}  // namespace kubescribe::integration
