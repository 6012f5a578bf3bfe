// kubescribe describe: objects at an instant in kubectl's words, with what
// belonged to them.
#include "output/describe.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <set>

#include "kube/user_time.h"
#include "kubescribe/changes_section.h"
#include "kubescribe/command.h"
#include "kubescribe/related.h"

namespace kubescribe::tool {
namespace {

constexpr std::size_t kLastChanges = 10;

constexpr char kDescribeExamples[] = R"(Examples:
  kubescribe describe pod web-1 --at 02:15
  kubescribe describe pods web -n prod --at '2h ago'   # all that begin so
  kubescribe describe deploy/web node/n1
  kubescribe describe po -l app=web --show-events

After kubectl's text come the last changes up to the instant. A time with ~ is
the latest at which it can have happened: nobody was looking.
)";

class DescribeCommand final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand("describe",
                              "Objects as they were, in detail, with their "
                              "Events");
    app_->footer(kDescribeExamples);
    app_->add_option("what", request_.words,
                     "TYPE [NAME or its beginning] or TYPE/NAME...")
        ->required()
        ->type_name("TYPE");
    namespace_.Declare(*app_);
    auto* at = app_->add_option("--at", at_, "The instant (default: now)")
                   ->type_name("TIME");
    auto* rv =
        app_->add_option("--rv", rv_, "At this resourceVersion of the type")
            ->type_name("N");
    auto* seq = app_->add_option("--seq", seq_, "As recorded up to this seq")
                    ->type_name("N")
                    ->check(CheckSeq);
    at->excludes(rv)->excludes(seq);
    rv->excludes(seq);
    app_->add_option("-l,--selector", request_.label_selector, "Label selector")
        ->type_name("EXPR");
    show_events_ =
        app_->add_flag("--show-events,!--no-show-events", events_,
                       "Tell the Events of each (default: of a single object)");
    show_changes_ = app_->add_flag(
        "--show-changes,!--no-show-changes", changes_,
        "Tell the last changes of each (default: of a single object)");
    app_->add_flag("--strict", strict_,
                   "Exit with 4 when the answer is uncertain");
  }

  int Run() override {
    const Result<query::DatabaseFile> file = query::FindDatabase(common_.place);
    if (!file.ok()) return Fail(file.error());
    path_ = file->path;
    if (at_) {
      Result<query::When> when = ParseWhen(*at_, "--at");
      if (!when.ok()) return Fail(when.error());
      request_.when = *when;
    }
    if (!rv_.empty()) request_.when.rv = rv_;
    request_.when.seq = seq_ ? seq_ : request_.when.seq;
    request_.name_space = namespace_.Resolve(file->cluster);
    Result<query::State> state = query::GetState(path_, request_);
    if (!state.ok()) return Fail(state.error());
    bool missing = false;
    for (const query::TypeState& type : state->types) {
      missing = missing || !type.missing.empty();
    }
    const bool prefix = missing && request_.words.size() == 2 &&
                        state->types.size() == 1 &&
                        state->types[0].objects.empty();
    if (prefix) {
      Result<query::State> like = NamedLike(request_.words[1]);
      if (!like.ok()) return Fail(like.error());
      if (!like->types[0].objects.empty()) return Tell(*like, true);
    }
    return Tell(*state, false);
  }

 private:
  // The objects of the type whose names begin so.
  Result<query::State> NamedLike(const std::string& beginning) {
    query::StateRequest request = request_;
    request.words.pop_back();
    Result<query::State> state = query::GetState(path_, request);
    if (!state.ok()) return state;
    std::erase_if(state->types[0].objects, [&](const query::Object& object) {
      return object.revision.name.rfind(beginning, 0) != 0;
    });
    return state;
  }

  int Tell(query::State& state, bool prefix) {
    std::size_t objects = 0;
    bool missing = false;
    std::set<std::string> damaged;
    for (const query::TypeState& type : state.types) {
      objects += type.objects.size();
      missing = missing || !type.missing.empty();
      damaged.insert(type.damaged.begin(), type.damaged.end());
    }
    const bool single = objects == 1 && !missing && !prefix;
    if (show_events_->count() == 0) events_ = single;
    if (show_changes_->count() == 0) changes_ = single;
    std::string text;
    std::vector<query::Warning> warnings;
    std::set<std::string> reasons;
    const auto add = [&](const std::vector<query::Warning>& more) {
      for (const query::Warning& warning : more) {
        if (reasons.insert(query::Describe(warning, "UTC")).second) {
          warnings.push_back(warning);
        }
      }
    };
    for (query::TypeState& type : state.types) {
      add(type.warnings);
      query::When when = request_.when;
      if (when.rv) {
        when.rv.reset();
        when.at = type.at;
      }
      RecordedObjects related(path_, when);
      if (type.objects.size() > 1) related.Hold();
      for (query::Object& object : type.objects) {
        query::ShowAsAsked(type, object);
        Result<std::string> told = TellOne(type, object, related);
        if (!told.ok()) return Fail(told.error());
        if (changes_) {
          const Status added = AddChanges(type, object, *told, damaged);
          if (!added.ok()) return Fail(added.error());
        }
        if (!text.empty() && !prefix) text += "\n\n";
        text += *told;
        if (prefix) text += "\n";
      }
      add(related.warnings());
      damaged.insert(related.damaged().begin(), related.damaged().end());
    }
    SayWarnings(state.file_warnings, warnings);
    for (const std::string& what : damaged) Say("error", what);
    SayMissing(state);
    if (objects == 0 && !missing) SayNothing();
    Out out;
    out.Write(out.look().terminal ? output::EscapeControls(text) : text);
    out.Flush();
    if (!out.ok() || !damaged.empty()) return kExitError;
    if (strict_ && !warnings.empty()) return kExitUncertain;
    return objects != 0 && !missing ? kExitFound : kExitNothing;
  }

  // What kubectl cannot say, after its text.
  Status AddChanges(const query::TypeState& type, const query::Object& object,
                    std::string& text, std::set<std::string>& damaged) const {
    const Result<query::LastChanges> changes = query::GetLastChanges(
        path_, object.revision, type.target.row.kind, kLastChanges);
    if (!changes.ok()) return changes.error();
    for (const query::HistoryEntry& entry : changes->entries) {
      if (!entry.damage.empty()) damaged.insert(entry.damage);
    }
    text += ChangesText(*changes, kube::LocalZone());
    return {};
  }

  Result<std::string> TellOne(const query::TypeState& type,
                              const query::Object& object,
                              output::Related& related) const {
    const Result<output::Value> value = output::ParseJson(object.json);
    if (!value.ok()) {
      return value.error().Wrap("seq " + std::to_string(object.revision.seq));
    }
    output::DescribeRequest request;
    request.resource = {type.target.row.group, type.target.row.resource};
    request.kind = type.target.row.kind;
    request.object = &*value;
    request.at = type.at;
    request.zone = kube::LocalZone();
    request.events = events_;
    return output::Describe(request, related);
  }

  static void SayMissing(const query::State& state) {
    for (const query::TypeState& type : state.types) {
      for (const std::string& name : type.missing) {
        std::cerr << output::EscapeControls(
                         "Error from server (NotFound): " +
                         type.target.info.group_resource().ToString() + " \"" +
                         name + "\" not found")
                  << std::endl;
      }
    }
  }

  void SayNothing() const {
    // kubectl names the namespace of any kind, those without one too.
    std::cerr << "No resources found";
    if (request_.name_space) {
      std::cerr << " in " << output::EscapeControls(*request_.name_space)
                << " namespace.";
    }
    std::cerr << std::endl;
  }

  query::StateRequest request_;
  NamespaceFlags namespace_;
  std::string path_;
  std::optional<std::string> at_;
  std::string rv_;
  std::optional<store::Seq> seq_;
  const CLI::Option* show_events_ = nullptr;
  const CLI::Option* show_changes_ = nullptr;
  bool events_ = false;
  bool changes_ = false;
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDescribe(const Common& common) {
  return std::make_unique<DescribeCommand>(common);
}

}  // namespace kubescribe::tool
