// Command: one word of the tool (`kubescribe get …`), and what all of them
// share: flags, exit codes, how warnings and output are written.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "output/terminal.h"
#include "output/value.h"
#include "query/database.h"
#include "query/doubt.h"
#include "query/state.h"

namespace CLI {
class App;
}

namespace kubescribe::tool {

class Pager;

// DESIGN §7. `diff` has diff's own: 0 equal, 1 different, above 1 error.
// kExitAltered and kExitUndecided are verify's.
enum ExitCode {
  kExitFound = 0,
  kExitError = 1,
  kExitUsage = 2,
  kExitNothing = 3,
  kExitUncertain = 4,
  kExitAltered = 5,
  kExitUndecided = 6,
};

// The flags that every command has.
struct Common {
  query::Place place;
};

class Command {
 public:
  explicit Command(const Common& common) : common_(common) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;
  // Adds itself, with its flags, help and examples.
  virtual void Declare(CLI::App& app) = 0;
  // After parsing, if it was the one that was typed. Answers the exit code.
  virtual int Run() = 0;

  // The subcommand that Declare made.
  const CLI::App* app() const { return app_; }

 protected:
  const Common& common_;
  CLI::App* app_ = nullptr;
};

std::vector<std::unique_ptr<Command>> AllCommands(const Common& common);

std::unique_ptr<Command> MakeGet(const Common& common);
std::unique_ptr<Command> MakeDescribe(const Common& common);
std::unique_ptr<Command> MakeHistory(const Common& common);
std::unique_ptr<Command> MakeDiff(const Common& common);
std::unique_ptr<Command> MakeGaps(const Common& common);
std::unique_ptr<Command> MakeStatus(const Common& common);
std::unique_ptr<Command> MakeExport(const Common& common);
std::unique_ptr<Command> MakeImport(const Common& common);
std::unique_ptr<Command> MakeAudit(const Common& common);
std::unique_ptr<Command> MakeReload(const Common& common);
std::unique_ptr<Command> MakeBackup(const Common& common);
std::unique_ptr<Command> MakeCheckpoint(const Common& common);
std::unique_ptr<Command> MakeVerify(const Common& common);
std::unique_ptr<Command> MakePrune(const Common& common);
std::unique_ptr<Command> MakeClusters(const Common& common);
std::unique_ptr<Command> MakeResources(const Common& common);
std::unique_ptr<Command> MakeCompletion(const Common& common);

// -n and -A.
struct NamespaceFlags {
  std::string name;
  bool all = false;
  void Declare(CLI::App& app);
  // The namespace that is meant: none is all. As kubectl: that of the
  // kubeconfig's context (the one called as the cluster, else the current
  // one), else "default".
  std::optional<std::string> Resolve(const std::string& cluster) const;
};

// For CLI11: "" when the text is a seq, else what is wrong.
std::string CheckSeq(const std::string& text);

// What `--at`, `--from` take: times (kube/user_time.h), "rv:N", "seq:N". A
// note on how it was understood goes to stderr. kInvalid names the flag.
Result<query::When> ParseWhen(const std::string& text, const std::string& flag);
// The same where only a time will do.
Result<Micros> ParseTime(const std::string& text, const std::string& flag);

// What `--since` and `--until` bound; absent: not bounded.
struct TimeSpan {
  std::optional<Micros> since;
  std::optional<Micros> until;
};
// Of their texts; "" is absent. A time of day that is still to come is
// yesterday's, but for an end whose beginning lies behind that: it is today's.
// Notes as of ParseWhen. kInvalid, with the flag: no time, or a span that ends
// before it begins.
Result<TimeSpan> ParseSpan(const std::string& since, const std::string& until);

// kInvalid where the span between two times ends before it begins; each is
// called by its flag. A time that is absent bounds nothing.
Status CheckSpan(std::optional<Micros> from, std::string_view from_flag,
                 std::optional<Micros> to, std::string_view to_flag);

// To stderr, once a line, with control characters made visible.
void Say(std::string_view kind, std::string_view message);
// The error, and the exit code that stands for it: kInvalid is usage,
// kNotFound nothing.
int Fail(const Error& error);
// Every warning; true if there was one. `cluster`: said in front, where several
// are asked. Of very many only the first; `all_in` says which other answer to
// the same question has all of them, "" where none does.
bool SayWarnings(const std::vector<std::string>& file_warnings,
                 const std::vector<query::Warning>& warnings,
                 const std::string& cluster = "",
                 const std::string& all_in = "");

// Whether there is a fingerprint of a redacted value in `text` (JSON or YAML of
// an object).
bool HasRedacted(std::string_view text);
// Says once a run, on stderr, that redacted values are fingerprints, if there
// is one in `text` (JSON or YAML of an object). For answers that show values;
// not for tables.
void SayRedacted(std::string_view text);
// The same where one is known to be there.
void SayRedacted();

// stdout, buffered. A reader who went away is no error: all further text is
// dropped.
//
// On a terminal, text that is longer than the screen before the first Flush
// goes through the user's pager (pager.h), whose end the destructor waits for.
// `Paging::kNever` is for what goes on (-w, -f).
enum class Paging { kIfLong, kNever };
class Out {
 public:
  explicit Out(Paging paging = Paging::kIfLong);
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  ~Out();
  const output::Look& look() const { return look_; }
  // False: nobody reads any more.
  bool Write(std::string_view text);
  bool Flush();
  // False: it could not be written (disk full); said on stderr.
  bool ok() const { return !failed_; }

 private:
  bool Send();

  const output::Look look_;
  bool may_page_;
  std::unique_ptr<Pager> pager_;
  std::string buffer_;
  bool gone_ = false;
  bool failed_ = false;
};

// `text` as it may be written to `out`: on a terminal control characters are
// made visible.
std::string Shown(const std::string& text, const Out& out);

// metadata.managedFields taken out, as kubectl does.
void HideManagedFields(output::Value& object);

}  // namespace kubescribe::tool
