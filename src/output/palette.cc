#include "output/palette.h"

#include <algorithm>

namespace kubescribe::output {
namespace {

using Words = std::vector<std::string_view>;

bool IsOneOf(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsTrouble(std::string_view word) {
  static const Words kWords = {"Evicted",
                               "OOMKilled",
                               "NotReady",
                               "Lost",
                               "NodeLost",
                               "Denied",
                               "DeadlineExceeded",
                               "Unhealthy",
                               "NodeAffinity",
                               "Degraded",
                               "Preempting",
                               "Shutdown",
                               "ContainerCannotRun",
                               "RegistryUnavailable",
                               "ContainerStatusUnknown"};
  static const Words kEnds = {"Error", "BackOff", "Failed"};
  static const Words kBegins = {"Err", "ExitCode:", "Signal:", "OutOf",
                                "Invalid"};
  const auto ends = [&](std::string_view end) { return word.ends_with(end); };
  const auto begins = [&](std::string_view begin) {
    return word.starts_with(begin);
  };
  return IsOneOf(word, kWords) ||
         std::any_of(kEnds.begin(), kEnds.end(), ends) ||
         std::any_of(kBegins.begin(), kBegins.end(), begins);
}

bool IsOnItsWay(std::string_view word) {
  static const Words kWords = {"Pending",
                               "Terminating",
                               "ContainerCreating",
                               "PodInitializing",
                               "Waiting",
                               "SchedulingGated",
                               "SchedulingDisabled",
                               "Released",
                               "Suspended",
                               "Progressing",
                               "Unknown",
                               "unknown",
                               "stopped"};
  return IsOneOf(word, kWords);
}

bool IsWell(std::string_view word) {
  static const Words kWords = {"Running",  "Completed", "Complete", "Succeeded",
                               "Ready",    "Active",    "Bound",    "Available",
                               "Approved", "Issued",    "Healthy",  "live"};
  return IsOneOf(word, kWords);
}

std::string_view FirstWord(std::string_view text) {
  return text.substr(0, text.find(' '));
}

// Where the value of "  Key:   value" begins; npos: it has none.
std::size_t ValueAt(std::string_view line, std::string_view key) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos || !line.substr(begin).starts_with(key)) {
    return std::string_view::npos;
  }
  return line.find_first_not_of(' ', begin + key.size());
}

// Paints the sections of one description line by line.
class DescriptionPainter {
 public:
  void Add(std::string_view line, std::string& out) {
    constexpr std::string_view kCluster = "Cluster: ";
    if (!line.empty() && line.front() != ' ') {
      section_ = line;
      event_at_ = 0;
    }
    if (line.starts_with(kCluster)) {
      out += Paint(line, Colour::kBold, true);
    } else if (section_ == "Events:") {
      constexpr std::size_t kIndent = 2;
      const bool warns = line.starts_with("  Warning ");
      AddWord(line, kIndent, warns, Colour::kYellow, out);
    } else if (section_ == "Changes:") {
      AddChange(line, out);
    } else {
      AddState(line, out);
    }
  }

 private:
  static void AddWord(std::string_view line, std::size_t at, bool painted,
                      Colour colour, std::string& out) {
    if (!painted) {
      out += line;
      return;
    }
    const std::string_view word = FirstWord(line.substr(at));
    out += line.substr(0, at);
    out += Paint(word, colour, true);
    out += line.substr(at + word.size());
  }

  void AddChange(std::string_view line, std::string& out) {
    constexpr std::string_view kHead = "Event ";
    const std::size_t head = line.find(kHead);
    if (event_at_ == 0 && head != std::string_view::npos) event_at_ = head;
    const auto colour = event_at_ != 0 && event_at_ < line.size()
                            ? ChangeColour(line.substr(event_at_))
                            : std::nullopt;
    AddWord(line, event_at_, colour.has_value(), colour.value_or(Colour{}),
            out);
  }

  static void AddState(std::string_view line, std::string& out) {
    for (const std::string_view key : {"Status:", "State:", "Reason:"}) {
      const std::size_t at = ValueAt(line, key);
      if (at == std::string_view::npos) continue;
      const auto colour = StatusColour(FirstWord(line.substr(at)));
      AddWord(line, at, colour.has_value(), colour.value_or(Colour{}), out);
      return;
    }
    out += line;
  }

  std::string_view section_;  // the last line that is not indented
  std::size_t event_at_ = 0;  // where the changes have their event; 0: not yet
};

}  // namespace

std::optional<Colour> StatusColour(std::string_view status) {
  constexpr std::string_view kInit = "Init:";
  bool on_its_way = false;
  bool well = false;
  while (!status.empty()) {
    std::string_view word = status.substr(0, status.find(','));
    status.remove_prefix(std::min(word.size() + 1, status.size()));
    if (word.starts_with(kInit)) {
      on_its_way = true;
      word.remove_prefix(kInit.size());
    }
    if (IsTrouble(word)) return Colour::kRed;
    on_its_way = on_its_way || IsOnItsWay(word);
    well = well || IsWell(word);
  }
  if (on_its_way) return Colour::kYellow;
  return well ? std::optional(Colour::kGreen) : std::nullopt;
}

std::optional<Colour> ChangeColour(std::string_view event) {
  const std::string_view word = FirstWord(event);
  if (IsOneOf(word, {"Deleted", "DELETED", "Vanished", "Left"})) {
    return Colour::kRed;
  }
  if (IsOneOf(word, {"Added", "ADDED"})) return Colour::kGreen;
  if (IsOneOf(word, {"Modified", "MODIFIED"})) return Colour::kYellow;
  return std::nullopt;
}

Colour NoticeColour(std::string_view kind) {
  if (kind == "error") return Colour::kRed;
  return kind == "note" ? Colour::kCyan : Colour::kYellow;
}

CellColours::CellColours(const std::vector<std::string>& header) {
  rules_.reserve(header.size());
  for (const std::string& name : header) {
    const bool status =
        IsOneOf(name, {"STATUS", "STATE", "PHASE", "CONDITION"});
    rules_.push_back(status            ? Rule::kStatus
                     : name == "TYPE"  ? Rule::kWarning
                     : name == "EVENT" ? Rule::kChange
                                       : Rule::kNone);
  }
}

std::optional<Colour> CellColours::Of(std::size_t column,
                                      std::string_view cell) const {
  switch (column < rules_.size() ? rules_[column] : Rule::kNone) {
    case Rule::kStatus:
      return StatusColour(cell);
    case Rule::kWarning:
      if (cell == "Warning") return Colour::kYellow;
      break;
    case Rule::kChange:
      return ChangeColour(cell);
    case Rule::kNone:
      break;
  }
  return std::nullopt;
}

std::string PaintDescription(std::string_view text) {
  std::string painted;
  painted.reserve(text.size() + text.size() / 8);
  DescriptionPainter painter;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    painter.Add(text.substr(0, end), painted);
    if (end < text.size()) painted += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return painted;
}

}  // namespace kubescribe::output
