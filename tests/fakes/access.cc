#include "fakes/access.h"

#include <algorithm>

#include "fakes/faults.h"
#include "fakes/plain_answers.h"

namespace kubescribe::fakes {

void Access::SetToken(const std::string& token) {
  const std::lock_guard<std::mutex> lock(mutex_);
  token_ = token;
  token_expired_ = false;
}

void Access::ExpireToken() {
  const std::lock_guard<std::mutex> lock(mutex_);
  token_expired_ = true;
}

void Access::Forbid(const AccessRule& rule) {
  const std::lock_guard<std::mutex> lock(mutex_);
  forbidden_.push_back(rule);
}

void Access::AllowAll() {
  const std::lock_guard<std::mutex> lock(mutex_);
  forbidden_.clear();
}

std::optional<Access::User> Access::Identify(const Request& request) const {
  static const std::vector<AccessRule> nothing;
  const std::string authorization = request.Header("authorization");
  const std::lock_guard<std::mutex> lock(mutex_);
  if (options_.client_certificates &&
      request.client != Request::Client::kTrusted) {
    return std::nullopt;
  }
  // Nobody has to say who he is, where nobody can.
  const bool open = token_.empty() && !token_expired_ &&
                    (options_.users.empty() ||
                     (options_.client_certificates && authorization.empty()));
  if (!authorization.empty() && !token_expired_) {
    for (const SimUser& user : options_.users) {
      if (authorization == "Bearer " + user.token) {
        return User{user.name, &user.allowed};
      }
    }
  }
  if (open || (!token_expired_ && !token_.empty() &&
               authorization == "Bearer " + token_)) {
    return User{options_.name + "-user", nullptr};
  }
  if (authorization.empty()) return User{"system:anonymous", &nothing};
  return std::nullopt;
}

bool Access::Allowed(const User& user, const Request& request,
                     const Route& route) const {
  const std::string id =
      route.group.empty() ? route.resource : route.resource + "." + route.group;
  const auto matches = [&](const AccessRule& rule) {
    return Match(rule.resource, id) && Match(rule.ns, route.ns) &&
           Match(rule.verb, route.verb);
  };
  if (route.resource.empty()) {
    if (user.allowed == nullptr) return true;
    // What every user may see, and what everyone may.
    return request.path == "/version" ||
           (route.verb == "discovery" && user.name != "system:anonymous");
  }
  if (user.allowed != nullptr) {
    return std::any_of(user.allowed->begin(), user.allowed->end(), matches);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::none_of(forbidden_.begin(), forbidden_.end(), matches);
}

std::optional<Answer> Access::Refuse(const Request& request,
                                     const Route& route) const {
  const std::optional<User> user = Identify(request);
  if (!user) return FromStatus(Unauthorized());
  if (request.path == "/readyz" || request.path == "/healthz" ||
      request.path == "/livez") {
    return TextAnswer(200, "ok");
  }
  if (Allowed(*user, request, route)) return std::nullopt;
  StatusBody status;
  if (route.resource.empty()) {
    status = Forbidden(user->name, "get", "", "", "", "");
    status.message = "forbidden: User \"" + user->name +
                     "\" cannot get path \"" + request.path + "\"";
    status.with_details = true;
  } else {
    // One namespace is in itself.
    const bool inside = route.group.empty() && route.resource == "namespaces";
    std::string name = route.name;
    const std::string only = "metadata.name=";
    const std::string fields = request.Query("fieldSelector");
    if (name.empty() && fields.starts_with(only)) {
      name = fields.substr(only.size());
    }
    status = Forbidden(user->name, route.verb, route.group, route.resource,
                       inside ? route.name : route.ns, name, route.sub);
  }
  Answer answer = FromStatus(status);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

}  // namespace kubescribe::fakes
