#include "store/db.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace kubescribe::store {
namespace {

bool IsFull(int primary, int system) {
  return primary == SQLITE_FULL || system == ENOSPC || system == EDQUOT ||
         system == EFBIG;
}

// SQLite counts what it allocates under a lock that all connections share, and
// nobody asks for the count. Only before its first use can that be had: where
// something else was first, it counts on.
void ConfigureOnce() {
  [[maybe_unused]] static const int configured =
      sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int Configured(int flags) {
  ConfigureOnce();
  // A connection is used by one thread at a time: each column of each row that
  // is read would take its lock otherwise.
  return flags | SQLITE_OPEN_NOMUTEX;
}

}  // namespace

Db::Db(const std::string& path, int flags, int busy_ms, const std::string& vfs)
    : handle_(path, Configured(flags), busy_ms, vfs) {}

std::int64_t Db::Int(const char* sql) {
  return handle_.execAndGet(sql).getInt64();
}

std::string Db::Text(const char* sql) {
  return handle_.execAndGet(sql).getString();
}

void Db::Harden() {
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
        std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        std::pair{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}}) {
    sqlite3_db_config(raw(), option, value, nullptr);
  }
  sqlite3_extended_result_codes(raw(), 1);
  Exec("PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON");
}

std::string Db::Header() {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(raw(), "main", SQLITE_FCNTL_FILE_POINTER,
                       static_cast<void*>(&file));
  if (file == nullptr || file->pMethods == nullptr) return "";
  std::string header(100, '\0');
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return "";
  const int wanted =
      static_cast<int>(std::min<sqlite3_int64>(size, sqlite3_int64{100}));
  header.resize(static_cast<std::size_t>(wanted));
  if (wanted > 0 &&
      file->pMethods->xRead(file, header.data(), wanted, 0) != SQLITE_OK) {
    throw SQLite::Exception("reading the file's header", SQLITE_IOERR_READ);
  }
  return header;
}

Statement::Statement(sqlite3* db, const std::string& sql) {
  const int code = sqlite3_prepare_v2(
      db, sql.c_str(), static_cast<int>(sql.size() + 1), &raw_, nullptr);
  if (code != SQLITE_OK) throw SQLite::Exception(db, code);
}

void Statement::Throw(int code) const {
  sqlite3* db = sqlite3_db_handle(raw_);
  // The connection knows more, where it is its own error.
  if ((code & 0xff) == (sqlite3_errcode(db) & 0xff)) {
    throw SQLite::Exception(db, code);
  }
  throw SQLite::Exception(sqlite3_errstr(code), code);
}

Statement& Db::Prepared(const char* sql) {
  std::unique_ptr<Statement>& slot = statements_[sql];
  if (!slot) slot = std::make_unique<Statement>(raw(), sql);
  return *slot;
}

std::string_view Query::Blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.raw(), column);
  return {
      static_cast<const char*>(data),
      static_cast<std::size_t>(sqlite3_column_bytes(statement_.raw(), column))};
}

std::string SystemMessage(int error_number) {
  return std::generic_category().message(error_number);
}

Error ErrorFrom(const std::exception& exception, const std::string& path,
                sqlite3* db) {
  const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&exception);
  if (sqlite == nullptr) {
    return Error(Code::kIo, fmt::format("{}: {}", path, exception.what()));
  }
  const int extended = sqlite->getExtendedErrorCode();
  const int code = sqlite->getErrorCode();
  const int primary = (code >= 0 ? code : 0) & 0xff;
  const int system = db != nullptr ? sqlite3_system_errno(db) : 0;
  const bool system_fault = primary == SQLITE_IOERR ||
                            primary == SQLITE_CANTOPEN ||
                            primary == SQLITE_READONLY;
  if (IsFull(primary, system_fault ? system : 0)) {
    return Error(
        Code::kNoSpace,
        fmt::format("{}: there is no room left ({}): the disk is full, "
                    "or what disk.budget of the configuration allows "
                    "the data directory",
                    path, sqlite->what()));
  }
  const std::string reason =
      system_fault && system != 0
          ? fmt::format("{} ({})", sqlite->what(), SystemMessage(system))
          : std::string(sqlite->what());
  switch (primary) {
    case SQLITE_NOTADB:
      return Error(
          Code::kCorruption,
          fmt::format("{}: not a kubescribe database ({})", path, reason));
    case SQLITE_CORRUPT:
      return Error(
          Code::kCorruption,
          fmt::format("{}: the database is damaged ({}): move it away or "
                      "restore a backup",
                      path, reason));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(Code::kBusy,
                   fmt::format("{}: in use by another program ({}): try again",
                               path, reason));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return Error(Code::kIo,
                   fmt::format("{}: {}: check the rights of the file and of "
                               "its folder",
                               path, reason));
    case SQLITE_CONSTRAINT:
      return Error(Code::kInvalid,
                   fmt::format("{}: a row was refused: {}", path, reason));
    default:
      return Error(Code::kIo, fmt::format("{}: {} (SQLite code {})", path,
                                          reason, extended));
  }
}

}  // namespace kubescribe::store
