// Reliability T15: an attacker who has the file, and the program, but not the
// key nor what was kept elsewhere. Every alteration is found given a later
// checkpoint that was kept, of a file that was pruned too; and the attacker is
// worth the name: where no checkpoint was kept, what is rewritten with care is
// not found.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <functional>
#include <iterator>
#include <set>

#include "codec/digest.h"
#include "codec/zstd.h"
#include "logged_file.h"
#include "store/body_reader.h"
#include "store/log_writer.h"
#include "store/rows.h"
#include "store/salts.h"

namespace kubescribe::verify {
namespace {

namespace fs = std::filesystem;
using store::Seq;

constexpr int kAlterations = 300;
constexpr int kShards = 6;
constexpr Seq kRecords = 600;

class Attacker {
 public:
  Attacker(std::string path, std::uint64_t seed)
      : path_(std::move(path)), random_(seed), hashes_(HashesOf(path_)) {}

  // Where the file stood at an earlier time, and another cluster's.
  std::string older;
  std::string other;

  // Does one thing to the file; answers what.
  std::string Act(int kind) {
    const auto& [name, act] = Kinds()[static_cast<std::size_t>(kind)];
    (this->*act)();
    db_.reset();
    return name;
  }
  // The last of them need a file that was pruned.
  static int kinds(bool pruned) {
    return static_cast<int>(Kinds().size()) - (pruned ? 0 : kOfPruned);
  }

  void RecomputeLog() {
    db_.reset();
    Relog(path_, hashes_);
  }

  // And every checkpoint signed anew, with a key of the attacker's own.
  void SignAnew() {
    const auto key = KeyFrom(66);
    {
      store::Db db(path_, SQLite::OPEN_READWRITE, 0, "");
      const std::string origin =
          store::LogOrigin(db.Text("SELECT file_id FROM meta"));
      const std::string detail = store::KeyDetail(origin, "", *key, nullptr);
      store::Query(db, "UPDATE record SET detail = ? WHERE kind = 'key'")
          .Bind(detail)
          .Run();
    }
    RecomputeLog();
    store::Db db(path_, SQLite::OPEN_READWRITE, 0, "");
    const std::string origin =
        store::LogOrigin(db.Text("SELECT file_id FROM meta"));
    store::LogTree tree(db);
    std::vector<std::int64_t> sizes;
    {
      store::Query rows(db, "SELECT size FROM checkpoint ORDER BY size");
      while (rows.Step()) sizes.push_back(rows.Int(0));
    }
    for (const std::int64_t size : sizes) {
      const auto root = tree.RootAt(size);
      if (!root) {
        store::Query(db, "DELETE FROM checkpoint WHERE size = ?")
            .Bind(size)
            .Run();
        continue;
      }
      const std::string note = store::MakeNote(origin, size, *root, *key);
      store::Query(db,
                   "UPDATE checkpoint SET root = ?, note = ? WHERE size = ?")
          .Bind(std::span<const std::uint8_t>(*root), note, size)
          .Run();
    }
  }

 private:
  using Deed = void (Attacker::*)();
  static constexpr int kOfPruned = 4;
  static const std::vector<std::pair<std::string, Deed>>& Kinds() {
    static const std::vector<std::pair<std::string, Deed>> kinds = {
        {"edit a body", &Attacker::EditBody},
        {"remove a body", &Attacker::RemoveBody},
        {"edit a column of a revision", &Attacker::EditRevision},
        {"edit a record", &Attacker::EditRecord},
        {"edit a salt", &Attacker::EditSalt},
        {"move the border of salt and body", &Attacker::MoveBorder},
        {"swap two bodies", &Attacker::SwapBodies},
        {"swap two revisions", &Attacker::SwapRevisions},
        {"delete a record and close the hole", &Attacker::DeleteRecord},
        {"delete a record", &Attacker::DeleteRow},
        {"insert a record", &Attacker::InsertRecord},
        {"remove a gap", &Attacker::RemoveGap},
        {"edit the table gap", &Attacker::EditGap},
        {"edit an object", &Attacker::EditObject},
        {"rename an object", &Attacker::RenameObject},
        {"edit a box", &Attacker::EditBox},
        {"remove a box", &Attacker::RemoveBox},
        {"add a box", &Attacker::AddBox},
        {"remove a doubt", &Attacker::RemoveDoubt},
        {"edit an epoch", &Attacker::EditEpoch},
        {"truncate the tail", &Attacker::TruncateTail},
        {"roll the file back", &Attacker::RollBack},
        {"fork the history", &Attacker::Fork},
        {"graft another cluster's records", &Attacker::Graft},
        {"edit a tile", &Attacker::EditTile},
        {"remove a tile", &Attacker::RemoveTile},
        {"edit a checkpoint", &Attacker::EditCheckpoint},
        {"change a view", &Attacker::ChangeView},
        {"change a resource", &Attacker::ChangeResource},
        {"change a stream", &Attacker::ChangeStream},
        {"call the file otherwise", &Attacker::ChangeFileId},
        {"set a position back", &Attacker::SetPositionBack},
        {"add an object without revisions", &Attacker::AddObject},
        {"swap two boxes", &Attacker::SwapBoxes},
        {"change a doubt", &Attacker::ChangeDoubt},
        {"add a doubt", &Attacker::AddDoubt},
        {"rename the cluster", &Attacker::RenameCluster},
        {"delete what is no revision", &Attacker::DeleteOther},
        {"edit the table pruned", &Attacker::EditPruned},
        {"edit pruned_rv", &Attacker::EditPrunedRv},
        {"edit pruned_object", &Attacker::EditPrunedObject},
        {"delete what was kept", &Attacker::DeleteKept},
    };
    return kinds;
  }

