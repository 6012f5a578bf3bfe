// Power cuts (reliability P2, T2): the writer's log of writes and syncs is cut
// at every place, what was not synced is kept, dropped or torn, and the file
// that could be left is opened.
//
// Of each image: SQLite finds it whole; the rows are exactly those that the
// position covers, but for those that a prune in the file tells of; and
// everything that Transact had acknowledged is there. A writer goes on with
// some of them, and then `verify` finds nothing.
//
// KUBESCRIBE_POWER_IMAGES is how many images there are together (100 000),
// KUBESCRIBE_TEST_SCALE a factor for it.

#include <algorithm>

#include "fakes/crash_vfs.h"
#include "scripted_pods.h"
#include "store/db.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

constexpr int kPowerTransactions = 24;
constexpr int kPowerShards = 4;

std::size_t ImagesOfAShard() {
  const char* text = std::getenv("KUBESCRIBE_POWER_IMAGES");
  const double images = text == nullptr ? 100'000 : std::strtod(text, nullptr);
  return static_cast<std::size_t>(images * TestScale() / kPowerShards) + 1;
}

enum class Mistake { kNone, kNoSync, kPositionFirst };

class PowerLossTest : public StoreTest {
 protected:
  PowerLossTest() : crash_("crash", path_), image_vfs_("image") {}

  // Writes the script, with checkpoints of both kinds, prunes, backups that it
  // goes on under, and a restart;
  // notes when each transaction began and when it was acknowledged.
  void Write(Mistake mistake) {
    options_.vfs = "crash";
    options_.synchronous_full = mistake != Mistake::kNoSync;
    options_.signer = codec::Ed25519Key::FromSeed({1, 2, 3});
    MustOpen();
    {
      // Half of the time that an image takes is the reading of the views'
      // text, which no cut concerns.
      Db db(path_, SQLite::OPEN_READWRITE, 0, "crash");
      db.Harden();
      std::string drop;
      Query views(db, "SELECT name, sql FROM sqlite_schema WHERE type='view'");
      while (views.Step()) {
        drop += "DROP VIEW " + std::string(views.Text(0)) + ";";
        views_ += std::string(views.Text(1)) + ";";
      }
      db.Exec("BEGIN;" + drop + "COMMIT");
    }
    auto writer = MustOpen();
    for (int k = 1; k <= kPowerTransactions; ++k) {
      clock_.Advance(kSecond);
      if (k == 6 || k == 15) {
        ASSERT_TRUE(
            writer->StartBackup(folder_ / ("copy" + std::to_string(k))).ok());
      }
      if (k / 3 == 2 || k / 3 == 5) {
        ASSERT_TRUE(writer->StepBackup(k % 3 == 2 ? 1 << 20 : 2).ok());
      }
      begun_.push_back(crash_.size());
      const Status done = mistake == Mistake::kPositionFirst
                              ? script_.RunPositionFirst(*writer, k)
                              : script_.Run(*writer, k);
      ASSERT_TRUE(done.ok()) << done.error().message();
      acknowledged_.push_back(crash_.size());
      if (k % 6 == 0) {
        ASSERT_TRUE(writer->Checkpoint().ok());
      }
      if (k % 5 == 0) {
        ASSERT_TRUE(writer->SignCheckpoint().ok());
      }
      if (k % 8 == 7) {
        PruneWish wish;
        wish.keep = 6 - k / 8 * 2;
        ASSERT_TRUE(writer->StartPrune(wish).ok());
        while (writer->pruning()) {
          ASSERT_TRUE(writer->StepPrune().ok());
        }
        ASSERT_TRUE(k < 9 || writer->prune_progress().record != 0);
      }
      if (k == kPowerTransactions / 2) {
        ASSERT_TRUE(*writer->CloseCleanly());
        writer.reset();
        writer = MustOpen();
      }
      if (k == kPowerTransactions * 3 / 4) {
        writer.reset();  // as a kill leaves it
        writer = MustOpen();
      }
    }
    ASSERT_TRUE(*writer->CloseCleanly());
  }

  // Checks so many images, spread over the log; answers the violations.
  std::vector<std::string> Check(std::size_t images, std::uint64_t seed) {
    std::vector<std::string> violations;
    SeededRandom random(seed);
    for (std::size_t i = 0; i < images; ++i) {
      // In order of the log, so that each step forward is small.
      const std::size_t cut = i * (crash_.size() + 1) / images;
      crash_.Seek(cut);
      const fakes::CrashImage image = crash_.Image(random);
      image_vfs_.Set(image);
      const std::string violation = Violation(cut);
      if (!violation.empty()) {
        violations.push_back("cut at " + std::to_string(cut) + ", image " +
                             std::to_string(i) + ": " + violation);
      } else if (i % 500 == 250) {
        const std::string later = GoesOn(image);
        if (!later.empty()) violations.push_back(later);
      }
    }
    return violations;
  }

