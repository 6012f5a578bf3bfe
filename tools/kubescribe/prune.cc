// kubescribe prune: gives up old history, recorder running or not.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>

#include "control/client.h"
#include "kube/user_time.h"
#include "kubescribe/command.h"
#include "output/table.h"
#include "query/database.h"
#include "query/resolve.h"
#include "record/signing_key.h"
#include "store/writer.h"

namespace kubescribe::tool {
namespace {

using output::Value;

constexpr char kPruneExamples[] = R"(Examples:
  kubescribe prune --before 30d --dry-run      what would go, by kind
  kubescribe prune --before 30d
  kubescribe prune --kind events --before 7d
  kubescribe prune --max-size 10GB             the oldest, until the file fits
  kubescribe prune --revisions 100             of each object the newest 100

What was alive at the cut keeps its state there, so that every time after it is
answered as before; for a time before it the answer says that it is pruned. What
is given up cannot be had back. A running recorder prunes between its commits,
and goes on recording. `retention` of the configuration does the same by itself.

Exit codes: 0 pruned, 1 error, or --max-size is less than what lives now takes
(all that can go is gone then), 3 there was nothing to prune.
)";

// The last step may follow a long checkpoint.
constexpr Micros kPrunePatience = kMinute;

// "10GB", "512MiB", "65536". None: it is no size.
std::optional<std::uint64_t> ReadSize(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc()) return std::nullopt;
  const std::string unit(parsed.ptr, end);
  for (const auto& [name, bytes] :
       {std::pair{"", std::uint64_t{1}}, std::pair{"B", std::uint64_t{1}},
        std::pair{"KB", std::uint64_t{1000}},
        std::pair{"MB", std::uint64_t{1000000}},
        std::pair{"GB", std::uint64_t{1000000000}},
        std::pair{"KiB", std::uint64_t{1} << 10},
        std::pair{"MiB", std::uint64_t{1} << 20},
        std::pair{"GiB", std::uint64_t{1} << 30}}) {
    if (unit == name && value <= (std::uint64_t{1} << 60) / bytes) {
      return value * bytes;
    }
  }
  return std::nullopt;
}

std::string CheckSize(const std::string& text) {
  return ReadSize(text)
             ? ""
             : "\"" + text + "\" is no size: write 10GB, 512MiB or 65536";
}

Value NumberOf(std::int64_t number) {
  return Value::Number(std::to_string(number));
}