  SQLite::Database& Db() {
    if (!db_) {
      db_ = std::make_unique<SQLite::Database>(path_, SQLite::OPEN_READWRITE);
      db_->exec("PRAGMA ignore_check_constraints = ON");
    }
    return *db_;
  }
  void Exec(const std::string& sql) { Db().exec(sql); }
  // A number that a question answers; one of its rows by chance.
  std::int64_t Pick(const std::string& sql) {
    const auto count =
        Db().execAndGet("SELECT count(*) FROM (" + sql + ")").getInt64();
    EXPECT_GT(count, 0) << sql;
    return Db()
        .execAndGet(
            sql + " LIMIT 1 OFFSET " +
            std::to_string(random_.Below(static_cast<std::uint64_t>(count))))
        .getInt64();
  }
  std::string Some(const std::string& sql) { return std::to_string(Pick(sql)); }
  std::string Revision() { return Some("SELECT seq FROM revision"); }
  std::string WithBody() {
    return Some("SELECT seq FROM revision WHERE event <> 6");
  }
  template <typename T, std::size_t N>
  const T& Choose(const T (&choices)[N]) {
    return choices[random_.Below(N)];
  }

  // Bytes that decode as well as the true ones.
  void PutBody(const std::string& seq, const std::string& raw) {
    codec::Compressor compressor;
    Exec(
        "UPDATE body SET encoding = 1, dictionary = NULL, base = NULL, "
        "raw_size = " +
        std::to_string(raw.size()) + ", data = x'" +
        codec::Hex(compressor.Compress(raw)) + "' WHERE seq = " + seq);
  }
  std::string BodyOf(const std::string& seq) {
    store::Db db(path_, SQLite::OPEN_READONLY, 0, "");
    return store::BodyReader(db, nullptr).Read(std::stoll(seq)).value_or("");
  }
  // What builds on this one stands alone from now on.
  std::string SaltOf(const std::string& seq) {
    store::Db db(path_, SQLite::OPEN_READONLY, 0, "");
    store::Query row(db, "SELECT salt FROM revision WHERE seq = ?");
    row.Bind(seq).Step();
    const auto salt = store::SaltOfRevision(db, std::stoll(seq), row.Blob(0));
    return codec::Hex(salt.value_or(store::Salt{}));
  }
  void FreeFrom(const std::string& seq) {
    std::vector<std::string> above;
    SQLite::Statement rows(Db(),
                           "SELECT seq FROM body WHERE base_seq = " + seq);
    while (rows.executeStep()) above.push_back(rows.getColumn(0).getString());
    for (const std::string& one : above) PutBody(one, BodyOf(one));
  }