  // Number of transactions of which `instants` lies at or before the cut.
  static int CountBefore(const std::vector<std::size_t>& instants,
                         std::size_t cut, bool inclusive) {
    const auto end =
        inclusive ? std::upper_bound(instants.begin(), instants.end(), cut)
                  : std::lower_bound(instants.begin(), instants.end(), cut);
    return static_cast<int>(end - instants.begin());
  }

  // "" or what is wrong with the image.
  std::string Violation(std::size_t cut) {
    const int durable = CountBefore(acknowledged_, cut, true);
    const int begun = CountBefore(begun_, cut, false);
    try {
      Db db("image.db", SQLite::OPEN_READWRITE, 0, "image");
      db.Exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY");
      if (db.Int("PRAGMA user_version") == 0) {
        return durable == 0 ? "" : "the whole file is lost";
      }
      const std::string check = db.Text("PRAGMA integrity_check(1)");
      if (check != "ok") return check;
      const auto position = static_cast<int>(db.Int(
          "SELECT coalesce(max(CAST(position AS INTEGER)), 0) FROM stream"));
      if (position < durable || position > begun) {
        return "the position is " + std::to_string(position) + ", with " +
               std::to_string(durable) + " acknowledged and " +
               std::to_string(begun) + " begun";
      }
      const ScriptedPods::Totals& expected = script_.After(position);
      const std::int64_t pruned =
          db.Int("SELECT coalesce(sum(revisions), 0) FROM pruned");
      const std::int64_t found =
          pruned + db.Int("SELECT count(*) FROM revision");
      if (found != expected.revisions) {
        return "the position is " + std::to_string(position) + " with " +
               std::to_string(found) + " rows instead of " +
               std::to_string(expected.revisions);
      }
      if (pruned == 0 &&
          db.Int("SELECT coalesce(sum(raw_size), 0) FROM body") !=
              expected.bytes) {
        return "the bodies have another size";
      }
      if (db.Int("SELECT last_seq FROM meta") !=
          expected.revisions + db.Int("SELECT count(*) FROM record")) {
        return "last_seq is another one";
      }
    } catch (const std::exception& exception) {
      return exception.what();
    }
    return "";
  }

  // Opens a real file with this content and lets the writer finish the script.
  std::string GoesOn(const fakes::CrashImage& image) {
    const TempFolder folder;
    const std::string path = folder / "image.db";
    fakes::WriteImage(image, path);
    OpenOptions options = options_;
    options.vfs = "";
    options.synchronous_full = false;
    auto writer = Writer::Open(path, options);
    if (!writer.ok()) return writer.error().message();
    for (int k = ScriptedPods::Position(**writer) + 1; k <= kPowerTransactions;
         ++k) {
      const Status done = script_.Run(**writer, k);
      if (!done.ok()) return done.error().message();
    }
    while ((*writer)->pruning()) {
      const Status done = (*writer)->StepPrune();
      if (!done.ok()) return done.error().message();
    }
    if (ScriptedPods::Position(**writer) != kPowerTransactions) {
      return "it does not go on to the end";
    }
    const auto closed = (*writer)->CloseCleanly();
    if (!closed.ok()) return closed.error().message();
    {
      Db db(path, SQLite::OPEN_READWRITE, 0, "");
      if (db.Int("SELECT count(*) FROM sqlite_schema WHERE type='view'") == 0) {
        db.Exec(views_);
      }
    }
    const auto report = verify::Verify(path, {});
    if (!report.ok()) return report.error().message();
    return report->findings.empty() ? "" : report->findings[0].what;
  }

  ScriptedPods script_{kPowerTransactions};
  fakes::CrashVfs crash_;
  fakes::ImageVfs image_vfs_;
  std::string views_;  // as SQL
  std::vector<std::size_t> begun_;
  std::vector<std::size_t> acknowledged_;
};

class PowerLossShard : public PowerLossTest,
                       public testing::WithParamInterface<int> {};

TEST_P(PowerLossShard, NoImageLosesOrTearsAnything) {
  ASSERT_NO_FATAL_FAILURE(Write(Mistake::kNone));
  const auto violations =
      Check(ImagesOfAShard(), static_cast<std::uint64_t>(GetParam()));
  EXPECT_EQ(violations.size(), 0U) << violations.front();
}

INSTANTIATE_TEST_SUITE_P(Shards, PowerLossShard,
                         testing::Range(0, kPowerShards));

TEST_F(PowerLossTest, WithoutSyncsManyImagesAreFoundBroken) {
  ASSERT_NO_FATAL_FAILURE(Write(Mistake::kNoSync));
  const auto violations = Check(1000, 5);
  EXPECT_GT(violations.size(), 500U);
}

TEST_F(PowerLossTest, ThePositionBeforeItsRowsIsFound) {
  ASSERT_NO_FATAL_FAILURE(Write(Mistake::kPositionFirst));
  const auto violations = Check(1000, 6);
  EXPECT_GT(violations.size(), 100U);
  EXPECT_NE(std::find_if(violations.begin(), violations.end(),
                         [](const std::string& violation) {
                           return violation.find("rows instead of") !=
                                  std::string::npos;
                         }),
            violations.end());
}

}  // namespace
}  // namespace kubescribe::store
