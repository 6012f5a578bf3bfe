// Faults of the disk (reliability G8, T3): the k-th operation fails, for every
// k that a short script has, once and from then on. The writer answers with an
// error and never again with anything else; the file stays readable with all
// that was acknowledged; a new writer goes on.

#include <algorithm>

#include "fakes/fault_vfs.h"
#include "scripted_pods.h"
#include "store_fixture.h"

namespace kubescribe::store {
namespace {

using fakes::DiskFault;

constexpr int kTransactions = 4;

struct Case {
  const char* name;
  DiskFault fault;
  bool persistent;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class FaultTest : public StoreTest, public testing::WithParamInterface<Case> {
 protected:
  // Runs the script from where the file stands until something fails; answers
  // how many transactions were acknowledged, the file's earlier ones included.
  int RunScript(Status* failed) {
    auto writer = Writer::Open(path_, options_);
    if (!writer.ok()) {
      *failed = writer.error();
      return 0;
    }
    int acknowledged = 0;
    for (int k = 1; k <= kTransactions && failed->ok(); ++k) {
      *failed = script_.Run(**writer, k);
      if (failed->ok()) acknowledged = k;
      if (failed->ok() && k % 2 == 0) *failed = (*writer)->Checkpoint();
    }
    if (failed->ok()) {
      const auto closed = (*writer)->CloseCleanly();
      if (!closed.ok()) *failed = closed.error();
    }
    if (!failed->ok()) {
      // Broken for good, whatever the disk does now.
      const Status again = (*writer)->Transact([](Transaction&) {});
      EXPECT_FALSE(again.ok());
      if (!again.ok()) {
        EXPECT_EQ(again.error().message(), failed->error().message());
      }
    }
    return acknowledged;
  }

  void CheckAndGoOn(int acknowledged) {
    if (std::filesystem::exists(path_)) {
      const auto reader = Reader::Open(path_);
      if (!reader.ok()) {
        EXPECT_EQ(acknowledged, 0) << reader.error().message();
      } else {
        EXPECT_GE((*reader)->info().last_seq,
                  script_.After(acknowledged).revisions);
        EXPECT_LE(
            (*reader)->info().last_seq,
            script_.After(std::min(acknowledged + 1, kTransactions)).revisions);
      }
    }
    OpenOptions options = options_;
    options.vfs = "";
    auto writer = Writer::Open(path_, options);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    const int position = ScriptedPods::Position(**writer);
    EXPECT_GE(position, acknowledged);
    EXPECT_LE(position, acknowledged + 1);
    for (int k = position + 1; k <= kTransactions; ++k) {
      ASSERT_TRUE(script_.Run(**writer, k).ok());
    }
    const auto closed = (*writer)->CloseCleanly();
    ASSERT_TRUE(closed.ok()) << closed.error().message();
    EXPECT_TRUE(*closed);
    writer->reset();
    EXPECT_EQ(MustRead()->info().last_seq,
              script_.After(kTransactions).revisions);
  }

  ScriptedPods script_{kTransactions};
};

TEST_P(FaultTest, EveryOperationMayFailAndNothingIsLost) {
  fakes::FaultVfs faults("faulty");
  options_.vfs = "faulty";
  const int step = std::max(1, static_cast<int>(1 / TestScale()));
  int k = 1;
  for (;; k += step) {
    const TempFolder folder(FastFolder());
    path_ = folder / "test.db";
    SCOPED_TRACE("operation " + std::to_string(k));
    faults.Arm(GetParam().fault, k, GetParam().persistent);
    Status failed;
    const int acknowledged = RunScript(&failed);
    const bool hit = faults.hit();
    faults.Disarm();
    if (!hit) {
      EXPECT_TRUE(failed.ok()) << failed.error().message();
      break;
    }
    ASSERT_NO_FATAL_FAILURE(CheckAndGoOn(acknowledged));
    if (HasFailure()) break;
  }
  EXPECT_GT(k, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultTest,
    testing::Values(Case{"ReadOnce", DiskFault::kRead, false},
                    Case{"ReadForever", DiskFault::kRead, true},
                    Case{"WriteOnce", DiskFault::kWrite, false},
                    Case{"WriteForever", DiskFault::kWrite, true},
                    Case{"NoSpaceOnce", DiskFault::kNoSpace, false},
                    Case{"NoSpaceForever", DiskFault::kNoSpace, true},
                    Case{"ShortWriteOnce", DiskFault::kShortWrite, false},
                    Case{"ShortWriteForever", DiskFault::kShortWrite, true},
                    Case{"SyncOnce", DiskFault::kSync, false},
                    Case{"SyncForever", DiskFault::kSync, true}),
    [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(FaultCodes, AFullDiskIsToldFromABrokenOne) {
  TempFolder folder;
  fakes::FaultVfs faults("faulty");
  const ScriptedPods script(1);
  for (const auto& [fault, code] :
       {std::pair{DiskFault::kNoSpace, Code::kNoSpace},
        std::pair{DiskFault::kWrite, Code::kIo},
        std::pair{DiskFault::kSync, Code::kIo}}) {
    OpenOptions options;
    options.cluster = "test";
    options.vfs = "faulty";
    auto writer = Writer::Open(folder / "test.db", options);
    ASSERT_TRUE(writer.ok());
    faults.Arm(fault, 1, true);
    const Status failed = script.Run(**writer, 1);
    faults.Disarm();
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(CodeName(failed.error().code()), CodeName(code))
        << failed.error().message();
  }
}

}  // namespace
}  // namespace kubescribe::store
