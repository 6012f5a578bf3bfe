// Db: one SQLite connection with its statements prepared once; private to
// store. Its methods throw SQLite::Exception, which the public classes turn
// into an Error (ErrorFrom) at their edge.
//
//   Query query(db, "SELECT name FROM object WHERE id = ?");
//   query.Bind(id);
//   while (query.Step()) use(query.Text(0));
//
// One thread.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "base/result.h"

namespace kubescribe::store {

// 'kfr1', as schema/001-initial.sql sets it.
inline constexpr std::int64_t kApplicationId = 0x6b667231;
// How long a connection waits for another's lock. Only one that opens the file
// in the instant of a recovery can hold it.
inline constexpr int kBusyMs = 2000;

// One prepared statement. SQLiteCpp's own counts references for each column
// that is read, which half a dozen statements a revision feel.
class Statement {
 public:
  Statement(sqlite3* db, const std::string& sql);
  ~Statement() { sqlite3_finalize(raw_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  sqlite3_stmt* raw() const { return raw_; }
  // Throws where binding a value failed.
  void Require(int code) const {
    if (code != SQLITE_OK) Throw(code);
  }
  // True: there is a row. A statement that had its last row is not begun anew.
  bool Step() {
    const int code = ended_ ? SQLITE_MISUSE : sqlite3_step(raw_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) Throw(code);
    ended_ = true;
    return false;
  }
  void Run() {
    if (Step()) Throw(SQLITE_MISUSE);
  }
  void Reset() {
    sqlite3_reset(raw_);
    ended_ = false;
  }

 private:
  [[noreturn]] void Throw(int code) const;

  sqlite3_stmt* raw_ = nullptr;
  bool ended_ = false;
};

class Db {
 public:
  // Throws where SQLite cannot open it at all; a file that is not a database
  // is noticed at the first question only.
  Db(const std::string& path, int flags, int busy_ms, const std::string& vfs);

  SQLite::Database& handle() { return handle_; }
  sqlite3* raw() { return handle_.getHandle(); }

  void Exec(const std::string& sql) { handle_.exec(sql); }
  // The first column of the first row.
  std::int64_t Int(const char* sql);
  std::string Text(const char* sql);

  // Settings that every connection has: nothing in the file's schema is
  // trusted to call functions, and a close never checkpoints by itself.
  void Harden();

  // The first 100 bytes of the file, through SQLite's own handle: opening and
  // closing a second one would drop this process's locks on the file. Shorter
  // where the file is.
  std::string Header();

 private:
  friend class Query;
  // `sql` must live as long as the program: its address is the key.
  Statement& Prepared(const char* sql);

  SQLite::Database handle_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;
};

// SQL that is put together for one question and not kept prepared.
struct OneTime {
  std::string sql;
};

// A prepared statement in use, from binding to the last row. At most one Query
// of one literal at a time.
class Query {
 public:
  Query(Db& db, const char* sql) : statement_(db.Prepared(sql)) {}
  Query(Db& db, const OneTime& question)
      : own_(std::make_unique<Statement>(db.raw(), question.sql)),
        statement_(*own_) {}
  ~Query() { statement_.Reset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Binds the next parameters, in order. Text and blobs are not copied: they
  // must live until the last Step.
  template <typename... Values>
  Query& Bind(const Values&... values) {
    (BindOne(values), ...);
    return *this;
  }

  // True: there is a row.
  bool Step() { return statement_.Step(); }
  void Run() { statement_.Run(); }

  bool IsNull(int column) const {
    return sqlite3_column_type(statement_.raw(), column) == SQLITE_NULL;
  }
  bool IsInt(int column) const {
    return sqlite3_column_type(statement_.raw(), column) == SQLITE_INTEGER;
  }
  std::int64_t Int(int column) const {
    return sqlite3_column_int64(statement_.raw(), column);
  }
  bool Bool(int column) const { return Int(column) != 0; }
  std::string Text(int column) const { return std::string(Blob(column)); }
  std::optional<std::int64_t> OptionalInt(int column) const {
    if (IsNull(column)) return std::nullopt;
    return Int(column);
  }
  // Valid until the next Step.
  std::string_view Blob(int column) const;

 private:
  void BindOne(std::int64_t value) {
    statement_.Require(sqlite3_bind_int64(statement_.raw(), ++bound_, value));
  }
  void BindOne(int value) { BindOne(std::int64_t{value}); }
  void BindOne(bool value) { BindOne(std::int64_t{value ? 1 : 0}); }
  void BindOne(const std::string& value) {
    statement_.Require(
        sqlite3_bind_text(statement_.raw(), ++bound_, value.data(),
                          static_cast<int>(value.size()), SQLITE_STATIC));
  }
  void BindOne(std::string_view value) {
    statement_.Require(
        sqlite3_bind_text(statement_.raw(), ++bound_, value.data(),
                          static_cast<int>(value.size()), SQLITE_STATIC));
  }
  void BindOne(std::span<const std::uint8_t> blob) {
    statement_.Require(
        sqlite3_bind_blob(statement_.raw(), ++bound_, blob.data(),
                          static_cast<int>(blob.size()), SQLITE_STATIC));
  }
  void BindOne(const std::array<std::uint8_t, 16>& blob) {
    BindOne(std::span<const std::uint8_t>(blob));
  }
  template <typename... Kinds>
  void BindOne(const std::variant<Kinds...>& value) {
    std::visit([this](const auto& one) { this->BindOne(one); }, value);
  }
  template <typename T>
  void BindOne(const std::optional<T>& value) {
    if (value) {
      BindOne(*value);
    } else {
      statement_.Require(sqlite3_bind_null(statement_.raw(), ++bound_));
    }
  }

  std::unique_ptr<Statement> own_;  // of a OneTime
  Statement& statement_;
  int bound_ = 0;
};

// What an exception caught at the edge of store means, for the file `path`.
// `db` (may be null) is where it happened: the operating system's reason is
// asked there.
Error ErrorFrom(const std::exception& exception, const std::string& path,
                sqlite3* db);

// "No space left on device" and the like.
std::string SystemMessage(int error_number);

}  // namespace kubescribe::store
