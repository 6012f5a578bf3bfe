#include "store/types.h"

namespace kubescribe::store {

std::string_view EventName(Event event) {
  switch (event) {
    case Event::kAdded:
      return "Added";
    case Event::kModified:
      return "Modified";
    case Event::kDeleted:
      return "Deleted";
    case Event::kListed:
      return "Listed";
    case Event::kRelisted:
      return "Relisted";
    case Event::kVanished:
      return "Vanished";
    case Event::kLeft:
      return "Left";
  }
  return "";
}

bool IsGone(Event event) {
  return event == Event::kDeleted || event == Event::kVanished ||
         event == Event::kLeft;
}

std::string_view SourceName(Source source) {
  switch (source) {
    case Source::kWatch:
      return "watch";
    case Source::kList:
      return "list";
    case Source::kAudit:
      return "audit";
  }
  return "";
}

std::string_view EvidenceName(Evidence evidence) {
  switch (evidence) {
    case Evidence::kReceived:
      return "received";
    case Evidence::kManagedFields:
      return "managedFields";
    case Evidence::kCreation:
      return "creation";
    case Evidence::kDeletion:
      return "deletion";
  }
  return "";
}

}  // namespace kubescribe::store
