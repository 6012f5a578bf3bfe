// kubescribe audit: has the running recorder compare its record with the
// server now.
#include <CLI/CLI.hpp>

#include "control/client.h"
#include "kubescribe/command.h"

namespace kubescribe::tool {
namespace {

constexpr char kAuditExamples[] = R"(Examples:
  kubescribe audit
  kubescribe audit --cluster prod pods deployments.apps

A recorder must be running on the data directory. What it finds is put right
and recorded as such.
)";

// A large cluster's lists take a while; each line of progress starts it anew.
constexpr Micros kAuditPatience = 10 * kMinute;

std::string Text(const output::Value& value, std::string_view key) {
  const output::Value* member = value.Find(key);
  return member == nullptr ? "" : member->text;
}

class Audit final : public Command {
 public:
  using Command::Command;

  void Declare(CLI::App& app) override {
    app_ = app.add_subcommand(
        "audit", "Compare the record with the server now (recorder running)");
    app_->footer(kAuditExamples);
    app_->add_option("types", types_, "Only these types")->type_name("TYPE");
  }

  int Run() override {
    using output::Value;
    if (!common_.place.file.empty()) {
      return Fail(Error(Code::kInvalid,
                        "audit asks a running recorder: name its data "
                        "directory with --data, not a file"));
    }
    const Result<std::string> cluster = query::OneCluster(common_.place);
    if (!cluster.ok()) return Fail(cluster.error());
    Value args = Value::Object();
    args["cluster"] = Value::String(*cluster);
    args["types"] = Value::Array();
    for (const std::string& type : types_) {
      args["types"].items.push_back(Value::String(type));
    }
    Out out;
    const Result<std::string> answer = control::Ask(
        common_.place.data_dir, {"audit", output::ToJsonLine(args)},
        kAuditPatience, [&](const std::string& line) {
          ShowProgress(line, out);
          out.Flush();
        });
    if (!answer.ok()) return FailAudit(answer.error());
    const Result<Value> end = output::ParseJson(*answer);
    if (!end.ok()) return Fail(end.error());
    const std::string message = Text(*end, "message");
    out.Write(
        message.empty()
            ? Text(*end, "streams") +
                  (Text(*end, "streams") == "1" ? " stream" : " streams") +
                  " audited, findings: " + Text(*end, "findings") + "\n"
            : message + "\n");
    out.Flush();
    return out.ok() ? kExitFound : kExitError;
  }

 private:
  // Here "not found" is a failure: there is nobody to ask.
  static int FailAudit(const Error& error) {
    Say("error", error.message());
    return kExitError;
  }

  static void ShowProgress(const std::string& line, Out& out) {
    const Result<output::Value> value = output::ParseJson(line);
    if (!value.ok()) return;
    const std::string error = Text(*value, "error");
    const std::string text =
        Text(*value, "cluster") + "\t" + Text(*value, "stream") + "\t" +
        (error.empty() ? Text(*value, "findings") + " findings" : error);
    out.Write(output::EscapeControls(text) + "\n");
  }

  std::vector<std::string> types_;
};

}  // namespace

std::unique_ptr<Command> MakeAudit(const Common& common) {
  return std::make_unique<Audit>(common);
}

}  // namespace kubescribe::tool
