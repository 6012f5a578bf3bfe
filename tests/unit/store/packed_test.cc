// Whatever is packed reads back as it was, through the columns of
// schema/007-packed.sql.
#include "store/packed.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "store/db.h"
#include "store/migrate.h"

namespace kubescribe::store {
namespace {

class PackedTest : public testing::Test {
 protected:
  PackedTest() {
    db_.Exec("BEGIN");
    Migrate(db_, Migrations());
    db_.Exec("COMMIT");
  }

  Db db_{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, ""};
};

TEST_F(PackedTest, TraitsOfAllKinds) {
  Seq seq = 0;
  for (int event = 1; event <= 7; ++event) {
    for (int source = 1; source <= 3; ++source) {
      for (int evidence = 1; evidence <= 4; ++evidence) {
        for (int late = 0; late <= 1; ++late) {
          for (int kind = 1; kind <= 3; ++kind) {
            Query(db_,
                  "INSERT INTO revision (seq, object_id, stream_id, epoch, "
                  "traits, rv_packed, list_rv, api_version, recorded_packed, "
                  "changed_lag) VALUES (?, 1, 1, 1, ?, 1, '', '', 0, 0)")
                .Bind(++seq, PackTraits(static_cast<Event>(event),
                                        static_cast<Source>(source),
                                        static_cast<Evidence>(evidence),
                                        late != 0, static_cast<BodyKind>(kind)))
                .Run();
            Query row(db_,
                      "SELECT event, source, evidence, late, body_kind "
                      "FROM revision WHERE seq = ?");
            ASSERT_TRUE(row.Bind(seq).Step());
            EXPECT_EQ(row.Int(0), event);
            EXPECT_EQ(row.Int(1), source);
            EXPECT_EQ(row.Int(2), evidence);
            EXPECT_EQ(row.Int(3), late);
            EXPECT_EQ(row.Int(4), kind);
          }
        }
      }
    }
  }
  // What is mostly recorded has no bytes in a row.
  EXPECT_EQ(PackTraits(Event::kModified, Source::kWatch, Evidence::kReceived,
                       false, BodyKind::kFull),
            1);
}

TEST_F(PackedTest, NamesNumbersAndTimes) {
  std::int64_t id = 0;
  const auto expect = [&](const std::string& uid, const std::string& rv,
                          Micros recorded) {
    Query(db_,
          "INSERT INTO object (id, resource_id, stream_id, namespace, name, "
          "uid_packed, rv_packed, recorded_packed, changed_lag) "
          "VALUES (?, 1, 1, '', '', ?, ?, ?, 7)")
        .Bind(++id, PackUid(uid), PackRv(rv), PackTime(recorded))
        .Run();
    Query row(db_,
              "SELECT uid, rv, recorded_at, changed_at, typeof(uid_packed), "
              "typeof(rv_packed) FROM object WHERE id = ?");
    ASSERT_TRUE(row.Bind(id).Step());
    EXPECT_EQ(row.Text(0), uid);
    EXPECT_EQ(row.Text(1), rv);
    EXPECT_EQ(row.Int(2), recorded);
    EXPECT_EQ(row.Int(3), recorded - 7);
    EXPECT_EQ(row.Text(4) == "blob",
              std::holds_alternative<UidBytes>(PackUid(uid)));
    EXPECT_EQ(row.Text(5) == "integer",
              std::holds_alternative<std::int64_t>(PackRv(rv)));
  };
  const std::string uuid = "0123abcd-4567-89ef-0a1b-fedcba987654";
  EXPECT_TRUE(std::holds_alternative<UidBytes>(PackUid(uuid)));
  for (const std::string& uid :
       {uuid, std::string("0123ABCD-4567-89ef-0a1b-fedcba987655"),
        std::string("0123abcd-4567-89ef-0a1b-fedcba98765"),
        std::string("0123abcd-4567-89ef-0a1b_fedcba987656"),
        std::string("0123abcd-4567-89ef-0a1b-fedcba98765g"),
        std::string("0123abcd456789ef0a1bfedcba987657"), std::string(),
        std::string("x\0y", 3), std::string("mirror/node-1")}) {
    expect(uid, "1", 1'700'000'000 * kSecond);
  }
  for (const std::string& rv :
       {std::string(), std::string("0"), std::string("7"), std::string("007"),
        std::string("123456789012345678"), std::string("1234567890123456789"),
        std::string("99999999999999999999999"), std::string("-5"),
        std::string("+5"), std::string(" 5"), std::string("5x"),
        std::string("5\0", 2), std::string("1e3")}) {
    expect("u" + std::to_string(id), rv, 1'700'000'000 * kSecond + id);
  }
  for (const Micros at : {Micros{0}, Micros{-1}, 1'861'920'000 * kSecond,
                          4'000'000'000 * kSecond + 1}) {
    expect("u" + std::to_string(id), "9", at);
  }
}

}  // namespace
}  // namespace kubescribe::store
