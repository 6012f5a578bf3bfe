// kubescribe describe: objects at an instant in kubectl's words, with what
// belonged to them.
#include "output/describe.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/user_time.h"
#include "kubescribe/changes_section.h"
#include "kubescribe/cluster_answers.h"
#include "kubescribe/related.h"
#include "kubescribe/selection_flags.h"
#include "output/palette.h"
#include "output/sheet.h"
#include "query/history.h"
#include "query/parallel.h"

namespace kubescribe::tool {
namespace {

constexpr std::size_t kLastChanges = 10;

constexpr char kDescribeExamples[] = R"(Examples:
  kubescribe describe deploy/web-0 -n team-0
  kubescribe describe pods web-0 -n team-0 --at '10m ago'   # all that begin so
  kubescribe describe ns/team-0 node/node-0000
  kubescribe describe po -n team-0 -l app=web-0 --show-events
  kubescribe describe deploy web-0 -n team-0 --all-clusters

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
    selection_.Declare(*app_, "TYPE [NAME or its beginning] or TYPE/NAME...");
    show_events_ =
        app_->add_flag("--show-events,!--no-show-events", events_,
                       "Tell the Events of each (default: of a single object)");
    show_changes_ = app_->add_flag(
        "--show-changes,!--no-show-changes", changes_,
        "Tell the last changes of each (default: of a single object)");
  }

  int Run() override {
    const Result<query::StateRequest> request = selection_.Read();
    if (!request.ok()) return Fail(request.error());
    Result<ClusterAnswers> asked = ClusterAnswers::Of(common_.place);
    if (!asked.ok()) return Fail(asked.error());
    Each(*asked, [&](ClusterAnswer& answer, std::size_t) {
      answer.request = selection_.InCluster(*request, answer.file.cluster);
      Result<query::State> state =
          query::GetState(answer.file.path, answer.request);
      if (!state.ok()) return Status(state.error());
      answer.state = std::move(*state);
      return Status();
    });
    if (const auto error = asked->OnlyError()) return Fail(*error);
    const bool begun = TakeBeginnings(*asked);
    std::vector<Told> told(asked->all().size());
    Each(*asked, [&](ClusterAnswer& answer, std::size_t i) {
      return Tell(answer, begun, told[i]);
    });
    if (const auto error = asked->OnlyError()) return Fail(*error);
    return Print(*asked, told, begun);
  }

 private:
  // The texts of the objects of a cluster.
  struct Told {
    std::vector<std::string> texts;
    bool redacted = false;  // one of them has a fingerprint of a value
  };

  // Does it with all that are without an error, side by side.
  static void Each(
      ClusterAnswers& asked,
      const std::function<Status(ClusterAnswer&, std::size_t)>& work) {
    query::InParallel(asked.all().size(), [&](std::size_t i) {
      ClusterAnswer& answer = asked.all()[i];
      if (answer.error) return;
      const Status done = work(answer, i);
      if (!done.ok()) answer.error = done.error();
    });
  }

