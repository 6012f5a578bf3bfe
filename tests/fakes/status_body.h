// The bodies of errors: Status objects as the real server writes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kubescribe::fakes {

struct StatusBody {
  int code = 0;
  std::string reason;  // may be empty
  std::string message;
  // details; none of them set: no details
  std::string group;
  std::string kind;  // the plural
  std::string name;
  bool with_details = false;  // an empty `details` too
  struct Cause {
    std::string reason;
    std::string message;
    std::string field;
  };
  std::vector<Cause> causes;
  int retry_after_seconds = 0;
  std::string continue_token;  // metadata.continue
};

// Compact, without a newline.
std::string Render(const StatusBody& status);

StatusBody Expired(const std::string& message);
// "too old resource version: 5 (17)", or etcd's words for uncached kinds.
StatusBody TooOld(unsigned long rv, unsigned long floor, bool cached);
// What comes from etcd itself does not say when to ask again.
StatusBody TooLarge(unsigned long rv, unsigned long current, bool cached);
StatusBody NotFound(const std::string& group, const std::string& plural,
                    const std::string& name);
StatusBody UnknownResource();
StatusBody BadRequest(const std::string& message);
StatusBody NotAcceptable(bool list);
StatusBody Unauthorized();
StatusBody Forbidden(const std::string& user, const std::string& verb,
                     const std::string& group, const std::string& plural,
                     const std::string& ns, const std::string& name,
                     const std::string& subresource = "");
// 422 for list options: all that is wrong with them. A cause's message begins
// with what kind of error it is.
StatusBody InvalidOptions(std::vector<StatusBody::Cause> causes);
StatusBody MethodNotAllowed();

}  // namespace kubescribe::fakes
