#include "kubescribe/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iostream>

#include "config/kubeconfig.h"
#include "kube/user_time.h"
#include "kubescribe/pager.h"
#include "output/palette.h"

namespace kubescribe::tool {

std::vector<std::unique_ptr<Command>> AllCommands(const Common& common) {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakeGet(common));
  commands.push_back(MakeDescribe(common));
  commands.push_back(MakeHistory(common));
  commands.push_back(MakeDiff(common));
  commands.push_back(MakeGaps(common));
  commands.push_back(MakeClusters(common));
  commands.push_back(MakeResources(common));
  commands.push_back(MakeStatus(common));
  commands.push_back(MakeExport(common));
  commands.push_back(MakeImport(common));
  commands.push_back(MakeAudit(common));
  commands.push_back(MakeReload(common));
  commands.push_back(MakeBackup(common));
  commands.push_back(MakeCheckpoint(common));
  commands.push_back(MakeVerify(common));
  commands.push_back(MakePrune(common));
  commands.push_back(MakeCompletion(common));
  return commands;
}

void NamespaceFlags::Declare(CLI::App& app) {
  app.add_option("-n,--namespace", name,
                 "Namespace (default: that of the kubeconfig's context, else "
                 "\"default\")")
      ->type_name("NAME");
  app.add_flag("-A,--all-namespaces", all, "All namespaces, whatever -n says");
}

std::optional<std::string> NamespaceFlags::Resolve(
    const std::string& cluster) const {
  if (all) return std::nullopt;
  if (!name.empty()) return name;
  for (const std::string& context : {cluster, std::string()}) {
    const auto connection = config::LoadConnection("", context);
    if (connection.ok() && !connection->default_namespace.empty()) {
      return connection->default_namespace;
    }
  }
  return "default";
}

std::string CheckSeq(const std::string& text) {
  store::Seq seq = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seq);
  const bool number = parsed.ec == std::errc() && parsed.ptr == end;
  return number && seq >= 0 ? ""
                            : "\"" + text + "\" is no seq: a number from 0";
}

Result<query::When> ParseWhen(const std::string& text,
                              const std::string& flag) {
  if (text.empty()) {
    return Error(Code::kInvalid, flag + " is empty: say when, or leave it out");
  }
  query::When when;
  if (text.rfind("seq:", 0) == 0) {
    store::Seq seq = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + 4, end, seq);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return Error(Code::kInvalid,
                   flag + ": \"" + text + "\": a seq is a number");
    }
    when.seq = seq;
    return when;
  }
  const Result<kube::UserTime> time =
      kube::ParseUserTime(text, SystemClock().Wall(), kube::LocalZone());
  if (!time.ok()) return time.error().Wrap(flag);
  if (!time->note.empty()) Say("note", time->note);
  if (!time->rv.empty()) {
    when.rv = time->rv;
  } else if (text != "now") {
    when.at = time->at;
  }
  return when;
}

Result<Micros> ParseTime(const std::string& text, const std::string& flag) {
  const Result<query::When> when = ParseWhen(text, flag);
  if (!when.ok()) return when.error();
  if (when->rv || when->seq) {
    return Error(Code::kInvalid, flag + " takes a time, not a revision");
  }
  return when->at.value_or(SystemClock().Wall());
}

Result<TimeSpan> ParseSpan(const std::string& since, const std::string& until) {
  TimeSpan span;
  if (!since.empty()) {
    const Result<Micros> time = ParseTime(since, "--since");
    if (!time.ok()) return time.error();
    span.since = *time;
  }
  if (!until.empty() && span.since) {
    const auto time =
        kube::ParseUserTime(until, SystemClock().Wall(), kube::LocalZone());
    if (time.ok() && time->to_come && time->at < *span.since) {
      span.until = *time->to_come;
    }
  }
  if (!until.empty() && !span.until) {
    const Result<Micros> time = ParseTime(until, "--until");
    if (!time.ok()) return time.error();
    span.until = *time;
  }
  const Status order = CheckSpan(span.since, "--since", span.until, "--until");
  if (!order.ok()) return order.error();
  return span;
}

Status CheckSpan(std::optional<Micros> from, std::string_view from_flag,
                 std::optional<Micros> to, std::string_view to_flag) {
  if (!from || !to || *from <= *to) return {};
  const std::string zone = kube::LocalZone();
  return Error(Code::kInvalid,
               std::string(from_flag) + " (" + kube::FormatZoned(*from, zone) +
                   ") lies after " + std::string(to_flag) + " (" +
                   kube::FormatZoned(*to, zone) +
                   "); a duration such as 1m is counted from now");
}

