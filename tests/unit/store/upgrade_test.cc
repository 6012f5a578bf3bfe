// Files of before deltas: they are read as they are, migrated by the next
// writer, and a kill in between leaves them usable.
#include <sys/stat.h>

#include "codec/digest.h"
#include "codec/zstd.h"
#include "fakes/crash_vfs.h"
#include "killed_child.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

constexpr int kRevisions = 30;

class UpgradeTest : public StoreTest {
 protected:
  static std::string OldBody(int n) {
    return R"({"kind":"Pod","metadata":{"name":"pod-a"},"n":)" +
           std::to_string(n) + "}";
  }

  // As the first version wrote it: one pod with a few revisions, stopped.
  void MakeOldFile(const std::string& vfs = "") {
    Db db(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, vfs);
    db.Exec("BEGIN");
    Migrate(db, {Migrations().front()});
    db.Exec(
        "INSERT INTO meta (id, file_id, cluster, identity, identity_weak, "
        "created_at, known_until, last_seq, clean_stop, server_version, opens, "
        "checkpoints) VALUES (1, '00112233445566778899aabbccddeeff', 'test', "
        "'uid-1', 0, 1, 1000, 30, 1, '', 1, 0);"
        "INSERT INTO epoch (id, stream_id, cause, began_at, seq) "
        "VALUES (1, 0, 'start', 1, 0);"
        "INSERT INTO resource VALUES (1, '', 'pods', 'Pod', 1);"
        "INSERT INTO stream (id, resource_id, namespace, label_selector, "
        "field_selector) VALUES (1, 1, '', '', '');"
        "INSERT INTO object VALUES (1, 1, 1, 'default', 'pod-a', 'a', 1, 30, "
        "'30', 1, 1000, 1000);");
    codec::Compressor compressor;
    for (int n = 1; n <= kRevisions; ++n) {
      Query(db,
            "INSERT INTO revision (seq, object_id, stream_id, epoch, event, "
            "source, rv, list_rv, api_version, recorded_at, not_before, "
            "changed_at, evidence, late, body_kind, salt) VALUES (?, 1, 1, 1, "
            "2, 1, ?, '', 'v1', 1000, 1000, 1000, 1, 0, 1, zeroblob(16))")
          .Bind(n, std::to_string(n))
          .Run();
      const std::string body = OldBody(n);
      Query(db,
            "INSERT INTO body (seq, encoding, raw_size, data) "
            "VALUES (?, 1, ?, ?)")
          .Bind(n, static_cast<std::int64_t>(body.size()),
                codec::AsBytes(compressor.Compress(body)))
          .Run();
    }
    db.Exec("COMMIT");
    ASSERT_EQ(db.Int("PRAGMA user_version"), 1);
    chmod(path_.c_str(), 0600);
  }

  void ExpectOldBodies() { ExpectOldBodies(path_); }
  void ExpectOldBodies(const std::string& path) {
    const auto reader = MustRead(path);
    for (int n = 1; n <= kRevisions; ++n) {
      const auto body = reader->Body(n);
      ASSERT_TRUE(body.ok()) << body.error().message();
      EXPECT_EQ(*body, OldBody(n));
    }
    const auto state = reader->StateAt({1, {}, {}, {}}, {2000, {}, {}});
    ASSERT_TRUE(state.ok()) << state.error().message();
    ASSERT_EQ(state->size(), 1U);
    EXPECT_EQ(state->front().seq, kRevisions);
  }
};

TEST_F(UpgradeTest, AnOldFileIsReadAsItIs) {
  MakeOldFile();
  ExpectOldBodies();
  EXPECT_EQ(MustRead()->info().schema_version, 1);
}

