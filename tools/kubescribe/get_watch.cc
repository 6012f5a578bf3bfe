#include "kubescribe/get_watch.h"

#include <signal.h>
#include <time.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kubescribe/get_document.h"
#include "kubescribe/kind_table.h"
#include "output/columns.h"
#include "output/yaml.h"
#include "query/follow.h"
#include "store/lock_file.h"

namespace kubescribe::tool {
namespace {

volatile sig_atomic_t stop_asked = 0;

void AskToStop(int) { stop_asked = 1; }

// SIGINT and SIGTERM end the watch, and wake it where it waits.
void CatchSignals() {
  struct sigaction action = {};
  action.sa_handler = AskToStop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// The file is looked at so often: a recorder commits within this time, and the
// look costs a fraction of a millisecond.
constexpr Micros kBetweenLooks = 200 * kMillisecond;

// Prints one object after the other.
class WatchPrinter {
 public:
  explicit WatchPrinter(const GetOptions& options)
      : options_(options), out_(Paging::kNever), columns_(out_.look()) {}

  // `at`: for ages.
  Status Print(const query::TypeState& type, const query::Object& object,
               query::ChangeKind kind, Micros at, const std::string& cluster) {
    const std::string event(query::WatchEventName(kind));
    if (options_.table()) {
      AddRow(type, object, event, at, cluster);
      return {};
    }
    if (options_.name()) {
      out_.Write(Shown(
          KindPrefix(type.target) + "/" + object.revision.name + "\n", out_));
      return {};
    }
    Result<output::Value> value = DocumentOf(options_, object, cluster);
    if (!value.ok()) return value.error();
    if (options_.format.by_template()) {
      return PrintTemplateOf(std::move(*value), NothingOf(object));
    }
    const std::string text = options_.watch_events
                                 ? EventText(event, std::move(*value))
                             : options_.yaml() ? output::ToYaml(*value)
                                               : output::ToJson(*value) + "\n";
    if (options_.yaml() && any_) out_.Write("---\n");
    any_ = true;
    SayRedacted(text);
    out_.Write(Shown(text, out_));
    return {};
  }

  Status PrintTemplateOf(output::Value value, const std::string& nothing) {
    output::ObjectFormat format = options_.format;
    format.headers = format.headers && !any_;
    any_ = true;
    output::TemplateWriter writer(format, /*one=*/true);
    const Status added = writer.Add(std::move(value), nothing);
    if (!added.ok()) return added.error();
    const Result<std::string> text = writer.End();
    if (!text.ok()) return text.error();
    out_.Write(Shown(*text, out_));
    return {};
  }

  // False: nobody reads any more, or it cannot be written.
  bool Flush() {
    columns_.Flush([this](std::string_view line) { out_.Write(line); });
    return out_.Flush();
  }
  bool ok() const { return out_.ok(); }

 private:
  void AddRow(const query::TypeState& type, const query::Object& object,
              const std::string& event, Micros at, const std::string& cluster) {
    std::unique_ptr<KindTable>& table = tables_[&type];
    if (table == nullptr) {
      KindTable::Look look;
      look.with_kind = options_.show_kind;
      look.with_event = options_.watch_events;
      table = std::make_unique<KindTable>(type, options_, look);
    }
    // The columns of another cluster's server may be others.
    std::vector<std::string> header = table->Header();
    if (!options_.no_headers && header != header_) {
      columns_.Add(header);
      header_ = std::move(header);
    }
    columns_.Add(table->Row(object, at, cluster, event), table->colours());
  }
  std::string EventText(const std::string& event, output::Value object) const {
    if (options_.yaml()) {
      output::Value document = output::Value::Object();
      document["object"] = std::move(object);
      document["type"] = output::Value::String(event);
      return output::ToYaml(document);
    }
    return R"({"type":")" + event + R"(","object":)" +
           output::ToJsonLine(object) + "}\n";
  }

  const GetOptions& options_;
  Out out_;
  output::Columns columns_;
  std::vector<std::string> header_;
  std::map<const query::TypeState*, std::unique_ptr<KindTable>> tables_;
  bool any_ = false;
};

struct Watched {
  std::string cluster;
  query::Follower follower;
};

// The state at the beginning. None: `code` says why there is no watch.
std::optional<Watched> Begin(const GetOptions& options, ClusterAnswer& answer,
                             WatchPrinter& printer, int& code) {
  Result<query::Follower> follower =
      query::Follower::Start(answer.file.path, answer.request);
  if (!follower.ok()) {
    code = Fail(follower.error());
    return std::nullopt;
  }
  SayWarnings(follower->state().file_warnings, follower->type().warnings,
              options.with_cluster ? answer.file.cluster : "");
  for (const std::string& name : follower->type().missing) {
    code = kExitNothing;
    if (options.ignore_not_found) continue;
    SayLine(NotFoundLine(follower->type(), name));
  }
  if (code != kExitFound) return std::nullopt;
  if (!store::LockFile::IsHeld(answer.file.path)) {
    Say("note", (options.with_cluster ? answer.file.cluster + ": " : "") +
                    "no recorder writes " + answer.file.path +
                    " now: what comes is shown once one does");
  }
  std::optional<Error> failed;
  const Status listed = follower->EachNow([&](query::Object&& object) {
    if (options.watch_only) return;
    const Status printed =
        printer.Print(follower->type(), object, query::ChangeKind::kAdded,
                      follower->type().at, answer.file.cluster);
    if (!printed.ok()) failed = printed.error();
  });
  if (!listed.ok()) failed = listed.error();
  if (failed) {
    code = Fail(*failed);
    return std::nullopt;
  }
  return Watched{answer.file.cluster, std::move(*follower)};
}

}  // namespace

int Watch(const GetOptions& options, std::vector<ClusterAnswer>& answers) {
  CatchSignals();
  const Micros began = SystemClock().Mono();
  WatchPrinter printer(options);
  std::vector<Watched> watched;
  for (ClusterAnswer& answer : answers) {
    int code = kExitFound;
    std::optional<Watched> one = Begin(options, answer, printer, code);
    if (!one) return options.ignore_not_found ? kExitFound : code;
    watched.push_back(std::move(*one));
  }
  while (printer.Flush() && stop_asked == 0) {
    bool more = false;
    for (Watched& one : watched) {
      std::optional<Error> failed;
      const Result<bool> polled =
          one.follower.Poll([&](query::Change&& change) {
            const Status printed =
                printer.Print(one.follower.type(), change.object, change.kind,
                              SystemClock().Wall(), one.cluster);
            if (!printed.ok()) failed = printed.error();
          });
      if (!polled.ok()) failed = polled.error();
      if (failed) {
        printer.Flush();
        return Fail(*failed);
      }
      more = more || *polled;
    }
    if (options.timeout && SystemClock().Mono() - began >= *options.timeout) {
      printer.Flush();
      break;
    }
    if (more) continue;
    if (!printer.Flush()) break;
    timespec pause = {0, kBetweenLooks * 1000};
    nanosleep(&pause, nullptr);  // a signal ends it
  }
  return printer.ok() ? kExitFound : kExitError;
}

}  // namespace kubescribe::tool
