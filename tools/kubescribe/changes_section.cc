#include "kubescribe/changes_section.h"

#include "kube/user_time.h"
#include "output/sheet.h"

namespace kubescribe::tool {
namespace {

constexpr std::size_t kShownFields = 3;

std::string FieldsText(const query::HistoryEntry& entry) {
  if (!entry.damage.empty()) return "damaged";
  if (entry.changed_unknown) return "unknown";
  std::string text;
  for (std::size_t i = 0; i < entry.changed.size(); ++i) {
    if (i == kShownFields) {
      return text + ",+" + std::to_string(entry.changed.size() - i);
    }
    text += (i == 0 ? "" : ",") + entry.changed[i];
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string ChangesText(const query::LastChanges& changes,
                        const std::string& zone) {
  output::Sheet sheet;
  if (changes.entries.empty()) {
    sheet.Put(0, "Changes:\t<none>\n");
    return sheet.Text();
  }
  sheet.Put(0, "Changes:\n");
  sheet.Put(1, "When\tEvent\tManager\tFields\n");
  sheet.Put(1, "----\t-----\t-------\t------\n");
  for (const query::HistoryEntry& entry : changes.entries) {
    const store::Revision& revision = entry.revision;
    const bool exact =
        revision.not_before && *revision.not_before == revision.changed_at;
    sheet.Write(1, "{}{}\t{}{}\t{}\t{}\n", exact ? "" : "~",
                kube::FormatLocal(revision.changed_at, zone),
                store::EventName(revision.event),
                revision.late ? " (late)" : "",
                entry.manager.empty() ? "-" : entry.manager, FieldsText(entry));
  }
  if (changes.more) {
    sheet.Put(1, "(kubescribe history has the earlier ones)\n");
  }
  return sheet.Text();
}

}  // namespace kubescribe::tool
