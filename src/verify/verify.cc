#include "verify/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

#include "verify/findings.h"
#include "verify/keys.h"
#include "verify/note.h"
#include "verify/objects.h"
#include "verify/records.h"
#include "verify/snapshot.h"
#include "verify/tables.h"

namespace kubescribe::verify {
namespace {

// The first schema that has a log.
constexpr int kFirstWithLog = 4;
constexpr int kFirstWithPrunes = 5;

// The checkpoints that were kept elsewhere, in order of size; says what is
// wrong with them.
std::vector<Note> Outside(const std::string& text, const std::string& origin,
                          Findings& findings) {
  if (text.empty()) return {};
  Result<std::vector<Note>> notes = ParseNotes(text);
  if (!notes.ok()) {
    findings.Undecided("the checkpoint cannot be read: " +
                       notes.error().message());
    return {};
  }
  const bool ours =
      std::any_of(notes->begin(), notes->end(),
                  [&](const Note& note) { return note.origin == origin; });
  if (!ours) {
    findings.Undecided(
        fmt::format("the checkpoint is of {}, and the file is "
                    "{}",
                    notes->front().origin, origin));
  }
  std::sort(notes->begin(), notes->end(),
            [](const Note& a, const Note& b) { return a.size < b.size; });
  return *std::move(notes);
}

// Who signed what was kept elsewhere, and what the trusted key vouches for.
void JudgeKeys(const std::vector<Note>& outside, const std::string& origin,
               const Records& records, bool trusts, const Report& report,
               Findings& findings) {
  for (const Note& note : outside) {
    if (note.origin != origin || note.size == 0) continue;
    const Keys::Judged judged = records.keys().Judge(note);
    if (trusts && !judged.signed_by_trusted) {
      findings.Undecided(fmt::format(
          "the checkpoint of {} records is not signed by the key that was "
          "given, nor by one that it vouched for",
          note.size));
    } else if (!trusts && !judged.signed_by_known) {
      findings.Undecided(fmt::format(
          "the checkpoint of {} records is signed by no key that the file "
          "names: give the right one",
          note.size));
    }
  }
  if (!trusts) return;
  const std::int64_t vouched = std::max(records.vouched(), report.anchored);
  if (vouched == 0) {
    findings.Undecided(
        "no checkpoint is signed by the key that was given, nor by one that it "
        "vouched for");
  } else {
    findings.Note(
        fmt::format("the key that was given vouches for the records "
                    "up to {}",
                    vouched));
  }
}

// REQUIRES: the snapshot is the one that the tables were checked in.
void CheckPrunes(Snapshot& snapshot, const Records& records, bool trusts,
                 Report& report, Findings& findings) {
  report.pruned = records.derived().pruned;
  if (report.file.schema_version < kFirstWithPrunes) return;
  Prunes now;
  now.Load(snapshot.db());
  now.CheckTable(snapshot.db(), findings);
  now.CheckAnchored(
      report.anchored,
      std::max(records.anchored_by_key(), trusts ? records.vouched() : 0),
      findings);
  if (records.pruned_meanwhile() || now.state() != records.prunes().state()) {
    findings.Undecided(
        "it was pruned while it was verified: verify it again, or a backup of "
        "it");
    return;
  }
  now.CheckKept(records.kept(), records.derived().pruned, findings);
  now.CheckCuts(snapshot.db(), findings);
}

// What cannot even be read to the end is a finding. False: it was so.
bool ReadWhole(Findings& findings, const std::function<void()>& read) {
  try {
    read();
  } catch (const std::exception& exception) {
    findings.Altered(
        0, fmt::format("the database is damaged: {}", exception.what()));
    return false;
  }
  return true;
}

// What needs nothing of the records' pass: the file's structure.
struct Beside {
  Report report;
  Status status;
};

Beside CheckBeside(const std::string& path) {
  Beside beside;
  Findings findings(beside.report);
  ReadWhole(findings, [&] {
    Snapshot snapshot(path);
    beside.status = snapshot.Renew();
    if (!beside.status.ok()) return;
    CheckStructure(snapshot, findings);
  });
  return beside;
}

// On a thread of its own; where there is none to have, when it is asked for.
std::future<Beside> StartBeside(const std::string& path) {
  try {
    return std::async(std::launch::async, CheckBeside, path);
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, CheckBeside, path);
  }
}

Status Run(const std::string& path, Snapshot& snapshot, const Options& options,
           std::optional<codec::Ed25519Public> trusted, Report& report,
           Findings& findings) {
  if (report.file.schema_version < kFirstWithLog) {
    findings.Undecided(fmt::format(
        "the file has no log: its format is {} and logs begin with {}; it gets "
        "one when it is recorded into",
        report.file.schema_version, kFirstWithLog));
    return {};
  }
  const store::Seq last = report.file.last_seq;
  std::int64_t logged = 0;
  {
    store::Query row(snapshot.db(),
                     "SELECT place * 256 + length(hashes) / 32 FROM tile "
                     "WHERE level = 0 ORDER BY place DESC LIMIT 1");
    if (row.Step()) logged = std::min(row.Int(0), last);
  }
  if (logged < last) {
    findings.Undecided(fmt::format(
        "the log has {} of {} records: the file was not brought up to date "
        "whole; open it with the recorder once",
        logged, last));
  }
  const std::string origin = "kubescribe.dev/" + report.file.file_id;
  const std::vector<Note> outside =
      Outside(options.checkpoint, origin, findings);
  std::future<Beside> beside = StartBeside(path);
  Objects objects(snapshot, findings);
  Records records(snapshot, objects, outside, Keys(origin, trusted), logged,
                  report, findings);
  Status read;
  const bool whole = ReadWhole(findings, [&] {
    read = records.Run(last, options.progress);
    if (read.ok()) read = objects.Finish();
  });
  Beside others = beside.get();
  findings.Take(std::move(others.report));
  for (const Status& status : {read, others.status}) {
    if (!status.ok()) return status;
  }
  if (!whole) return {};
  if (Status done = CheckTables(snapshot, records.derived(), findings);
      !done.ok()) {
    return done;
  }
  CheckPrunes(snapshot, records, trusted.has_value(), report, findings);
  JudgeKeys(outside, origin, records, trusted.has_value(), report, findings);
  return {};
}

}  // namespace

Result<Report> Verify(const std::string& path, const Options& options) {
  std::optional<codec::Ed25519Public> trusted;
  if (!options.key.empty()) {
    const auto key = ParsePublicKey(options.key);
    if (!key.ok()) return key.error();
    trusted = *key;
  }
  Snapshot snapshot(path);
  if (const Status open = snapshot.Renew(); !open.ok()) return open.error();
  Report report;
  report.file = snapshot.info();
  report.warnings = snapshot.warnings();
  Findings findings(report);
  Status done;
  ReadWhole(findings, [&] {
    done = Run(path, snapshot, options, trusted, report, findings);
  });
  if (!done.ok()) return done.error();
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) {
                     return (a.seq == 0) != (b.seq == 0) ? b.seq == 0
                                                         : a.seq < b.seq;
                   });
  return report;
}

}  // namespace kubescribe::verify
