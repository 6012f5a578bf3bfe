// The log under kill -9: whatever was signed and given out is under what is
// left, and what is left is a file that verifies.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "killed_child.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

class LogKillTest : public StoreTest {
 protected:
  LogKillTest() {
    options_.signer = codec::Ed25519Key::FromSeed({1, 2, 3});
    options_.synchronous_full = false;  // no power is lost
  }

  // Three hundred records, so that a tile becomes full; each checkpoint that is
  // given out is noted beside the file.
  bool WriteAll() {
    auto writer = Writer::Open(path_, options_);
    if (!writer.ok()) return false;
    std::ofstream given_out(path_ + ".notes", std::ios::app);
    for (int k = 0; k < 6; ++k) {
      const Status done = (*writer)->Transact([&](Transaction& tx) {
        for (int i = 0; i < 50; ++i) {
          PutPod(tx, std::to_string(i), std::to_string(++rv_));
        }
        StreamRow stream = PodStream(tx);
        stream.position = std::to_string(rv_);
        tx.PutStream(stream);
      });
      if (!done.ok()) return false;
      const auto checkpoint = (*writer)->SignCheckpoint();
      if (!checkpoint.ok()) return false;
      if (*checkpoint) given_out << (*checkpoint)->note << std::flush;
    }
    return (*writer)->CloseCleanly().ok();
  }

  std::string GivenOut() const {
    std::ostringstream text;
    text << std::ifstream(path_ + ".notes").rdbuf();
    return text.str();
  }

  void ExpectGood() const {
    const auto report = verify::Verify(path_, {GivenOut(), "", {}});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood)
        << (report->findings.empty() ? "" : report->findings[0].what)
        << (report->undecided.empty() ? "" : report->undecided[0]);
  }

  std::int64_t rv_ = 0;
};

TEST_F(LogKillTest, WhatWasGivenOutIsUnderWhatIsLeft) {
  for (const char* point :
       {"log.tile:1", "log.partial:1", "log.partial:5", "log.partial:7",
        "log.signed:1", "log.signed:3", "log.stored:1", "log.stored:3",
        "log.stored:6", "close.start:1", "close.marked:1"}) {
    SCOPED_TRACE(point);
    for (const char* suffix : {"", "-wal", "-shm", ".notes"}) {
      std::filesystem::remove(path_ + suffix);
    }
    ASSERT_NO_FATAL_FAILURE(
        KilledChild([this] { return WriteAll(); }).KillAt(point));
    ASSERT_NO_FATAL_FAILURE(ExpectGood());
    // The next one goes on, and its checkpoints with it.
    rv_ = 1000;
    ASSERT_TRUE(WriteAll());
    rv_ = 0;
    ASSERT_NO_FATAL_FAILURE(ExpectGood());
  }
}

}  // namespace
}  // namespace kubescribe::store

#endif  // KUBESCRIBE_TEST_SWITCHES
