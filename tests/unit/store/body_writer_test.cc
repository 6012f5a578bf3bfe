#include "store/body_writer.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(db.Int("SELECT base FROM body WHERE seq = 4"), 3);
  // What is gone is forgotten.
  EXPECT_EQ(db.Int("SELECT base IS NULL FROM body WHERE seq = 5"), 1);
  BodyReader reader(db, nullptr);
  EXPECT_EQ(reader.Read(1), "second");
  EXPECT_EQ(reader.Read(2), std::nullopt);
  EXPECT_EQ(reader.Read(3), "fourth");
  EXPECT_EQ(reader.Read(4), "fifth");
  EXPECT_EQ(reader.Read(5), "sixth");
}

}  // namespace
}  // namespace kubescribe::store