class Prune final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("prune",
                              "Give up old history, while it is written too");
    app_->footer(kPruneExamples);
    app_->add_option("--before", before_, "What was over by this time")
        ->type_name("TIME");
    app_->add_option("--max-size", max_size_,
                     "The oldest, until the file is no larger")
        ->type_name("SIZE")
        ->check(CheckSize);
    app_->add_option("--revisions", keep_,
                     "All but the newest so many of each object")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000000}));
    app_->add_option("--kind", kinds_,
                     "Only of this type, as pods or deploy (any number of "
                     "times)")
        ->type_name("TYPE")
        ->allow_extra_args(false);
    app_->add_flag("--dry-run", dry_run_, "Only say what would go");
    app_->add_option("-o,--output", output_, "json")
        ->check(CLI::IsMember({"", "json"}))
        ->type_name("FORMAT");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return FailToPrune(file.error());
    if (Status wanted = ReadWish(file->path); !wanted.ok()) {
      return FailToPrune(wanted.error());
    }
    if (dry_run_) return Estimate(file->path);
    Result<store::PruneProgress> done =
        common_.place.file.empty() ? AskRecorder(file->cluster)
                                   : Error(Code::kNotFound, "a file was named");
    // Nobody records: the writer's place is free.
    if (!done.ok() && done.error().code() == Code::kNotFound && !answered_) {
      done = PruneAlone(file->path);
    }
    EndProgress();
    if (!done.ok()) return FailToPrune(done.error());
    return Tell(file->cluster, *done);
  }

 private:
  // Not found is a failure here, not an empty answer.
  static int FailToPrune(const Error& error) {
    Say("error", error.message());
    return error.code() == Code::kInvalid ? kExitUsage : kExitError;
  }

  Status ReadWish(const std::string& path) {
    if (!before_.empty()) {
      const Result<Micros> before = ParseTime(before_, "--before");
      if (!before.ok()) return before.error();
      if (*before > SystemClock().Wall()) {
        return Error(Code::kInvalid,
                     "--before: " + before_ +
                         " is in the future: all that ever ended would go");
      }
      wish_.before = *before;
    }
    if (!max_size_.empty()) wish_.max_bytes = ReadSize(max_size_);
    if (keep_ != 0) wish_.keep = keep_;
    if (Status wanted = store::CheckWish(wish_); !wanted.ok()) {
      return Error(Code::kInvalid,
                   "say what is to go with one of --before, --max-size and "
                   "--revisions");
    }
    if (kinds_.empty()) return {};
    const auto reader = store::Reader::Open(path);
    if (!reader.ok()) return reader.error();
    store::AsOf now;
    now.at = (*reader)->info().known_until;
    for (const std::string& kind : kinds_) {
      const auto target = query::ResolveTarget(**reader, now, kind);
      if (!target.ok()) {
        return Error(Code::kInvalid, target.error().message());
      }
      wish_.resources.push_back(target->row.id);
    }
    return {};
  }

  int Estimate(const std::string& path) const {
    const auto estimate = store::EstimatePrune(path, wish_);
    if (!estimate.ok()) return FailToPrune(estimate.error());
    const auto reader = store::Reader::Open(path);
    if (!reader.ok()) return FailToPrune(reader.error());
    const auto resources = (*reader)->Resources();
    if (!resources.ok()) return FailToPrune(resources.error());
    const auto name = [&](std::int64_t id) {
      for (const store::ResourceRow& row : *resources) {
        if (row.id != id) continue;
        return row.group.empty() ? row.resource
                                 : row.resource + "." + row.group;
      }
      return std::to_string(id);
    };
    Out out;
    if (output_ == "json") {
      Value document = Value::Object();
      document["before"] =
          estimate->before
              ? Value::String(kube::FormatRfc3339(*estimate->before))
              : Value::Null();
      document["usedBytes"] =
          NumberOf(static_cast<std::int64_t>(estimate->used_bytes));
      document["outOfReach"] = Value::Bool(estimate->out_of_reach);
      document["kinds"] = Value::Array();
      for (const store::PruneCount& kind : estimate->kinds) {
        Value line = Value::Object();
        line["kind"] = Value::String(name(kind.resource_id));
        line["revisions"] = NumberOf(kind.revisions);
        line["objects"] = NumberOf(kind.objects);
        line["bytes"] = NumberOf(kind.bytes);
        document["kinds"].items.push_back(std::move(line));
      }
      out.Write(output::ToJson(document) + "\n");
    } else if (estimate->kinds.empty()) {
      Say("note", "there is nothing to prune");
    } else {
      std::vector<std::vector<std::string>> rows;
      for (const store::PruneCount& kind : estimate->kinds) {
        rows.push_back({name(kind.resource_id), std::to_string(kind.revisions),
                        std::to_string(kind.objects),
                        std::to_string(kind.bytes)});
      }
      out.Write(output::RenderTable(
          {"KIND", "REVISIONS", "ENDED-OBJECTS", "BYTES"}, rows));
    }
    out.Flush();
    if (!out.ok()) return kExitError;
    if (estimate->out_of_reach) return SayOutOfReach();
    return estimate->kinds.empty() ? kExitNothing : kExitFound;
  }

  int SayOutOfReach() const {
    Say("error", "what lives now takes more than " + max_size_ +
                     (dry_run_ ? ": all that can be pruned would not be enough"
                               : ": nothing more can be pruned"));
    return kExitError;
  }

  Result<store::PruneProgress> AskRecorder(const std::string& cluster) {
    Value args = Value::Object();
    args["cluster"] = Value::String(cluster);
    args["resources"] = Value::Array();
    for (const std::int64_t id : wish_.resources) {
      args["resources"].items.push_back(NumberOf(id));
    }
    if (wish_.before) args["before"] = NumberOf(*wish_.before);
    if (wish_.keep) args["keep"] = NumberOf(*wish_.keep);
    if (wish_.max_bytes) {
      args["maxBytes"] = NumberOf(static_cast<std::int64_t>(*wish_.max_bytes));
    }
    const Result<std::string> answer = control::Ask(
        common_.place.data_dir, {"prune", output::ToJsonLine(args)},
        kPrunePatience, [this](const std::string& line) {
          answered_ = true;
          const auto progress = Read(line);
          if (progress.ok()) Show(*progress);
        });
    if (answer.ok()) return Read(*answer);
    // It has taken the request, or was about to.
    if (answer.error().code() == Code::kUnavailable) {
      return Error(Code::kUnavailable,
                   answer.error().message() +
                       ": a prune that it had begun goes on when a recorder, "
                       "or kubescribe prune, opens the file again");
    }
    return answer.error();
  }

  static Result<store::PruneProgress> Read(const std::string& line) {
    const Result<Value> value = output::ParseJson(line);
    if (!value.ok()) return value.error();
    const auto number = [&](const char* key) {
      const Value* found = value->Find(key);
      return found == nullptr ? 0 : std::atoll(found->text.c_str());
    };
    store::PruneProgress progress;
    progress.record = number("record");
    progress.revisions = number("revisions");
    progress.objects = number("objects");
    progress.bytes = number("bytes");
    progress.looked_at = number("lookedAt");
    progress.of = number("of");
    progress.used_bytes = static_cast<std::uint64_t>(number("usedBytes"));
    progress.returned_bytes =
        static_cast<std::uint64_t>(number("returnedBytes"));
    progress.out_of_reach = line.find("\"outOfReach\":true") != line.npos;
    return progress;
  }

  Result<store::PruneProgress> PruneAlone(const std::string& path) {
    store::OpenOptions options;
    options.create = false;
    const std::string keys =
        (std::filesystem::path(path).parent_path() / "keys").string();
    const auto signing = record::SigningKeys::Load(keys);
    if (!signing.ok()) return signing.error();
    options.signer = signing->key;
    options.old_signer = signing->old;
    if (signing->key == nullptr) {
      Say("note", "no signing key in " + keys +
                      ": what goes is not under a checkpoint of its own first");
    }
    auto writer = store::Writer::Open(path, options);
    if (!writer.ok()) return writer.error();
    // As the recorder does (DESIGN §5).
    if (const auto signed_now = (*writer)->SignCheckpoint(); !signed_now.ok()) {
      return signed_now.error();
    }
    // What a kill had cut off goes on first.
    for (const bool before : {true, false}) {
      if (before && (*writer)->prune_progress().record != 0) {
        Say("note", "a prune that was cut off goes on first (record " +
                        std::to_string((*writer)->prune_progress().record) +
                        ")");
      }
      if (!before) {
        const auto job = (*writer)->StartPrune(wish_);
        if (!job.ok()) return job.error();
      }
      while ((*writer)->pruning()) {
        if (Status done = (*writer)->StepPrune(); !done.ok()) {
          return done.error();
        }
        Show((*writer)->prune_progress());
      }
    }
    const store::PruneProgress progress = (*writer)->prune_progress();
    const Result<bool> closed = (*writer)->CloseCleanly();
    if (!closed.ok()) return closed.error();
    return progress;
  }

  void Show(const store::PruneProgress& progress) {
    if (!terminal_ || progress.of == 0) return;
    const std::string line =
        "\rpruned " + std::to_string(progress.revisions) + " revisions, " +
        std::to_string(progress.looked_at * 100 / progress.of) + " % looked at";
    shown_ = write(STDERR_FILENO, line.data(), line.size()) > 0;
  }
  void EndProgress() {
    if (shown_) shown_ = write(STDERR_FILENO, "\r\033[K", 4) < 0;
  }

  int Tell(const std::string& cluster,
           const store::PruneProgress& progress) const {
    Out out;
    if (output_ == "json") {
      Value line = Value::Object();
      line["cluster"] = Value::String(cluster);
      line["record"] =
          progress.record == 0 ? Value::Null() : NumberOf(progress.record);
      line["revisions"] = NumberOf(progress.revisions);
      line["objects"] = NumberOf(progress.objects);
      line["bytes"] = NumberOf(progress.bytes);
      line["usedBytes"] =
          NumberOf(static_cast<std::int64_t>(progress.used_bytes));
      line["returnedBytes"] =
          NumberOf(static_cast<std::int64_t>(progress.returned_bytes));
      line["outOfReach"] = Value::Bool(progress.out_of_reach);
      out.Write(output::ToJson(line) + "\n");
    } else if (progress.record == 0) {
      Say("note", "there was nothing to prune");
    } else {
      out.Write(cluster + ": pruned " + std::to_string(progress.revisions) +
                " revisions and " + std::to_string(progress.objects) +
                " ended objects (record " + std::to_string(progress.record) +
                "); " + std::to_string(progress.returned_bytes) +
                " bytes given back, " + std::to_string(progress.used_bytes) +
                " in use\n");
    }
    out.Flush();
    if (!out.ok()) return kExitError;
    if (progress.out_of_reach) return SayOutOfReach();
    return progress.record == 0 ? kExitNothing : kExitFound;
  }

  std::string before_;
  std::string max_size_;
  std::int64_t keep_ = 0;
  std::vector<std::string> kinds_;
  bool dry_run_ = false;
  std::string output_;
  store::PruneWish wish_;
  const bool terminal_ = output::LookOf(STDERR_FILENO).terminal;
  bool answered_ = false;  // a recorder has begun
  bool shown_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePrune(const Common& common) {
  return std::make_unique<Prune>(common);
}

}  // namespace kubescribe::tool
