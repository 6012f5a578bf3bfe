// All of a story's clusters, recorded into one data directory, and their one
// clock.
//
// The statements, each behind its time. Those of one time are committed
// together, as an instant in which two commits fall would be in doubt. OBJECT
// and the items of a list are YAML, as objects.h reads it; KIND is "pods" or
// "deployments.apps", NAME is "prod/web" or "node-1".
//
//   kinds KIND...            what the server serves from now on, all of it;
//                            custom kinds below: PLURAL.GROUP: {kind: K,
//                            version: V, shortNames: [k], namespaced: false}
//   server v1.36.0           its version
//   list KIND [after CAUSE]  a whole list: NAME: OBJECT; an empty OBJECT is as
//                            it was, and what is not in it is gone. A second
//                            one has a cause (kube/observation.h): gone,
//                            rewind, forbidden, ... From its end on the stream
//                            flows
//   added KIND NAME OBJECT   an event. `by MANAGER`: who did it
//   modified KIND NAME OBJECT
//   deleted KIND NAME
//   bookmark KIND
//   cut KIND                 the connection is lost; what is told before
//   resume KIND              this happened sometime since
//   forbidden KIND           it may not be read any more
//   removed KIND             its definition was deleted
//   stop, kill, start        the recorder; it runs at first
//   cluster NAME             what follows is of this cluster; at first "main"
//   clock TIME               the clock is put to this time
//   quiet                    nothing; time goes on
//
// Every event and list takes the next resourceVersion (from 101), or the one
// after `rv`.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "stories/cluster.h"
#include "stories/script.h"

namespace kubescribe::stories {

class World {
 public:
  // Records into `data`, an existing folder.
  explicit World(std::string data) : data_(std::move(data)) {}

  // kInvalid: "LINE: what is wrong, what to do".
  Status Do(const Statement& statement);
  // Commits all that was said. For a question.
  Status Settle();
  Micros now() const { return clock_.Wall(); }

 private:
  Status At(const std::string& time);
  Result<Micros> TimeOf(const std::string& text);
  Status Act(const Statement& statement);
  Result<StoryCluster*> Current();

  const std::string data_;
  StoryClock clock_;
  std::string day_ = "2026-11-20";
  std::string current_ = "main";
  std::map<std::string, std::unique_ptr<StoryCluster>> clusters_;
};

}  // namespace kubescribe::stories