void Say(std::string_view kind, std::string_view message) {
  static const output::Look look = output::LookOf(2);
  const output::Colour colour = output::NoticeColour(kind);
  std::cerr << output::Paint(std::string(kind) + ":", colour, look.colour)
            << " " << output::EscapeControls(message) << std::endl;
}

int Fail(const Error& error) {
  // kubectl says a server's errors as they are.
  if (error.message().starts_with("Error from server (")) {
    std::cerr << output::EscapeControls(error.message()) << std::endl;
  } else {
    Say("error", error.message());
  }
  if (error.code() == Code::kInvalid) return kExitUsage;
  return error.code() == Code::kNotFound ? kExitNothing : kExitError;
}

bool SayWarnings(const std::vector<std::string>& file_warnings,
                 const std::vector<query::Warning>& warnings,
                 const std::string& cluster, const std::string& all_in) {
  // Many streams may share one reason; a person needs the first few.
  constexpr std::size_t kMost = 10;
  const std::string zone = kube::LocalZone();
  const std::string before = cluster.empty() ? "" : cluster + ": ";
  for (const std::string& warning : file_warnings) {
    Say("warning", before + warning);
  }
  for (std::size_t i = 0; i < warnings.size() && i < kMost; ++i) {
    const bool pruned = warnings[i].doubt.reason == store::Reason::kPruned;
    Say("warning", before + (pruned ? "pruned: " : "uncertain: ") +
                       query::Describe(warnings[i], zone));
  }
  if (warnings.size() > kMost) {
    Say("warning",
        before + "uncertain: and for " +
            std::to_string(warnings.size() - kMost) + " more reasons" +
            (all_in.empty() ? "" : " (" + all_in + " has them all)"));
  }
  return !warnings.empty();
}

bool HasRedacted(std::string_view text) {
  // base64("kfr1:" + 8 hex digits + ":" + 16 bytes), as record/redact.h makes
  // them.
  constexpr std::string_view kMark = "a2ZyMT";
  constexpr std::size_t kLength = 40;
  const auto of_base64 = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
  };
  for (std::size_t at = text.find(kMark); at != std::string_view::npos;
       at = text.find(kMark, at + 1)) {
    const auto first = text.begin() + static_cast<std::ptrdiff_t>(at);
    const auto length = std::find_if_not(first, text.end(), of_base64) - first;
    if (length == kLength && (at == 0 || !of_base64(text[at - 1]))) return true;
  }
  return false;
}

void SayRedacted(std::string_view text) {
  if (HasRedacted(text)) SayRedacted();
}

void SayRedacted() {
  static bool said = false;
  if (said) return;
  said = true;
  Say("note",
      "values that begin with a2ZyMT, or are told as <redacted>, are "
      "fingerprints: the secret values themselves are never recorded. While "
      "one stays the same, so did the value");
}

Out::Out(Paging paging)
    : look_(output::LookOf(1)),
      may_page_(paging == Paging::kIfLong && look_.terminal &&
                Pager::Wanted()) {}

Out::~Out() { Flush(); }

bool Out::Write(std::string_view text) {
  constexpr std::size_t kBuffer = std::size_t{64} << 10;
  if (gone_ || failed_) return false;
  buffer_ += text;
  if (may_page_ && Pager::IsLong(buffer_)) {
    may_page_ = false;
    pager_ = Pager::Start();
  }
  return buffer_.size() < kBuffer || Send();
}

bool Out::Flush() {
  may_page_ = false;
  return Send();
}

bool Out::Send() {
  const int fd = pager_ != nullptr ? pager_->input() : 1;
  std::size_t done = 0;
  while (done < buffer_.size() && !gone_ && !failed_) {
    const ssize_t written =
        write(fd, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno == EPIPE) {
      gone_ = true;
    } else if (errno != EINTR && errno != EAGAIN) {
      failed_ = true;
      Say("error", std::string("writing the answer: ") +
                       std::generic_category().message(errno));
    }
  }
  buffer_.clear();
  return !gone_ && !failed_;
}

std::string Shown(const std::string& text, const Out& out) {
  return out.look().terminal ? output::EscapeControls(text) : text;
}

void HideManagedFields(output::Value& object) {
  if (!object.is_object() || object.Find("metadata") == nullptr) return;
  object["metadata"].Remove("managedFields");
}

}  // namespace kubescribe::tool
