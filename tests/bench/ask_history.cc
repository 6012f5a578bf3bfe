// ask_history FILE [RUNS]: what questions about a file of make_history cost;
// for tests/bench/run. One line a question, tab-separated: its name, rows, and
// of the recorder's way and of the obvious one over B-trees (which looks at
// every object that there ever was): milliseconds, steps of SQLite's machine,
// pages looked at. The fastest of RUNS (15), on a warm cache.

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <tuple>

#include "store/db.h"
#include "store/history_query.h"
#include "store/lifetimes.h"
#include "store/rows.h"
#include "store/seq_at.h"
#include "store/state_query.h"

namespace kubescribe::store {
namespace {

struct Cost {
  double ms = 1e9;
  int steps = 0;
  int pages = 0;
  std::size_t rows = 0;
};

int PagesSoFar(Db& db) {
  int hits = 0;
  int misses = 0;
  int high = 0;
  sqlite3_db_status(db.raw(), SQLITE_DBSTATUS_CACHE_HIT, &hits, &high, 0);
  sqlite3_db_status(db.raw(), SQLITE_DBSTATUS_CACHE_MISS, &misses, &high, 0);
  return hits + misses;
}

// Asks with `sql`, whose parameters `bind` binds, until `runs` or half a
// minute are over.
Cost Ask(Db& db, const std::string& sql, int runs,
         const std::function<void(sqlite3_stmt*)>& bind) {
  using Time = std::chrono::steady_clock;
  Cost best;
  const auto began = Time::now();
  for (int i = 0; i < runs && Time::now() - began < std::chrono::seconds(30);
       ++i) {
    Cost cost;
    const int pages = PagesSoFar(db);
    const auto start = Time::now();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db.raw(), sql.c_str(), -1, &statement, nullptr) !=
        SQLITE_OK) {
      throw SQLite::Exception(db.raw());
    }
    bind(statement);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      cost.rows += sqlite3_column_int64(statement, 0) > 0 ? 1 : 0;
    }
    cost.ms =
        std::chrono::duration<double, std::milli>(Time::now() - start).count();
    cost.steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(statement);
    cost.pages = PagesSoFar(db) - pages;
    if (cost.ms < best.ms) best = cost;
  }
  return best;
}

void Print(const std::string& name, const Cost& ours, const Cost& theirs) {
  if (ours.rows != theirs.rows) {
    throw std::runtime_error(fmt::format("{}: {} rows here, {} there", name,
                                         ours.rows, theirs.rows));
  }
  std::cout << fmt::format("{}\t{}\t{:.3f}\t{}\t{}\t{:.3f}\t{}\t{}\n", name,
                           ours.rows, ours.ms, ours.steps, ours.pages,
                           theirs.ms, theirs.steps, theirs.pages)
            << std::flush;
}

void Main(const std::string& path, int runs) {
  Db db(path, SQLite::OPEN_READONLY, 0, "");
  db.Exec("PRAGMA cache_size = -1000000; PRAGMA mmap_size = 0");
  const FileInfo info = ReadInfo(db);
  const LifeSeconds seconds(info.created_at);
  const auto state = [&](const std::string& name, const ObjectFilter& filter,
                         Micros at) {
    const auto bind = [&](sqlite3_stmt* statement) {
      sqlite3_bind_int64(statement, 1, at);
      sqlite3_bind_int64(statement, 2, filter.resource_id);
      if (filter.name_space) {
        sqlite3_bind_text(statement, 3, filter.name_space->c_str(), -1,
                          SQLITE_STATIC);
      }
    };
    AsOf as_of;
    as_of.at = at;
    const RecordedBy by = FindRecordedBy(db, at);
    Print(name, Ask(db, LivingSql(filter, seconds.Nearest(at), by), runs, bind),
          Ask(db, StateSql(filter, as_of, false, by), runs, bind));
  };
  const Micros span = info.known_until - info.created_at;
  for (const auto& [when, at] :
       {std::pair{"in the middle", info.created_at + span / 2},
        std::pair{"at the end", info.known_until}}) {
    state(fmt::format("pods of one namespace {}", when), {1, "ns42", {}, {}},
          at);
    state(fmt::format("all pods {}", when), {1, {}, {}, {}}, at);
    state(fmt::format("one-second Events of a namespace {}", when),
          {2, "noisy", {}, {}}, at);
    state(fmt::format("the whole cluster {}", when), {}, at);
  }
  // Objects 1 and 10001 of make_history: a Pod, and what changes most.
  for (const auto& [name, object, after] :
       {std::tuple{"all revisions of a pod", 1, Seq{0}},
        std::tuple{"1000 revisions of the busiest object", 10001,
                   info.last_seq / 2}}) {
    const auto ours = [&, object = object,
                       after = after](sqlite3_stmt* statement) {
      sqlite3_bind_int64(statement, 1, object);
      sqlite3_bind_int64(statement, 2, after + 1);
      sqlite3_bind_int64(statement, 3, info.last_seq);
      sqlite3_bind_int64(statement, 4, 1);
      sqlite3_bind_int64(statement, 5, 1000);
    };
    const auto theirs = [&, object = object,
                         after = after](sqlite3_stmt* statement) {
      const std::string row = fmt::format("object-{}", object);
      sqlite3_bind_int64(statement, 1, after);
      sqlite3_bind_text(statement, 2, row.c_str(), -1, SQLITE_TRANSIENT);
    };
    Print(name, Ask(db, RunSql(), runs, ours),
          Ask(db,
              fmt::format("SELECT {} FROM revision v JOIN object o "
                          "ON o.id = v.object_id WHERE +v.seq > ?1 "
                          "AND o.resource_id IN (1, 3) AND o.name = ?2 "
                          "ORDER BY v.seq LIMIT 1000",
                          kRevisionColumns),
              runs, theirs));
  }
}

}  // namespace
}  // namespace kubescribe::store

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: ask_history FILE [RUNS]\n";
    return EXIT_FAILURE;
  }
  try {
    kubescribe::store::Main(argv[1], argc == 3 ? std::atoi(argv[2]) : 15);
    return EXIT_SUCCESS;
  } catch (const std::exception& exception) {
    std::cerr << "ask_history: " << exception.what() << "\n";
    return EXIT_FAILURE;
  }
}