  void EditBody() {
    const std::string seq = WithBody();
    FreeFrom(seq);
    std::string raw = BodyOf(seq);
    raw[random_.Below(raw.size())] ^= 1;
    PutBody(seq, raw);
  }
  void RemoveBody() {
    const std::string seq = WithBody();
    FreeFrom(seq);
    Exec("DELETE FROM body WHERE seq = " + seq);
  }
  void EditRevision() {
    static const std::string edits[] = {
        "traits = traits - (event - 1) + event % 7",
        "traits = traits + 8 * (source % 3 + 1 - source)",
        "rv_packed = rv || '1'",
        "list_rv = list_rv || '1'",
        "api_version = 'v2'",
        "recorded_packed = recorded_packed + 1",
        "changed_lag = changed_lag + 1",
        "not_before_lag = coalesce(not_before_lag, 0) + 1",
        "traits = traits + 32 * (evidence % 4 + 1 - evidence)",
        "traits = traits + 128 - 256 * late",
        "traits = traits + 256 * (body_kind % 3 + 1 - body_kind)",
        "epoch = epoch + 1",
        "object_id = object_id % (SELECT max(id) FROM object) + 1",
        "stream_id = stream_id % 3 + 1",
    };
    Exec("UPDATE revision SET " + Choose(edits) + " WHERE seq = " + Revision());
  }
  void EditRecord() {
    static const std::string edits[] = {
        "detail = replace(detail, '}', ',\"x\":1}')",
        "kind = 'config'",
        "recorded_at = recorded_at + 1",
        "stream_id = stream_id % 3 + 1",
    };
    Exec("UPDATE record SET " + Choose(edits) +
         " WHERE seq = " + Some("SELECT seq FROM record"));
  }
  void EditSalt() {
    Exec("UPDATE revision SET salt = zeroblob(16) WHERE seq = " + Revision());
  }
  // The leaf hashes salt and body one behind the other.
  void MoveBorder() {
    const std::string seq = WithBody();
    FreeFrom(seq);
    const std::string salt = SaltOf(seq);
    const std::string raw = BodyOf(seq);
    Exec("UPDATE revision SET salt = x'" + salt + codec::Hex(raw.substr(0, 3)) +
         "' WHERE seq = " + seq);
    PutBody(seq, raw.substr(3));
  }
  void SwapBodies() {
    const std::string a = WithBody();
    std::string b = WithBody();
    while (BodyOf(a) == BodyOf(b)) b = WithBody();
    FreeFrom(a);
    FreeFrom(b);
    const std::string raw = BodyOf(a);
    PutBody(a, BodyOf(b));
    PutBody(b, raw);
  }
  void SwapRevisions() {
    const std::string a = Revision();
    std::string b = Revision();
    while (a == b) b = Revision();
    FreeFrom(a);
    FreeFrom(b);
    for (const char* table : {"revision", "body"}) {
      const std::string set = "UPDATE " + std::string(table) + " SET seq = ";
      Exec(set + "-1 WHERE seq = " + a);
      Exec(set + a + " WHERE seq = " + b);
      Exec(set + b + " WHERE seq = -1");
    }
  }
  // All that comes behind `seq` moves by one.
  void Shift(const std::string& seq, int by) {
    Exec("UPDATE body SET base = base + " + std::to_string(by) +
         " WHERE encoding = 0 AND seq > " + seq + " AND base_seq <= " + seq);
    for (const char* column :
         {"revision.seq", "record.seq", "body.seq", "body.base", "gap.seq",
          "epoch.seq", "object.seq", "pruned.seq", "pruned_resource.seq"}) {
      const std::string name(column);
      const std::string table = name.substr(0, name.find('.'));
      const std::string field = name.substr(name.find('.') + 1);
      const std::string all = name == "body.base" ? " AND encoding <> 0" : "";
      Exec("UPDATE " + table + " SET " + field + " = -" + field + " WHERE " +
           field + " > " + seq + all);
      Exec("UPDATE " + table + " SET " + field + " = " + std::to_string(by) +
           " - " + field + " WHERE " + field + " < 0");
    }
    Exec("UPDATE meta SET last_seq = last_seq + " + std::to_string(by));
    std::map<Seq, store::LogHash> hashes;
    const Seq last = std::stoll(seq);
    for (const auto& [at, hash] : hashes_) {
      if (at != last || by > 0) hashes[at > last ? at + by : at] = hash;
    }
    hashes_ = std::move(hashes);
  }
  void DeleteRecord() {
    const std::string seq = Some(
        "SELECT v.seq FROM revision v JOIN object o ON o.id = v.object_id "
        "WHERE o.seq <> v.seq");
    FreeFrom(seq);
    Exec("DELETE FROM revision WHERE seq = " + seq);
    Exec("DELETE FROM body WHERE seq = " + seq);
    Shift(seq, -1);
    Exec("DELETE FROM checkpoint WHERE size > (SELECT last_seq FROM meta)");
  }
  void DeleteRow() {
    Exec("DELETE FROM " +
         std::string(random_.Below(2) == 0
                         ? "revision WHERE seq = " + Revision()
                         : "record WHERE seq = " +
                               Some("SELECT seq FROM record")));
  }
  void InsertRecord() {
    const std::string seq = Revision();
    Shift(seq, 1);
    Exec(
        "INSERT INTO record (seq, kind, stream_id, recorded_at, detail, salt) "
        "SELECT seq + 1, 'audit', 1, recorded_at, '{}', randomblob(16) "
        "FROM revision WHERE seq = " +
        seq);
  }
  void RemoveGap() {
    const std::string seq = Some("SELECT seq FROM gap");
    Exec("DELETE FROM gap WHERE seq = " + seq);
    Exec("DELETE FROM record WHERE seq = " + seq);
    Shift(seq, -1);
    Exec("DELETE FROM checkpoint WHERE size > (SELECT last_seq FROM meta)");
  }
  void EditGap() {
    static const std::string edits[] = {
        "UPDATE gap SET cause = 'start' WHERE seq = ",
        "UPDATE gap SET to_rv = '8' WHERE seq = ",
        "UPDATE gap SET from_at = to_at WHERE seq = ",
        "UPDATE gap SET vanished = 0 WHERE seq = ",
        "DELETE FROM gap WHERE seq = ",
    };
    Exec(Choose(edits) + Some("SELECT seq FROM gap"));
  }
  void EditObject() {
    static const std::string edits[] = {
        "alive = 1 - alive",
        "rv_packed = rv || '0'",
        "changed_lag = changed_lag + 1",
        "recorded_packed = recorded_packed + 1",
        "born_at = born_at + 1",
        "above_rv = above_rv + 1",
        "epoch = epoch + 1",
        "seq = (SELECT min(seq) FROM revision)",
    };
    Exec("UPDATE object SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM object WHERE seq > 2"));
  }
  void RenameObject() {
    static const std::string edits[] = {"name = 'x'", "namespace = 'x'",
                                        "uid_packed = 'x'"};
    Exec("UPDATE object SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM object"));
  }
  void EditBox() {
    static const std::string edits[] = {"begin_second = begin_second - 1",
                                        "end_second = end_second + 1",
                                        "resource_high = resource_high + 1",
                                        "namespace_high = namespace_high + 2"};
    Exec("UPDATE lifetime SET " + Choose(edits) +
         " WHERE object_id = " + Some("SELECT object_id FROM lifetime"));
  }
  void RemoveBox() {
    Exec("DELETE FROM lifetime WHERE object_id = " +
         Some("SELECT object_id FROM lifetime"));
  }
  void AddBox() {
    Exec("INSERT INTO lifetime VALUES (1000000, 0, 1, 2, 3, 2, 3)");
  }
  void AddObject() {
    Exec(
        "INSERT INTO object (resource_id, stream_id, namespace, name, "
        "uid_packed) "
        "SELECT resource_id, stream_id, namespace, name, 'x' FROM object "
        "WHERE id = " +
        Some("SELECT id FROM object"));
  }
  void SwapBoxes() {
    const std::string one = Some("SELECT object_id FROM lifetime");
    const std::string columns =
        "begin_second, end_second, resource_low, "
        "resource_high, namespace_low, namespace_high";
    const std::string other = Some(
        "SELECT o.object_id FROM lifetime o, lifetime t "
        "WHERE t.object_id = " +
        one +
        " AND (o.begin_second, o.end_second) <> "
        "(t.begin_second, t.end_second)");
    Exec("CREATE TEMP TABLE two AS SELECT iif(object_id = " + one + ", " +
         other + ", " + one + ") AS object_id, " + columns +
         " FROM lifetime WHERE object_id IN (" + one + ", " + other + ")");
    Exec("DELETE FROM lifetime WHERE object_id IN (" + one + ", " + other +
         ")");
    Exec("INSERT INTO lifetime SELECT object_id, " + columns + " FROM two");
    Exec("DROP TABLE two");
  }
  void RemoveDoubt() {
    Exec("DELETE FROM doubt WHERE id = " + Some("SELECT id FROM doubt"));
  }
  void ChangeDoubt() {
    static const std::string edits[] = {
        "from_at = from_at + 1", "to_at = to_at - 1",
        "from_at = from_at - 1000000", "to_at = to_at + 1000000",
        "stream_id = (stream_id + 1) % 4"};
    Exec("UPDATE doubt SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM doubt"));
  }
  void AddDoubt() {
    static const std::string rows[] = {
        "0, NULL, created_at FROM meta",
        "1, created_at - 1000000, known_until FROM meta",
        "2, known_until + 1000000, known_until + 9000000 FROM meta"};
    Exec("INSERT INTO doubt (stream_id, from_at, to_at) SELECT " +
         Choose(rows));
  }
  void RenameCluster() {
    static const std::string edits[] = {"cluster = 'prod'",
                                        "identity = 'uid-9'",
                                        "identity_weak = 1 - identity_weak"};
    Exec("UPDATE meta SET " + Choose(edits));
  }
  void DeleteOther() {
    const std::string seq = Some("SELECT seq FROM record");
    for (const char* table : {"record", "body", "gap", "epoch"}) {
      Exec("DELETE FROM " + std::string(table) + " WHERE seq = " + seq);
    }
  }
  void EditPruned() {
    static const std::string edits[] = {
        "UPDATE pruned SET before_at = coalesce(before_at, 0) - 1",
        "UPDATE pruned SET keep = coalesce(keep, 0) + 1",
        "UPDATE pruned SET done = 1 - done",
        "UPDATE pruned SET revisions = revisions + 1 WHERE done = 1",
        "DELETE FROM pruned",
        "INSERT INTO pruned_resource SELECT p.seq, r.id FROM pruned p, "
        "resource r"};
    Exec(Choose(edits));
  }
  void EditPrunedRv() {
    static const std::string edits[] = {"UPDATE pruned_rv SET rv = rv || '0'",
                                        "UPDATE pruned_rv SET rv = '1'",
                                        "DELETE FROM pruned_rv"};
    // Where the clock was set back, a cut by time may have taken nothing.
    if (Db().execAndGet("SELECT count(*) FROM pruned_rv").getInt() == 0) {
      return Exec("INSERT INTO pruned_rv VALUES (1, 1, '7')");
    }
    Exec(Choose(edits) +
         " WHERE resource_id = " + Some("SELECT resource_id FROM pruned_rv"));
  }
  void EditPrunedObject() {
    static const std::string edits[] = {
        "UPDATE pruned_object SET before_at = before_at - 1",
        "UPDATE pruned_object SET from_at = from_at + 1",
        "UPDATE pruned_object SET before_seq = before_seq - 1",
        "DELETE FROM pruned_object"};
    Exec(Choose(edits) +
         " WHERE object_id = " + Some("SELECT object_id FROM pruned_object"));
  }
  void DeleteKept() {
    const std::string seq = Some(
        "SELECT v.seq FROM revision v JOIN object o ON o.id = v.object_id "
        "WHERE o.seq <> v.seq AND v.seq < (SELECT max(seq) FROM pruned)");
    FreeFrom(seq);
    Exec("DELETE FROM revision WHERE seq = " + seq);
    Exec("DELETE FROM body WHERE seq = " + seq);
  }
  void EditEpoch() {
    static const std::string edits[] = {
        "cause = 'x'", "began_at = began_at + 1", "seq = seq + 1",
        "stream_id = stream_id + 1"};
    Exec("UPDATE epoch SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM epoch"));
  }
  void TruncateTail() {
    const std::string seq =
        std::to_string(Db().execAndGet("SELECT last_seq FROM meta").getInt64() -
                       1 - static_cast<std::int64_t>(random_.Below(50)));
    for (const char* table : {"revision", "record", "body", "gap"}) {
      Exec("DELETE FROM " + std::string(table) + " WHERE seq > " + seq);
    }
    Exec("UPDATE meta SET last_seq = " + seq);
    Exec("DELETE FROM checkpoint WHERE size > " + seq);
  }
  void Replace(const std::string& with) {
    db_.reset();
    fs::copy_file(with, path_, fs::copy_options::overwrite_existing);
    hashes_ = HashesOf(path_);
  }
  void RollBack() { Replace(older); }
  // Goes on from an earlier state, with the program itself.
  void Fork() {
    Replace(older);
    store::TestClock clock;
    clock.Advance(24 * kHour);
    store::OpenOptions options;
    options.clock = &clock;
    options.create = false;
    options.synchronous_full = false;
    options.signer = KeyFrom(66);
    auto writer = store::Writer::Open(path_, options);
    ASSERT_TRUE(writer.ok()) << writer.error().message();
    while ((*writer)->last_seq() < kRecords + 100) {
      const Status done = (*writer)->Transact([&](store::Transaction& tx) {
        for (int i = 0; i < 50; ++i) tx.AppendRecord("audit", 0, "{}", "");
      });
      ASSERT_TRUE(done.ok());
    }
    ASSERT_TRUE((*writer)->CloseCleanly().ok());
  }
  void Graft() {
    const std::string id = Db().execAndGet("SELECT file_id FROM meta");
    Replace(other);
    Exec("UPDATE meta SET file_id = '" + id + "'");
  }
  void EditTile() {
    Exec(
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS "
        "BLOB) "
        "WHERE level * 1000000 + place = " +
        Some("SELECT level * 1000000 + place FROM tile"));
  }
  void RemoveTile() {
    Exec("DELETE FROM tile WHERE level * 1000000 + place = " +
         Some("SELECT level * 1000000 + place FROM tile WHERE level > 0 OR "
              "place = 0"));
  }
  void EditCheckpoint() {
    static const std::string edits[] = {
        "root = zeroblob(32)", "note = replace(note, 'A', 'B')",
        "note = note || note", "size = 1000000"};
    Exec("UPDATE checkpoint SET " + Choose(edits) +
         " WHERE size = " + Some("SELECT size FROM checkpoint"));
  }
  void ChangeView() {
    static const std::string edits[] = {
        "DROP VIEW v_gap",
        "DROP VIEW v_gap; CREATE VIEW v_gap AS SELECT 1 AS seq",
        "CREATE TABLE more (x)", "DROP INDEX revision_late",
        "CREATE TRIGGER t AFTER INSERT ON gap BEGIN DELETE FROM gap; END"};
    Exec(Choose(edits));
  }
  void ChangeResource() {
    static const std::string edits[] = {"resource = resource || 'x'",
                                        "api_group = 'x'", "kind = 'Other'",
                                        "namespaced = 1 - namespaced"};
    Exec("UPDATE resource SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM resource"));
  }
  void ChangeStream() {
    static const std::string edits[] = {
        "namespace = 'x'", "label_selector = 'x'", "field_selector = 'x'",
        "resource_id = resource_id + 10"};
    Exec("UPDATE stream SET " + Choose(edits) +
         " WHERE id = " + Some("SELECT id FROM stream"));
  }
  void ChangeFileId() { Exec("UPDATE meta SET file_id = 'other'"); }
  void SetPositionBack() {
    Exec("UPDATE stream SET position = '1' WHERE id = " +
         Some("SELECT v.stream_id FROM revision v JOIN stream s ON s.id = "
              "v.stream_id JOIN resource k ON k.id = s.resource_id WHERE "
              "v.source = 1 AND v.rv <> '1' AND v.epoch = s.epoch AND "
              "k.resource <> 'events'"));
  }

  const std::string path_;
  SeededRandom random_;
  // Of the leaves, which stand for what is missing.
  std::map<Seq, store::LogHash> hashes_;
  std::unique_ptr<SQLite::Database> db_;
};

