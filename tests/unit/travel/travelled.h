// What the tests of files that travel share: recorded files of all kinds, and
// the comparison of one with what came of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "codec/digest.h"
#include "codec/ed25519.h"
#include "kube/discovery.h"
#include "travel/export.h"
#include "travel/import.h"
#include "unit/store/pruned_lives.h"
#include "verify/verify.h"

namespace kubescribe::travel {

// All that a file is, however its bodies are encoded, its lives are found and
// its salts are kept (which the tiles tell).
inline std::vector<std::string> Content(const std::string& path) {
  std::vector<std::string> lines;
  SQLite::Database db(path, SQLite::OPEN_READONLY);
  for (const char* sql :
       {"SELECT 'meta', file_id, cluster, identity, identity_weak, created_at, "
        "known_until, last_seq, server_version FROM meta",
        "SELECT 'resource', * FROM resource ORDER BY id",
        "SELECT 'stream', * FROM stream ORDER BY id",
        "SELECT 'epoch', * FROM epoch ORDER BY id",
        "SELECT 'object', * FROM object ORDER BY id",
        "SELECT 'revision', seq, object_id, stream_id, epoch, traits, "
        "rv_packed, list_rv, api_version, recorded_packed, not_before_lag, "
        "changed_lag FROM revision ORDER BY seq",
        "SELECT 'record', * FROM record ORDER BY seq",
        "SELECT 'gap', * FROM gap ORDER BY seq",
        "SELECT 'doubt', stream_id, from_at, to_at FROM doubt "
        "ORDER BY stream_id, to_at",
        "SELECT 'body', seq, raw_size FROM body ORDER BY seq",
        "SELECT 'pruned', * FROM pruned ORDER BY seq",
        "SELECT 'pruned_resource', * FROM pruned_resource ORDER BY 2, 3",
        "SELECT 'pruned_rv', * FROM pruned_rv ORDER BY 2, 3",
        "SELECT 'pruned_object', * FROM pruned_object ORDER BY 2",
        "SELECT 'tile', * FROM tile ORDER BY level, place",
        "SELECT 'checkpoint', * FROM checkpoint ORDER BY size"}) {
    SQLite::Statement query(db, sql);
    while (query.executeStep()) {
      std::string line;
      for (int i = 0; i < query.getColumnCount(); ++i) {
        const SQLite::Column column = query.getColumn(i);
        line += column.isBlob() ? codec::Hex(column.getString())
                                : column.getString();
        line += column.isNull() ? "NULL|" : "|";
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

inline std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class TravelTest : public store::PrunedLivesTest {
 protected:
  TravelTest() { options_.signer = codec::Ed25519Key::FromSeed({9}); }

  // Whether Record makes doubts that no record tells of: what verifies the
  // original says so.
  bool untold_doubts_ = true;

  // Random lives, and behind them what else there is: gaps, an epoch, doubts,
  // a clock that was set back, an object recorded twice, checkpoints.
  void Record(std::uint64_t seed, int transactions = 150) {
    Generate(seed, transactions);
    auto writer = MustOpen();
    ASSERT_TRUE(writer->SignCheckpoint().ok());
    Do(*writer, [&](store::Transaction& tx) {
      tx.AppendRecord("discovery", 0, "{}", Served().ToJson());
      for (store::StreamRow& row : tx.Streams()) {
        row.flowing = true;
        row.state = "watching";
        row.position = std::to_string(last_rv_ + 1000);
        tx.PutStream(row);
      }
      store::StreamRow stream = PodStream(tx);
      store::GapRow gap;
      gap.stream_id = stream.id;
      gap.cause = "gone";
      gap.from_rv = "12";
      gap.to_rv = "34";
      gap.from_at = tx.recorded_at() - kMinute;
      gap.changed = 3;
      tx.AppendGap(gap);
      gap.from_at.reset();
      gap.cause = "start";
      tx.AppendGap(gap);
      tx.AppendEpoch(stream.id, "rewind");
      if (untold_doubts_) {
        tx.AddDoubt(stream.id, tx.recorded_at() - kMinute, tx.recorded_at());
        tx.AddDoubt(stream.id, std::nullopt, tx.recorded_at() - kHour);
      }
      tx.AppendRecord("audit", stream.id, R"({"found":"\u00e4 \" \\ \n"})");
      PutPod(tx, "again", "7");
      stream = tx.GetStream(stream.id);
      stream.state = "watching";
      stream.position = std::to_string(last_rv_ + 1000);
      stream.flowing = true;
      stream.api_version = "v1";
      stream.confirmed_at = tx.recorded_at();
      tx.PutStream(stream);
      tx.SetServerVersion("v1.31.0");
    });
    Do(*writer, [&](store::Transaction& tx) {
      PutPod(tx, "again", std::to_string(last_rv_ + 1000),
             store::Event::kModified, "line\nbreak \xff\x01 no JSON");
    });
    clock_.wall -= 2 * kMinute;
    Do(*writer, [&](store::Transaction& tx) {
      store::StreamRow stream = PodStream(tx);
      stream.gap_cause = "forbidden";
      stream.gap_from_rv = "99";
      stream.gap_from_at = tx.recorded_at();
      stream.flowing = false;
      stream.flowed_until = tx.recorded_at();
      stream.state = "forbidden";
      stream.message = "no rights: \"list\"";
      stream.gap_changed = 2;
      tx.PutStream(stream);
    });
    clock_.wall += 3 * kMinute;
    Do(*writer, [](store::Transaction&) {});
    ASSERT_TRUE(*writer->CloseCleanly());
  }

  static kube::Discovery Served() {
    kube::Discovery served;
    served.preferred[""] = "v1";
    kube::ResourceInfo info;
    info.version = "v1";
    info.resource = "pods";
    info.kind = "Pod";
    info.namespaced = true;
    served.resources.push_back(std::move(info));
    return served;
  }

  Exported MustExport(const std::string& to,
                      const ExportRequest& request = {}) {
    const auto done = Export(path_, to, request);
    if (!done.ok()) {
      ADD_FAILURE() << done.error().message();
      return {};
    }
    return *done;
  }
  // Imports `from` as copy_.
  Imported MustImport(const std::string& from) {
    std::filesystem::remove(copy_);
    ImportOptions options;
    options.random = &random_;
    const auto done = Import(from, copy_, options);
    if (!done.ok()) {
      ADD_FAILURE() << done.error().message();
      return {};
    }
    return *done;
  }
  // The same, which must fail and leave nothing.
  Error ImportError(const std::string& from) {
    std::filesystem::remove(copy_);
    const auto done = Import(from, copy_, {});
    EXPECT_FALSE(std::filesystem::exists(copy_));
    EXPECT_FALSE(std::filesystem::exists(copy_ + ".partial"));
    return done.ok() ? Error(Code::kInvalid, "imported") : done.error();
  }

  static std::string Said(const verify::Report& report) {
    std::string said = std::to_string(static_cast<int>(report.verdict)) + " " +
                       std::to_string(report.records) + " " +
                       std::to_string(report.pruned) + " " +
                       std::to_string(report.bytes) + " " +
                       std::to_string(report.checkpoints) + " " +
                       std::to_string(report.anchored) + "\n";
    for (const auto& finding : report.findings) {
      said += std::to_string(finding.seq) + " " + finding.what + "\n";
    }
    for (const auto& why : report.undecided) said += why + "\n";
    for (const auto& note : report.notes) said += note + "\n";
    return said;
  }
  static std::string Verified(const std::string& path,
                              const std::string& checkpoint = "") {
    const auto report = verify::Verify(path, {checkpoint, "", {}});
    if (!report.ok()) return report.error().message();
    return Said(*report);
  }

  // The imported file is the original in all that it says.
  void ExpectTheSame() {
    EXPECT_EQ(Content(copy_), Content(path_));
    EXPECT_EQ(store::Derived(copy_), store::Derived(path_));
    const auto original = MustRead(path_);
    const auto copy = MustRead(copy_);
    EXPECT_TRUE(copy->warnings().empty());
    for (store::Seq seq = 1; seq <= original->info().last_seq; ++seq) {
      const auto expected = original->Payload(seq);
      const auto got = copy->Payload(seq);
      ASSERT_EQ(got.ok(), expected.ok()) << seq;
      if (got.ok()) {
        ASSERT_EQ(*got, *expected) << seq;
      }
    }
    EXPECT_EQ(Verified(copy_), Verified(path_));
    {
      store::Db db(copy_, SQLite::OPEN_READONLY, 0, "");
      EXPECT_TRUE(store::CheckStructure(db, copy_, true).ok());
    }
  }

  const std::string export_ = folder_ / "export.zst";
  const std::string copy_ = folder_ / "copy.db";
};

}  // namespace kubescribe::travel