TEST_F(UpgradeTest, AWriterMigratesAnOldFileAndGoesOn) {
  MakeOldFile();
  auto writer = MustOpen();
  EXPECT_EQ(writer->info().schema_version, Migrations().back().version);
  for (int n = 31; n <= 33; ++n) {
    Do(*writer, [&](Transaction& tx) {
      EXPECT_EQ(
          PutPod(tx, "a", std::to_string(n), Event::kModified, OldBody(n)), n);
    });
  }
  ExpectOldBodies();
  const auto reader = MustRead();
  EXPECT_EQ(*reader->Body(33), OldBody(33));
  SQLite::Database db(path_, SQLite::OPEN_READONLY);
  EXPECT_EQ(
      db.execAndGet("SELECT encoding FROM body WHERE seq = 30").getInt64(), 1);
  EXPECT_EQ(
      db.execAndGet("SELECT encoding FROM body WHERE seq = 33").getInt64(), 0);
}

// Objects of before have their uid as text, and new ones as bytes: an object is
// still one.
TEST_F(UpgradeTest, AnObjectOfBeforeIsFoundByItsUid) {
  MakeOldFile();
  const std::string uid = "0123abcd-4567-89ef-0a1b-fedcba987654";
  SQLite::Database(path_, SQLite::OPEN_READWRITE)
      .exec("UPDATE object SET uid = '" + uid + "'");
  auto writer = MustOpen();
  Do(*writer, [&](Transaction& tx) {
    const auto found = tx.FindObject(1, uid);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, 1);
    EXPECT_EQ(found->uid, uid);
    EXPECT_FALSE(tx.FindObject(1, "0123abcd-4567-89ef-0a1b-fedcba987655"));
  });
}

// Each image that a power cut in the migration could leave is read as it is,
// migrated, and verifies.
TEST_F(UpgradeTest, APowerCutWhileMigratingLeavesAUsableFile) {
  fakes::CrashVfs crash("upgrade-crash", path_);
  MakeOldFile("upgrade-crash");
  const std::size_t made = crash.size();
  options_.vfs = "upgrade-crash";
  ASSERT_TRUE(*MustOpen()->CloseCleanly());
  options_.vfs = "";
  options_.synchronous_full = false;
  const std::size_t cuts = crash.size() - made;
  ASSERT_GT(cuts, 10U);
  SeededRandom random(7);
  const auto images = static_cast<std::size_t>(300 * TestScale());
  for (std::size_t i = 0; i < images; ++i) {
    const std::size_t cut = made + i * (cuts + 1) / images;
    SCOPED_TRACE("cut at " + std::to_string(cut));
    crash.Seek(cut);
    const TempFolder folder(FastFolder());
    const std::string path = folder / "image.db";
    fakes::WriteImage(crash.Image(random), path);
    ASSERT_NO_FATAL_FAILURE(ExpectOldBodies(path));
    auto writer = Writer::Open(path, options_);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    EXPECT_EQ((*writer)->info().schema_version, Migrations().back().version);
    ASSERT_NO_FATAL_FAILURE(ExpectOldBodies(path));
    ASSERT_TRUE((*writer)->CloseCleanly().ok());
    const auto report = verify::Verify(path, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood);
  }
}

#ifdef KUBESCRIBE_TEST_SWITCHES

TEST_F(UpgradeTest, AKillWhileMigratingLeavesAUsableFile) {
  for (const char* point :
       {"open.wal:1", "open.migrated:1", "open.migrated:5",
        "open.before-commit:1", "open.after-commit:1", "log.catch-up:1"}) {
    SCOPED_TRACE(point);
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    MakeOldFile();
    const KilledChild child(
        [this] { return Writer::Open(path_, options_).ok(); });
    ASSERT_NO_FATAL_FAILURE(child.KillAt(point));
    ExpectOldBodies();
    auto writer = MustOpen();
    EXPECT_EQ(writer->info().schema_version, Migrations().back().version);
    Do(*writer, [&](Transaction& tx) {
      PutPod(tx, "a", "31", Event::kModified, OldBody(31));
    });
    EXPECT_EQ(*MustRead()->Body(31), OldBody(31));
    ExpectOldBodies();
    writer.reset();
    const auto report = verify::Verify(path_, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_EQ(report->verdict, verify::Verdict::kGood);
  }
}

#endif  // KUBESCRIBE_TEST_SWITCHES

}  // namespace
}  // namespace kubescribe::store