class TamperTest : public LoggedFileTest,
                   public testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    path_ = folder_ / "honest.db";
    kept_ = Write(static_cast<std::uint64_t>(1 + GetParam()), kRecords / 2);
    fs::copy_file(path_, folder_ / "older.db");
    kept_ = Write(static_cast<std::uint64_t>(50 + GetParam()), kRecords);
    const std::string honest = path_;
    path_ = folder_ / "another.db";
    Write(static_cast<std::uint64_t>(90 + GetParam()), kRecords);
    path_ = honest;
  }

  // An attacker before a fresh copy.
  Attacker Fresh(std::uint64_t seed) {
    fs::copy_file(path_, altered_, fs::copy_options::overwrite_existing);
    Attacker attacker(altered_, seed);
    attacker.older = folder_ / "older.db";
    attacker.other = folder_ / "another.db";
    return attacker;
  }

  // Alters copies, and expects each to be found. `later`: what may be found
  // only once the prune that is under way has ended.
  void Alter(int alterations, bool pruned, const std::set<std::string>& later) {
    const int kinds = Attacker::kinds(pruned);
    alterations = std::max(kinds * 2, alterations) / kShards;
    for (int i = 0; i < alterations; ++i) {
      const int number = GetParam() + i * kShards;
      SeededRandom random(static_cast<std::uint64_t>(number));
      Attacker attacker = Fresh(random.Next());
      const std::string what = attacker.Act(number % kinds);
      // With what the attacker can do about it: nothing, the log, the log and
      // the checkpoints.
      const std::uint64_t effort = random.Below(3);
      if (effort > 0) attacker.RecomputeLog();
      if (effort > 1) attacker.SignAnew();
      const Report report = MustVerify(altered_, {kept_, "", {}});
      // The attacker mended what had been broken.
      if (effort == 1 && what.find("tile") != std::string::npos) continue;
      const std::string told = std::to_string(number) + ": " + what +
                               ", effort " + std::to_string(effort) + "\n" +
                               Told(report);
      if ((effort == 2 && what == "call the file otherwise") ||
          later.count(what) != 0) {
        // It could be another file, and the wrong checkpoint.
        EXPECT_NE(report.verdict, Verdict::kGood) << told;
      } else {
        EXPECT_EQ(report.verdict, Verdict::kAltered) << told;
      }
    }
  }

  std::string kept_;
  const std::string altered_ = folder_ / "altered.db";
};

