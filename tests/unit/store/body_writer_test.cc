#include "store/body_writer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"
#include "store/body_reader.h"
#include "store/migrate.h"

namespace kubescribe::store {
namespace {

TEST(BodyWriter, BuildsOnNothingThatWasRolledBack) {
  Db db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, "");
  db.Exec("BEGIN");
  Migrate(db, Migrations());
  db.Exec("COMMIT");
  BodyWriter bodies(db, std::size_t{1} << 20);
  // The shipped dictionary would have become a row here.
  db.Exec("BEGIN");
  bodies.PutRevision(1, 1, "first", false, 0);
  db.Exec("ROLLBACK");
  bodies.Forget();
  db.Exec("BEGIN");
  bodies.PutRevision(1, 1, "second", false, 0);
  db.Exec("COMMIT");
  db.Exec("BEGIN");
  bodies.PutRevision(2, 1, "third", false, 0);
  db.Exec("ROLLBACK");
  bodies.Forget();
  db.Exec("BEGIN");
  bodies.PutRevision(3, 1, "fourth", false, 0);
  bodies.PutRevision(4, 1, "fifth", true, 0);
  bodies.PutRevision(5, 1, "sixth", false, 0);
  db.Exec("COMMIT");
  EXPECT_EQ(db.Int("SELECT base IS NULL FROM body WHERE seq = 3"), 1);
  EXPECT_EQ(db.Int("SELECT base_seq FROM body WHERE seq = 4"), 3);
  // What is gone is forgotten.
  EXPECT_EQ(db.Int("SELECT base IS NULL FROM body WHERE seq = 5"), 1);
  BodyReader reader(db, nullptr);
  EXPECT_EQ(reader.Read(1), "second");
  EXPECT_EQ(reader.Read(2), std::nullopt);
  EXPECT_EQ(reader.Read(3), "fourth");
  EXPECT_EQ(reader.Read(4), "fifth");
  EXPECT_EQ(reader.Read(5), "sixth");
}

// Whatever is asked for while a scan runs, in whatever order.
TEST(BodyReader, AScanChangesNoAnswer) {
  Db db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, "");
  db.Exec("BEGIN");
  Migrate(db, Migrations());
  BodyWriter bodies(db, std::size_t{1} << 20);
  SeededRandom random(1);
  std::map<Seq, std::string> put;
  constexpr Seq kLast = 200;
  for (Seq seq = 1; seq <= kLast; ++seq) {
    if (random.Below(5) == 0) continue;  // has no body
    std::string raw = std::string(300, 'a') + std::to_string(seq);
    bodies.PutRevision(seq, static_cast<std::int64_t>(random.Below(7)), raw,
                       random.Below(10) == 0, 0);
    put[seq] = std::move(raw);
  }
  db.Exec("COMMIT");
  for (const std::size_t cache : {std::size_t{0}, std::size_t{1} << 20}) {
    BodyReader reader(db, std::make_shared<BodyCache>(cache));
    for (int round = 0; round < 200; ++round) {
      const Seq after = static_cast<Seq>(random.Below(kLast));
      const Seq to = after + static_cast<Seq>(random.Below(kLast));
      reader.Scan(after, to);
      for (Seq seq = after; seq <= to + 1; ++seq) {
        const Seq asked = random.Below(4) == 0
                              ? 1 + static_cast<Seq>(random.Below(kLast))
                              : seq;
        const std::string* got = reader.View(asked);
        const auto known = put.find(asked);
        ASSERT_EQ(got == nullptr ? "none" : *got,
                  known == put.end() ? "none" : known->second)
            << asked;
      }
      if (random.Below(2) == 0) reader.EndScan();
    }
  }
}

}  // namespace
}  // namespace kubescribe::store