  // Where the one name that was asked for is in no cluster: the objects of the
  // type whose names begin so. False: there are none.
  static bool TakeBeginnings(ClusterAnswers& asked) {
    for (const ClusterAnswer& answer : asked.all()) {
      if (answer.error) continue;
      const query::State& state = answer.state;
      if (answer.request.words.size() != 2 || state.types.size() != 1 ||
          state.types[0].missing.empty() || !state.types[0].objects.empty()) {
        return false;
      }
    }
    std::vector<query::State> states(asked.all().size());
    Each(asked, [&](ClusterAnswer& answer, std::size_t i) {
      Result<query::State> state = NamedLike(answer);
      if (!state.ok()) return Status(state.error());
      states[i] = std::move(*state);
      return Status();
    });
    bool any = false;
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states[i].types.empty() || states[i].types[0].objects.empty()) {
        continue;
      }
      any = true;
      asked.all()[i].state = std::move(states[i]);
    }
    return any;
  }

  static Result<query::State> NamedLike(const ClusterAnswer& answer) {
    query::StateRequest request = answer.request;
    const std::string beginning = std::move(request.words.back());
    request.words.pop_back();
    Result<query::State> state = query::GetState(answer.file.path, request);
    if (!state.ok() || state->types.empty()) return state;
    std::erase_if(state->types[0].objects, [&](const query::Object& object) {
      return object.revision.name.rfind(beginning, 0) != 0;
    });
    return state;
  }

  Status Tell(ClusterAnswer& answer, bool begun, Told& told) const {
    std::size_t objects = 0;
    bool missing = false;
    for (const query::TypeState& type : answer.state.types) {
      objects += type.objects.size();
      missing = missing || !type.missing.empty();
    }
    const bool single = objects == 1 && !missing && !begun;
    const bool events = show_events_->count() == 0 ? single : events_;
    const bool changes = show_changes_->count() == 0 ? single : changes_;
    for (query::TypeState& type : answer.state.types) {
      query::When when = answer.request.when;
      if (when.rv) {
        when.rv.reset();
        when.at = type.at;
      }
      RecordedObjects related(answer.file.path, when);
      if (type.objects.size() > 1) related.Hold();
      for (query::Object& object : type.objects) {
        query::ShowAsAsked(type, object);
        Result<std::string> text = TellOne(type, object, events, related);
        if (!text.ok()) return text.error();
        told.redacted = told.redacted || HasRedacted(object.json);
        if (changes) {
          Status added = AddChanges(answer, type, object, *text);
          if (!added.ok()) return added;
        }
        told.texts.push_back(std::move(*text));
        object.json = std::string();
      }
      answer.related_warnings.insert(answer.related_warnings.end(),
                                     related.warnings().begin(),
                                     related.warnings().end());
      answer.related_damaged.insert(related.damaged().begin(),
                                    related.damaged().end());
    }
    return {};
  }

  int Print(const ClusterAnswers& asked, const std::vector<Told>& told,
            bool begun) const {
    const bool uncertain = asked.SayDoubts();
    Out out;
    bool any = false;
    for (std::size_t i = 0; i < told.size(); ++i) {
      const ClusterAnswer& answer = asked.all()[i];
      if (answer.error) continue;
      for (const std::string& text : told[i].texts) {
        if (any && !begun) out.Write("\n\n");
        any = true;
        std::string shown = Shown(
            asked.several() ? ClusterLine(answer.file.cluster, text) + text
                            : text,
            out);
        if (out.look().colour) shown = output::PaintDescription(shown);
        out.Write(shown);
        if (begun) out.Write("\n");
      }
      if (told[i].redacted) SayRedacted();
    }
    out.Flush();
    const std::vector<std::string> missing = asked.MissingLines();
    asked.SayMissing();
    if (!any && missing.empty()) asked.SayNothing(true);
    asked.SayAge();
    const bool failed = asked.SayFailures();
    if (!out.ok() || failed) return kExitError;
    if (selection_.strict && uncertain) return kExitUncertain;
    return any && missing.empty() ? kExitFound : kExitNothing;
  }

  // "Cluster:      prod", its value above that of the text's first line.
  static std::string ClusterLine(const std::string& cluster,
                                 const std::string& text) {
    std::string line = "Cluster:  ";
    const std::string_view first =
        std::string_view(text).substr(0, text.find('\n'));
    const std::size_t colon = first.find(": ");
    const std::size_t value = colon == std::string_view::npos
                                  ? std::string_view::npos
                                  : first.find_first_not_of(' ', colon + 1);
    if (value != std::string_view::npos && value > line.size()) {
      line.resize(value, ' ');
    }
    return line + cluster + "\n";
  }

  // What kubectl cannot say, after its text.
  static Status AddChanges(ClusterAnswer& answer, const query::TypeState& type,
                           const query::Object& object, std::string& text) {
    const Result<query::LastChanges> changes = query::GetLastChanges(
        answer.file.path, object.revision, type.target.row.kind, kLastChanges);
    if (!changes.ok()) return changes.error();
    for (const query::HistoryEntry& entry : changes->entries) {
      if (!entry.damage.empty()) answer.related_damaged.insert(entry.damage);
    }
    text += ChangesText(*changes, kube::LocalZone());
    return {};
  }

  // What is known without the body.
  static std::string TellLost(const query::Object& object,
                              const output::Value& stand_in) {
    output::Sheet sheet;
    sheet.Write(0, "Name:\t{}\n", object.revision.name);
    if (!object.revision.name_space.empty()) {
      sheet.Write(0, "Namespace:\t{}\n", object.revision.name_space);
    }
    const output::Value* why = &stand_in;
    for (const char* key : {"metadata", "annotations", "kubescribe.dev/body"}) {
      if (why != nullptr) why = why->Find(key);
    }
    // Of a damaged one it says that itself.
    sheet.Write(0, "Body:\t{}{}\n", object.damaged ? "" : "not recorded: ",
                why == nullptr ? "-" : why->text);
    return sheet.Text();
  }

  static Result<std::string> TellOne(const query::TypeState& type,
                                     const query::Object& object, bool events,
                                     output::Related& related) {
    const Result<output::Value> value = output::ParseJson(object.json);
    if (!value.ok()) {
      return value.error().Wrap("seq " + std::to_string(object.revision.seq));
    }
    if (!query::LostBody(object).empty()) return TellLost(object, *value);
    output::DescribeRequest request;
    request.resource = {type.target.row.group, type.target.row.resource};
    request.kind = type.target.row.kind;
    request.object = &*value;
    request.at = type.at;
    request.zone = kube::LocalZone();
    request.events = events;
    return output::Describe(request, related);
  }

  SelectionFlags selection_;
  const CLI::Option* show_events_ = nullptr;
  const CLI::Option* show_changes_ = nullptr;
  bool events_ = false;
  bool changes_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeDescribe(const Common& common) {
  return std::make_unique<DescribeCommand>(common);
}

}  // namespace kubescribe::tool
