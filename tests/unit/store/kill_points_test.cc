// kill -9 at the named points of the writer (base/test_switches.h): a child
// runs the script and is killed; what it leaves must hold all that it had
// acknowledged, with rows and position together, and a new writer goes on.
//
// Only builds with the test switches have the points.
#ifdef KUBESCRIBE_TEST_SWITCHES

#include <fstream>

#include "killed_child.h"
#include "scripted_pods.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

constexpr int kKillTransactions = 4;

OpenOptions ScriptOptions() {
  OpenOptions options;
  options.cluster = "test";
  options.signer = codec::Ed25519Key::FromSeed({1, 2, 3});
  return options;
}

// How many records there are after transaction k: one is the key's.
Seq RecordsAfter(const ScriptedPods& script, int k) {
  return k == 0 ? 0 : 1 + script.After(k).revisions;
}

bool RunBackup(Writer& writer, const std::string& copy) {
  if (!writer.StartBackup(copy).ok()) return false;
  while (true) {
    const auto progress = writer.StepBackup(8);
    if (!progress.ok()) return false;
    if (progress->finished) return true;
  }
}

// What the child runs. False: something failed that should not.
bool RunScript(const ScriptedPods& script, const std::string& path) {
  auto writer = Writer::Open(path, ScriptOptions());
  if (!writer.ok()) return false;
  std::ofstream acknowledged(path + ".acknowledged");
  for (int k = 1; k <= kKillTransactions; ++k) {
    if (!script.Run(**writer, k).ok()) return false;
    acknowledged << "x" << std::flush;
    if (k == 2 && !(*writer)->Checkpoint().ok()) return false;
    if (k == 3 && !(*writer)->SignCheckpoint().ok()) return false;
    if (k == 3 && !RunBackup(**writer, path + ".copy")) return false;
  }
  return (*writer)->CloseCleanly().ok();
}

class KillPointsTest : public testing::Test {
 protected:
  KilledChild Script(const std::string& path) const {
    return KilledChild([this, path] { return RunScript(script_, path); });
  }

  void KillAt(const std::string& point) {
    SCOPED_TRACE(point);
    const TempFolder folder(FastFolder());
    const std::string path = folder / "test.db";
    ASSERT_NO_FATAL_FAILURE(Script(path).KillAt(point));
    std::error_code none;
    const auto size = std::filesystem::file_size(path + ".acknowledged", none);
    const int acknowledged = none ? 0 : static_cast<int>(size);

    if (std::filesystem::exists(path)) {
      const auto reader = Reader::Open(path);
      if (reader.ok()) {
        EXPECT_GE((*reader)->info().last_seq,
                  RecordsAfter(script_, acknowledged));
      } else {
        EXPECT_EQ(acknowledged, 0) << reader.error().message();
      }
    }
    // A copy has its name once it is whole.
    const std::string copy = path + ".copy";
    if (std::filesystem::exists(copy)) {
      const auto reader = Reader::Open(copy);
      ASSERT_TRUE(reader.ok()) << reader.error().message();
      EXPECT_EQ((*reader)->info().last_seq, RecordsAfter(script_, 3));
      ExpectGood(copy);
    }
    auto writer = Writer::Open(path, ScriptOptions());
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    const int position = ScriptedPods::Position(**writer);
    EXPECT_GE(position, acknowledged);
    EXPECT_LE(position, acknowledged + 1);
    // To ask for the position was a transaction: the key is recorded by now.
    EXPECT_EQ((*writer)->last_seq(), 1 + script_.After(position).revisions);
    for (int k = position + 1; k <= kKillTransactions; ++k) {
      ASSERT_TRUE(script_.Run(**writer, k).ok());
    }
    ASSERT_TRUE(*(*writer)->CloseCleanly());
    writer->reset();
    const auto reader = *Reader::Open(path);
    const Seq last = RecordsAfter(script_, kKillTransactions);
    EXPECT_EQ(reader->info().last_seq, last);
    std::int64_t bodies = 0;
    for (Seq seq = 1; seq <= last; ++seq) bodies += reader->Body(seq).ok();
    EXPECT_EQ(bodies, script_.After(kKillTransactions).revisions);
    ExpectGood(path);
  }

  static void ExpectGood(const std::string& path) {
    const auto report = verify::Verify(path, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood)
        << (report->findings.empty() ? "" : report->findings[0].what);
  }

  const ScriptedPods script_{kKillTransactions};
};

TEST_F(KillPointsTest, EveryNamedPointAndManyInstantsLoseNothing) {
  const TempFolder folder;
  const std::vector<std::string> points =
      Script(folder / "test.db")
          .Points(folder / "points", static_cast<int>(40 * TestScale()),
                  {"tx.begun",         "tx.rows",         "tx.position",
                   "tx.before-commit", "tx.after-commit", "checkpoint.start",
                   "checkpoint.end",   "log.partial",     "log.signed",
                   "log.stored",       "wal.truncated",   "body.keyframe",
                   "body.delta",       "dictionary.row",  "backup.step",
                   "backup.synced",    "backup.named",    "vfs.wal.write",
                   "vfs.wal.sync",     "vfs.db.write",    "vfs.db.sync",
                   "vfs.delete",       "close.marked"});
  for (const std::string& point : points) {
    ASSERT_NO_FATAL_FAILURE(KillAt(point));
  }
}

}  // namespace
}  // namespace kubescribe::store

#endif  // KUBESCRIBE_TEST_SWITCHES
