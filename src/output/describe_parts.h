// What several describers have in common. Private to src/output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output/describe.h"
#include "output/sheet.h"
#include "output/view.h"

namespace kubescribe::output {

// The object that is described, and all that its describer may ask.
class Subject {
 public:
  Subject(const DescribeRequest& request, Related& related)
      : request_(request), related_(related) {}

  View object() const { return View(request_.object); }
  View operator[](std::string_view key) const { return object()[key]; }
  View meta(std::string_view key) const { return object()["metadata"][key]; }
  const std::string& name() const { return meta("name").Text(); }
  const std::string& name_space() const { return meta("namespace").Text(); }
  const std::string& kind() const { return request_.kind; }
  const kube::GroupResource& resource() const { return request_.resource; }
  Micros at() const { return request_.at; }
  bool wants_events() const { return request_.events; }

  // "Mon, 02 Jan 2006 15:04:05 -0700" in the user's zone; of no time that of
  // the year 1, as kubectl does.
  std::string Time(View time) const;
  // The same as "2006-01-02 15:04:05 -0700 MST".
  std::string LongTime(View time) const;
  // "5m10s" until the instant; "<unknown>" of no time.
  std::string Age(View time) const;

  // As Related::Find; what cannot be had is an empty list, and for any error
  // but kNotFound the whole answer fails.
  std::vector<Value> Find(const Related::Query& query) const;
  // The same where it matters whether the type is recorded at all: none.
  std::optional<std::vector<Value>> FindType(const Related::Query& query) const;
  // The one of that name; none: there is none.
  std::optional<Value> FindOne(const kube::GroupResource& resource,
                               const std::string& name_space,
                               const std::string& name) const;
  // The first error of the above.
  const Status& status() const { return status_; }

 private:
  const DescribeRequest& request_;
  Related& related_;
  mutable Status status_;
};

// -- parts of the text

// "Labels:   app=web" and a line for each further one; "<none>". Also for
// annotations: AnnotationLines.
void LabelLines(Sheet& sheet, std::string_view title, View labels,
                std::string_view indent = "");
// Without the last-applied configuration; long and multi-line values below
// their key.
void AnnotationLines(Sheet& sheet, std::string_view title, View annotations);

// Which Events are an object's. kubectl asks by namespace and name, and by kind
// and uid where they are not "".
struct EventsOf {
  std::string name_space;
  std::string name;
  std::string kind;
  std::string uid;
};
// Of the subject itself.
EventsOf EventsOfSubject(const Subject& subject);
// In the server's order.
std::vector<Value> FindEvents(const Subject& subject, const EventsOf& of);
// The table, by when they were seen last, or "<none>". `events`: in the
// server's order, as that decides among those of one second.
void EventLines(const Subject& subject, const std::vector<Value>& events,
                Sheet& sheet);
// Both, if Events are wanted.
void TellEvents(const Subject& subject, Sheet& sheet);
void TellEvents(const Subject& subject, const EventsOf& of, Sheet& sheet);

// "ReplicaSet/web-5d6f": what controls the object; "" if nothing does.
std::string Controller(View object);
// The uid of that; "".
std::string ControllerUid(View object);

// A LabelSelector as `kubectl` prints it: "app=web,tier in (a,b)"; "<none>"
// where nothing is selected by, "<error>" where it is none.
std::string SelectorText(View selector);
// The same as a selector to ask with: an empty one ("" is everything), or none
// where it selects nothing.
std::optional<std::string> SelectorQuery(View selector);
// "a=b,c=d", of a map; "<none>".
std::string MapText(View map);

// "a, b": the texts of a list.
std::string Join(const std::vector<std::string>& texts,
                 std::string_view separator);
std::vector<std::string> Texts(View list);

// Go's %v of what a JSON value decodes to: "map[a:b]", "[x y]".
std::string GoText(View value);

}  // namespace kubescribe::output
