// Power cuts in what grows beside the recorded rows: a backup's copy, and the
// dictionary that a file changes to. As power_loss_test.cc: the log of writes
// and syncs is cut at every place, and what could be left is opened.
#include "fakes/crash_vfs.h"
#include "scripted_pods.h"
#include "store/body_reader.h"
#include "store/db.h"
#include "store/dictionary_trainer.h"
#include "store_fixture.h"
#include "verify/verify.h"

namespace kubescribe::store {
namespace {

constexpr int kCopyTransactions = 12;
constexpr int kImagesOfACut = 8;

class BackupPowerTest : public StoreTest {
 protected:
  // A backup that the script goes on under.
  void Write() {
    crash_.WatchFor(copy_);
    options_.vfs = "crash";
    auto writer = MustOpen();
    ASSERT_TRUE(script_.Run(*writer, 1).ok());
    ASSERT_TRUE(writer->StartBackup(copy_).ok());
    for (int k = 2; k <= kCopyTransactions; ++k) {
      clock_.Advance(kSecond);
      ASSERT_TRUE(script_.Run(*writer, k).ok());
      const bool last = k == kCopyTransactions;
      const auto progress = writer->StepBackup(last ? 1 << 20 : 2);
      ASSERT_TRUE(progress.ok()) << progress.error().message();
      ASSERT_EQ(progress->finished, last);
    }
    ASSERT_TRUE(*writer->CloseCleanly());
  }

  // "" or what is wrong with a copy that has its name; what lay beside it
  // under the other name is not its.
  std::string CopyViolation(const fakes::CrashImage& image) {
    const TempFolder folder(FastFolder());
    const std::string path = folder / "copy.db";
    fakes::WriteImage({image.database, "", ""}, path);
    const auto report = verify::Verify(path, {});
    if (!report.ok()) return report.error().message();
    if (!report->findings.empty()) return report->findings[0].what;
    const auto reader = Reader::Open(path);
    if (!reader.ok()) return reader.error().message();
    if (!(*reader)->info().clean_stop) return "it was not stopped cleanly";
    const auto streams = (*reader)->Streams();
    if (!streams.ok()) return streams.error().message();
    return streams->at(0).position == std::to_string(kCopyTransactions)
               ? ""
               : "its position is " + streams->at(0).position;
  }

  const std::string copy_ = folder_ / "copy.db";
  ScriptedPods script_{kCopyTransactions};
  fakes::CrashVfs crash_{"crash", copy_ + ".partial"};
};

TEST_F(BackupPowerTest, ACopyThatHasItsNameIsWhole) {
  ASSERT_NO_FATAL_FAILURE(Write());
  ASSERT_GT(crash_.size(), 20U);
  SeededRandom random(1);
  for (std::size_t cut = crash_.named_at(); cut <= crash_.size(); ++cut) {
    crash_.Seek(cut);
    for (int i = 0; i < kImagesOfACut; ++i) {
      ASSERT_EQ(CopyViolation(crash_.Image(random)), "")
          << "cut at " << cut << " of " << crash_.size();
    }
  }
}

TEST_F(BackupPowerTest, OneThatWasCutOffIsInNobodysWay) {
  ASSERT_NO_FATAL_FAILURE(Write());
  options_.vfs.clear();
  auto writer = MustOpen();
  SeededRandom random(2);
  for (std::size_t cut = 0; cut <= crash_.size(); ++cut) {
    crash_.Seek(cut);
    const fakes::CrashImage image = crash_.Image(random);
    const std::string again = folder_ / ("again" + std::to_string(cut));
    fakes::WriteImage(image, again + ".partial");
    ASSERT_TRUE(writer->StartBackup(again).ok());
    const auto progress = writer->StepBackup(1 << 20);
    ASSERT_TRUE(progress.ok()) << progress.error().message();
    ASSERT_TRUE(progress->finished);
    const auto report = verify::Verify(again, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    ASSERT_TRUE(report->findings.empty()) << report->findings[0].what;
    ASSERT_FALSE(std::filesystem::exists(again + ".partial"));
  }
}

// -- a dictionary's change

constexpr int kAfterwards = 6;

class DictionaryPowerTest : public StoreTest {
 protected:
  DictionaryPowerTest() : crash_("crash", path_), image_vfs_("image") {}

  // What the shipped dictionary does not know, and all have in common.
  static std::string Body(int n) {
    std::string body = "{\"spec\":\"";
    SeededRandom same(42);
    for (int i = 0; i < 300; ++i) {
      body += static_cast<char>('!' + same.Below(90));
    }
    return body + std::to_string(n) + "\"}";
  }

  // What makes a training due in one transaction; then one for each new
  // revision, the first of which takes the new dictionary in.
  void Write() {
    options_.vfs = "crash";
    options_.training = Training::kAtOnce;
    auto writer = MustOpen();
    Do(*writer, [&](Transaction& tx) {
      for (int n = 0; n < kFirstTraining; ++n) {
        PutPod(tx, std::to_string(n), std::to_string(n + 1), Event::kAdded,
               Body(n));
      }
    });
    ASSERT_TRUE(writer->Checkpoint().ok());
    acknowledged_.push_back(crash_.size());
    for (int n = 0; n < kAfterwards; ++n) {
      const std::string id = std::to_string(kFirstTraining + n);
      Do(*writer, [&](Transaction& tx) {
        PutPod(tx, id, id + "0", Event::kAdded, Body(n));
      });
      acknowledged_.push_back(crash_.size());
      if (n == 2) {
        ASSERT_TRUE(writer->Checkpoint().ok());
      }
    }
    ASSERT_TRUE(*writer->CloseCleanly());
  }

  // "" or what is wrong with the image.
  std::string Violation(std::size_t cut) {
    const auto durable =
        std::upper_bound(acknowledged_.begin(), acknowledged_.end(), cut) -
        acknowledged_.begin();
    try {
      Db db("image.db", SQLite::OPEN_READWRITE, 0, "image");
      db.Exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY");
      const std::string check = db.Text("PRAGMA quick_check(1)");
      if (check != "ok") return check;
      const Seq last = db.Int("SELECT max(seq) FROM revision");
      if (last < kFirstTraining + durable - 1) {
        return "it ends with " + std::to_string(last);
      }
      if (last > kFirstTraining &&
          db.Int("SELECT count(*) FROM body b JOIN dictionary d "
                 "ON d.id = b.dictionary AND d.trained_to > 0") == 0) {
        return "the new dictionary is not used";
      }
      BodyReader bodies(db, nullptr);
      for (Seq seq = kFirstTraining - 2; seq <= last; ++seq) {
        const auto n = static_cast<int>(
            seq <= kFirstTraining ? seq - 1 : seq - kFirstTraining - 1);
        if (bodies.Read(seq) != Body(n)) {
          return "another body at " + std::to_string(seq);
        }
      }
    } catch (const std::exception& exception) {
      return exception.what();
    }
    return "";
  }

  fakes::CrashVfs crash_;
  fakes::ImageVfs image_vfs_;
  // The first one: what is trained on is there.
  std::vector<std::size_t> acknowledged_;
};

TEST_F(DictionaryPowerTest, NoBodyIsLeftWithoutItsDictionary) {
  ASSERT_NO_FATAL_FAILURE(Write());
  SeededRandom random(3);
  for (std::size_t cut = acknowledged_[0]; cut <= crash_.size(); ++cut) {
    crash_.Seek(cut);
    for (int i = 0; i < kImagesOfACut; ++i) {
      image_vfs_.Set(crash_.Image(random));
      ASSERT_EQ(Violation(cut), "") << "cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace kubescribe::store