TEST_P(TamperTest, EveryAlterationIsFoundGivenALaterCheckpoint) {
  ASSERT_EQ(MustVerify(path_, {kept_, "", {}}).verdict, Verdict::kGood);
  Alter(static_cast<int>(kAlterations * store::TestScale()), /*pruned=*/false,
        {});
}

TEST_P(TamperTest, EveryAlterationOfAPrunedFileIsFound) {
  kept_ = Prune({Before(0.3), Before(0.5), Keep(3)});
  const Report honest = MustVerify(path_, {kept_, "", {}});
  ASSERT_EQ(honest.verdict, Verdict::kGood) << Told(honest);
  Alter(static_cast<int>(kAlterations / 2 * store::TestScale()),
        /*pruned=*/true, {});
}

// What a prune took cannot be told before it ends, and all else can.
TEST_P(TamperTest, WhatAPruneThatIsUnderWayDoesNotTouchIsFoundAtOnce) {
  kept_ = Prune({Before(0.2), Before(0.5), Keep(6)});
  {
    auto writer = MustOpen();
    ASSERT_TRUE(writer->StartPrune(Keep(2)).ok());
    ASSERT_TRUE(writer->StepPrune().ok());
    ASSERT_TRUE(writer->pruning());
    kept_ = Close(*writer);
  }
  const Report honest = MustVerify(path_, {kept_, "", {}});
  ASSERT_EQ(honest.verdict, Verdict::kUndecided);
  ASSERT_TRUE(honest.findings.empty()) << Told(honest);
  Alter(static_cast<int>(kAlterations / 3 * store::TestScale()),
        /*pruned=*/true,
        {"delete a record", "delete what is no revision",
         "delete what was kept", "remove a doubt", "change a doubt",
         "add a doubt", "edit pruned_rv", "edit pruned_object"});
}

TEST_P(TamperTest, WhatIsRewrittenWithCareTakesACheckpointToBeFound) {
  // Edits of what no table repeats.
  for (const int kind : {0, 1, 6}) {
    Attacker attacker = Fresh(static_cast<std::uint64_t>(GetParam() + kind));
    const std::string what = attacker.Act(kind);
    attacker.SignAnew();
    const Report alone = MustVerify(altered_, {});
    EXPECT_EQ(alone.verdict, Verdict::kGood) << what << "\n" << Told(alone);
    const Report report = MustVerify(altered_, {kept_, "", {}});
    EXPECT_EQ(report.verdict, Verdict::kAltered) << what;
  }
  // And without that care it shows by itself, with the record's number.
  Attacker attacker = Fresh(7);
  attacker.Act(0);
  const Report report = MustVerify(altered_, {});
  EXPECT_EQ(report.verdict, Verdict::kAltered);
  ASSERT_FALSE(report.findings.empty());
  EXPECT_GT(report.findings.front().seq, 0);
}

INSTANTIATE_TEST_SUITE_P(Shards, TamperTest, testing::Range(0, kShards));

}  // namespace
}  // namespace kubescribe::verify
