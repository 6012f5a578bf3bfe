// The words of DATA/control.sock (its path: base/paths.h): what the tool asks
// of a running recorder.
//
// A Unix stream socket, mode 0600, answered only to the recorder's own user
// and root. JSON lines both ways; one request a connection:
//
//   > {"command":"status","args":{}}
//   < {"progress":"pods",…}                        any number of these
//   < {"done":true,"clusters":[…]}                 or
//   < {"error":{"code":"invalid","message":"…"}}   the last line
//
// A request is at most kMaxRequestLine bytes, a line of an answer at most
// kMaxAnswerLine. Members that a reader does not know are ignored; this is what
// the tool asks for and shows:
//
//   status      {} -> "pid", "version", "startedAt" and "clusters": of each
//               "cluster" and any number of figures ("revisions", "queueBytes",
//               "error", …), and "streams": of each "stream" ("pods in prod"),
//               "state", "message", "error", "waitSeconds"
//   audit       {"cluster": NAME or "", "types": […]} -> progress lines with
//               "cluster", "stream", "findings" or "error" as streams are done;
//               at the end "streams", "findings"
//   reload      {} -> "message" once the new configuration is in force; an
//               error: the old one is
//   backup      {"cluster": NAME or "", "path": ABSOLUTE} -> progress lines
//   with
//               "pages", "done"; at the end "cluster", "path"
//   prune       {"cluster": NAME or "", "resources": [ids], and one of "before"
//               (microseconds since 1970), "keep", "maxBytes"} -> progress
//               lines with "revisions", "objects", "bytes", "lookedAt", "of",
//               "usedBytes", "returnedBytes"; at the end these, "record",
//               "outOfReach" and "cluster". A caller who goes away leaves the
//               prune going on
//   checkpoint  {} -> {}; what is in the -wal files goes into the databases
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::control {

inline constexpr std::size_t kMaxRequestLine = std::size_t{64} << 10;
inline constexpr std::size_t kMaxAnswerLine = std::size_t{16} << 20;

struct Request {
  std::string command;
  std::string args = "{}";  // a JSON object
};

// One line without its newline. Arguments that are not a JSON object count as
// an empty one.
std::string EncodeRequest(const Request& request);
// kInvalid: not a JSON object with a "command"; message for the asker.
Result<Request> DecodeRequest(std::string_view line);

// The last line of an answer: `fields` (a JSON object, or "") with "done":true
// put in; or the error.
std::string EncodeDone(std::string_view fields);
std::string EncodeError(const Error& error);

enum class AnswerKind { kProgress, kDone };
// What a line of an answer is. The error that it carries, if it carries one;
// kCorruption if it is not a JSON object.
Result<AnswerKind> ClassifyAnswer(std::string_view line);

}  // namespace kubescribe::control
