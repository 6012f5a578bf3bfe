#include "fakes/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "fakes/discovery.h"
#include "fakes/gzip.h"
#include "fakes/watch_source.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kKeptRequests = 100000;
constexpr std::size_t kGzipFrom = 128 << 10;
constexpr std::size_t kStreamFrom = std::size_t{1} << 20;

std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    if (slash > at) parts.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return parts;
}

bool Match(const std::string& pattern, const std::string& value) {
  return pattern == "*" || pattern == value;
}

Answer Text(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.body = std::move(body);
  return answer;
}

Answer Json(std::string body) {
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

Answer FromStatus(const StatusBody& status) {
  Answer answer;
  answer.status = status.code;
  answer.body = Render(status) + "\n";
  if (status.retry_after_seconds > 0) {
    answer.headers.emplace_back("Retry-After",
                                std::to_string(status.retry_after_seconds));
  }
  return answer;
}

// An empty text leaves `value` as it is.
template <typename Number>
bool ParseNumber(const std::string& text, Number& value) {
  if (text.empty()) return true;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsTrue(const std::string& value) {
  return value == "1" || value == "true";
}

bool AcceptsGzip(const Request& request) {
  return request.Header("accept-encoding").find("gzip") != std::string::npos;
}

// A list too large to be held as one text: items are rendered as they go.
class ListSource final : public StepSource {
 public:
  ListSource(KindInfo kind, Page page)
      : kind_(std::move(kind)), page_(std::move(page)) {}

  Step Next(Micros) override {
    Step step;
    if (done_) {
      step.kind = Step::Kind::kEnd;
      return step;
    }
    if (at_ == 0) step.bytes = page_.head;
    while (at_ < page_.objects.size() && step.bytes.size() < (64U << 10)) {
      if (at_ > 0) step.bytes += ',';
      step.bytes += ItemText(kind_, *page_.objects[at_]);
      page_.objects[at_++].reset();
    }
    if (at_ == page_.objects.size()) {
      step.bytes += page_.tail;
      done_ = true;
    }
    return step;
  }

 private:
  const KindInfo kind_;
  Page page_;
  std::size_t at_ = 0;
  bool done_ = false;
};

std::string PageText(const KindInfo& kind, const Page& page) {
  std::string text = page.head;
  for (std::size_t i = 0; i < page.objects.size(); ++i) {
    if (i > 0) text += ',';
    text += ItemText(kind, *page.objects[i]);
  }
  return text + page.tail;
}

}  // namespace

Api::Api(const SimOptions& options, State& state, FaultBook& faults,
         Journal& journal, const Clock& clock, std::function<void()> changed)
    : options_(options),
      state_(state),
      faults_(faults),
      journal_(journal),
      clock_(clock),
      changed_(std::move(changed)),
      lister_(options, state, clock),
      random_(options.seed + 77),
      token_(options.token) {}

void Api::SetToken(const std::string& token) {
  const std::lock_guard<std::mutex> lock(mutex_);
  token_ = token;
  token_expired_ = false;
}

void Api::ExpireToken() {
  const std::lock_guard<std::mutex> lock(mutex_);
  token_expired_ = true;
}

void Api::Forbid(const AccessRule& rule) {
  const std::lock_guard<std::mutex> lock(mutex_);
  forbidden_.push_back(rule);
}

void Api::AllowAll() {
  const std::lock_guard<std::mutex> lock(mutex_);
  forbidden_.clear();
}

void Api::FailGroup(const std::string& group, bool failing) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failing) {
    failing_.insert(group);
  } else {
    failing_.erase(group);
  }
}

void Api::SetHook(RequestHook hook) {
  const std::lock_guard<std::mutex> lock(mutex_);
  hook_ = std::move(hook);
}

std::vector<RequestRecord> Api::Requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {requests_.begin(), requests_.end()};
}

std::size_t Api::OpenWatches(const std::string& resource) const {
  const std::lock_guard<std::mutex> lock(watches_->mutex);
  std::size_t count = 0;
  for (const auto& [name, open] : watches_->open) {
    if (Match(resource, name)) count += open;
  }
  return count;
}

Api::Route Api::Parse(const Request& request) const {
  Route route;
  route.verb = "other";
  std::vector<std::string> parts = SplitPath(request.path);
  if (parts.empty() || (parts[0] != "api" && parts[0] != "apis")) return route;
  const std::size_t root = parts[0] == "api" ? 2 : 3;
  if (parts[0] == "apis" && parts.size() > 1) route.group = parts[1];
  if (parts.size() <= root) {
    route.verb = "discovery";
    return route;
  }
  const std::string version = parts[root - 1];
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(root));
  bool watch = IsTrue(request.Query("watch"));
  if (parts[0] == "watch") {  // the old prefix form
    watch = true;
    parts.erase(parts.begin());
  }
  if (parts.size() >= 3 && parts[0] == "namespaces") {
    route.ns = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.empty()) return route;
  route.kind = state_.FindKind(route.group, parts[0]);
  if (route.kind && route.kind->version != version) route.kind.reset();
  if (!route.kind || parts.size() > 2) {
    route.kind.reset();
    for (const KindInfo& kind : state_.Kinds()) {
      route.unknown_resource |= kind.group == route.group && !kind.custom;
    }
    return route;
  }
  if (parts.size() == 2) route.name = parts[1];
  route.verb = watch ? "watch" : route.name.empty() ? "list" : "get";
  return route;
}

FaultPlace Api::Place(const Request& request, const Route& route) {
  FaultPlace place;
  place.resource = route.kind ? route.kind->Id() : route.group;
  place.ns = route.ns;
  place.verb = route.verb;
  place.with_continue = !request.Query("continue").empty();
  return place;
}

void Api::Served(const Fault& fault, const Route& route, std::uint64_t rv,
                 const std::string& name, const std::string& detail) {
  JournalEntry entry;
  if (route.kind) entry.resource = route.kind->plural;
  entry.group = route.group;
  entry.ns = route.ns;
  entry.name = name;
  entry.rv = rv;
  entry.type = "FAULT";
  entry.fault = fault.name;
  entry.detail = detail;
  journal_.Add(std::move(entry));
  changed_();
}

Answer Api::Handle(const Request& request) {
  const Route route = Parse(request);
  RequestRecord record;
  record.at = clock_.Mono();
  record.method = request.method;
  record.target = request.target;
  record.verb = route.verb;
  if (route.kind) record.resource = route.kind->Id();
  record.ns = route.ns;
  record.authorization = request.Header("authorization");
  record.user_agent = request.Header("user-agent");
  record.accept_encoding = request.Header("accept-encoding");
  RequestHook hook;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    hook = hook_;
  }
  Answer answer;
  std::optional<CannedAnswer> canned;
  if (hook) canned = hook(record);
  if (canned) {
    answer.status = canned->status;
    answer.content_type = canned->content_type;
    answer.body = canned->body;
    answer.headers = canned->headers;
    answer.hold = canned->hold;
  } else {
    answer = Decide(request, route);
  }
  record.status = answer.hold ? 0 : answer.status;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(std::move(record));
    if (requests_.size() > kKeptRequests) requests_.pop_front();
  }
  changed_();
  return answer;
}

std::optional<Answer> Api::Refuse(const Request& request, const Route& route) {
  const std::string authorization = request.Header("authorization");
  std::string user = options_.name + "-user";
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!token_.empty() || token_expired_) {
    if (authorization.empty()) {
      user = "system:anonymous";
    } else if (token_expired_ || authorization != "Bearer " + token_) {
      return FromStatus(Unauthorized());
    }
  }
  if (!route.kind) {
    if (user == "system:anonymous" && route.verb == "discovery") {
      StatusBody status = Forbidden(user, "get", "", "", "", "");
      status.message = "forbidden: User \"" + user + "\" cannot get path \"" +
                       request.path + "\"";
      status.with_details = true;
      return FromStatus(status);
    }
    return std::nullopt;
  }
  const bool refused =
      user == "system:anonymous" ||
      std::any_of(
          forbidden_.begin(), forbidden_.end(), [&](const AccessRule& rule) {
            return Match(rule.resource, route.kind->Id()) &&
                   Match(rule.ns, route.ns) && Match(rule.verb, route.verb);
          });
  if (!refused) return std::nullopt;
  Answer answer = FromStatus(Forbidden(
      user, route.verb, route.group, route.kind->plural, route.ns, route.name));
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return answer;
}

Answer Api::Decide(const Request& request, const Route& route) {
  if (request.path == "/readyz" || request.path == "/healthz" ||
      request.path == "/livez") {
    return Text(200, "ok");
  }
  if (std::optional<Answer> refused = Refuse(request, route)) {
    return *std::move(refused);
  }
  if (request.method != "GET") return FromStatus(MethodNotAllowed());
  if (request.path == "/version") return Json(VersionText());
  if (route.verb == "other") {
    return route.unknown_resource ? FromStatus(UnknownResource())
                                  : Text(404, "404 page not found\n");
  }
  bool gzip = false;
  if (const auto fault = faults_.ForRequest(Place(request, route))) {
    Served(*fault, route, state_.CurrentRv(), route.name, request.target);
    if (fault->name != "gzip") return Fail(*fault, request, route);
    gzip = AcceptsGzip(request);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!route.group.empty() && failing_.count(route.group) != 0) {
      return Text(503, "service unavailable\n");
    }
  }
  Answer answer;
  if (route.verb == "discovery") {
    answer = Discovery(request);
  } else if (route.verb == "watch") {
    return Watch(request, route, gzip);
  } else if (route.verb == "list") {
    answer = List(request, route, gzip);
  } else {
    answer = Get(route);
  }
  SpoilBody(answer, request, route);
  return answer;
}

Answer Api::Fail(const Fault& fault, const Request& request,
                 const Route& route) {
  const std::string& name = fault.name;
  Answer answer;
  if (name == "gone-connect" || name == "gone-list") {
    const std::uint64_t rv = state_.CurrentRv();
    answer = FromStatus(TooOld(rv > 0 ? rv - 1 : 0, rv, true));
  } else if (name == "gone-event") {
    const std::uint64_t rv = state_.CurrentRv();
    answer.body = ErrorFrame(Render(TooOld(rv > 0 ? rv - 1 : 0, rv, true)));
    answer.chunked = true;
  } else if (name == "expired-continue") {
    answer = FromStatus(Lister::ExpiredToken(request.Query("continue")));
  } else if (name == "eof") {
    answer.chunked = true;
  } else if (name == "status-429") {
    answer = Text(429, "Too many requests, please try again later.\n");
  } else if (name == "status-503") {
    answer = Text(503, "apiserver not ready\n");
  } else if (name == "status-500" || name == "status-504") {
    StatusBody status;
    status.code = name == "status-500" ? 500 : 504;
    status.reason = status.code == 500 ? "InternalError" : "Timeout";
    status.message = "Internal error occurred: simulated";
    answer = FromStatus(status);
  } else if (name == "html") {
    answer.content_type = "text/html; charset=utf-8";
    answer.body =
        "<!DOCTYPE html><html><body><form action=\"/login\">Sign in"
        "</form></body></html>\n";
  } else if (name == "unauthorized") {
    answer = FromStatus(Unauthorized());
  } else if (name == "forbidden") {
    answer = FromStatus(
        Forbidden(options_.name + "-user",
                  route.verb == "discovery" ? "get" : route.verb, route.group,
                  route.kind ? route.kind->plural : "", route.ns, route.name));
  } else if (name == "not-found") {
    answer = Text(404, "404 page not found\n");
  } else if (name == "redirect") {
    answer = Text(302, "");
    answer.headers.emplace_back("Location",
                                "http://elsewhere.invalid" + request.target);
  } else {
    answer.hold = true;  // no-answer
  }
  if (!fault.retry_after.empty()) {
    answer.headers.emplace_back("Retry-After", fault.retry_after);
  }
  return answer;
}

Answer Api::Discovery(const Request& request) {
  const std::vector<std::string> parts = SplitPath(request.path);
  const std::vector<KindInfo> kinds = state_.Kinds();
  std::set<std::string> failing;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failing = failing_;
  }
  std::string body;
  if (parts.size() == 1) {
    const bool core = parts[0] == "api";
    if (options_.aggregated_discovery &&
        WantsAggregated(request.Header("accept"))) {
      Answer answer = Json(AggregatedText(kinds, core, failing));
      answer.content_type = kAggregatedType;
      answer.headers.emplace_back("Vary", "Accept");
      return answer;
    }
    body =
        core ? ApiVersionsText(request.Header("host")) : GroupListText(kinds);
  } else if (parts[0] == "api") {
    body = ResourceListText(kinds, "", parts[1]);
  } else if (parts.size() == 2) {
    body = GroupText(kinds, parts[1]);
  } else {
    body = ResourceListText(kinds, parts[1], parts[2]);
  }
  if (body.empty()) return Text(404, "404 page not found\n");
  return Json(std::move(body));
}

Answer Api::List(const Request& request, const Route& route, bool force_gzip) {
  const std::string initial = request.Query("sendInitialEvents");
  if (!initial.empty()) {
    return FromStatus(InvalidOption("sendInitialEvents",
                                    "sendInitialEvents is forbidden for list"));
  }
  ListOptions options;
  options.ns = route.ns;
  options.limit = request.Query("limit");
  options.continue_token = request.Query("continue");
  options.resource_version = request.Query("resourceVersion");
  options.match = request.Query("resourceVersionMatch");
  Result<Selector> selector =
      Selector::Parse(*route.kind, request.Query("labelSelector"),
                      request.Query("fieldSelector"));
  if (!selector.ok()) {
    return FromStatus(BadRequest(selector.error().message()));
  }
  options.selector = *std::move(selector);
  auto listed = lister_.List(*route.kind, options);
  if (const auto* status = std::get_if<StatusBody>(&listed)) {
    return FromStatus(*status);
  }
  Page& page = std::get<Page>(listed);
  std::size_t size = page.head.size();
  for (const ObjectPtr& object : page.objects) size += object->text.size();
  const bool gzip =
      force_gzip || (options_.gzip && size > kGzipFrom && AcceptsGzip(request));
  Answer answer;
  if (size > kStreamFrom && !gzip) {
    answer.source = std::make_unique<ListSource>(*route.kind, std::move(page));
    return answer;
  }
  answer.body = PageText(*route.kind, page);
  if (gzip) {
    answer.body = Gzip(answer.body);
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.headers.emplace_back("Vary", "Accept-Encoding");
  }
  return answer;
}

Answer Api::Get(const Route& route) {
  const ObjectPtr object = state_.Get(*route.kind, route.ns, route.name);
  if (object == nullptr) {
    return FromStatus(NotFound(route.group, route.kind->plural, route.name));
  }
  return Json(FullText(*route.kind, *object) + "\n");
}

Answer Api::Watch(const Request& request, const Route& route, bool gzip) {
  const std::string initial = request.Query("sendInitialEvents");
  const std::string match = request.Query("resourceVersionMatch");
  if (!initial.empty() && !options_.watch_list) {
    return FromStatus(InvalidOption(
        "sendInitialEvents",
        "sendInitialEvents is forbidden for watch unless the WatchList feature "
        "gate is enabled"));
  }
  if (initial.empty() != match.empty()) {
    return FromStatus(InvalidOption(
        "resourceVersionMatch",
        initial.empty() ? "resourceVersionMatch is forbidden for watch unless "
                          "sendInitialEvents is provided"
                        : "sendInitialEvents requires setting "
                          "resourceVersionMatch to NotOlderThan"));
  }
  WatchRequest watch;
  std::string fields = request.Query("fieldSelector");
  if (!route.name.empty()) {
    fields += (fields.empty() ? "" : ",") + std::string("metadata.name=") +
              route.name;
  }
  Result<Selector> selector =
      Selector::Parse(*route.kind, request.Query("labelSelector"), fields);
  if (!selector.ok()) {
    return FromStatus(BadRequest(selector.error().message()));
  }
  watch.kind = *route.kind;
  watch.ns = route.ns;
  watch.selector = *std::move(selector);
  watch.bookmarks = IsTrue(request.Query("allowWatchBookmarks"));
  watch.bookmark_interval = options_.bookmark_interval;
  watch.gzip = gzip;
  const Micros now = clock_.Mono();
  const std::string timeout = request.Query("timeoutSeconds");
  Micros seconds = 0;
  if (!ParseNumber(timeout, seconds)) {
    return FromStatus(BadRequest("strconv.ParseInt: parsing \"" + timeout +
                                 "\": invalid syntax"));
  }
  if (seconds <= 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    seconds = 1800 + static_cast<Micros>(random_.Below(1800));
  }
  watch.deadline = now + seconds * kSecond;

  Answer answer;
  const std::string rv_text = request.Query("resourceVersion");
  std::uint64_t rv = 0;
  if (!ParseNumber(rv_text, rv)) {
    StatusBody status;
    status.code = 500;
    status.message = "resourceVersion: Invalid value: \"" + rv_text +
                     "\": strconv.ParseUint: parsing \"" + rv_text +
                     "\": invalid syntax";
    return FromStatus(status);
  }
  const bool watch_list = IsTrue(initial);
  if (rv == 0 || watch_list) {
    State::Listing listing =
        state_.StartNow(*route.kind, route.ns, watch.cursor);
    if (rv > listing.rv) return FromStatus(TooLarge(rv, listing.rv));
    watch.initial_rv = listing.rv;
    // The real server ends the initial events of a watch from nowhere with the
    // same bookmark as those of a watch-list.
    watch.initial_end = watch.bookmarks && (watch_list || rv_text.empty());
    if (initial.empty() || watch_list) {
      for (ObjectPtr& object : listing.objects) {
        if (watch.selector.Matches(*object)) {
          watch.initial.push_back(std::move(object));
        }
      }
    }
  } else if (state_.StartAt(*route.kind, rv, watch.cursor) ==
             State::Start::kTooOld) {
    // An error of the stream, not of the request.
    answer.body =
        ErrorFrame(Render(TooOld(rv, watch.cursor.floor, route.kind->cached)));
    answer.chunked = true;
    return answer;
  }
  if (gzip) answer.headers.emplace_back("Content-Encoding", "gzip");
  const std::string id = route.kind->Id();
  {
    const std::lock_guard<std::mutex> lock(watches_->mutex);
    ++watches_->open[id];
  }
  watch.open = std::shared_ptr<void>(
      nullptr, [watches = watches_, id, changed = changed_](void*) {
        {
          const std::lock_guard<std::mutex> lock(watches->mutex);
          --watches->open[id];
        }
        changed();
      });
  answer.source = std::make_unique<WatchSource>(
      std::move(watch), state_, faults_,
      [this, route, target = request.target](const Fault& fault,
                                             const std::string& name) {
        Served(fault, route, state_.CurrentRv(), name, target);
      },
      now);
  return answer;
}

void Api::SpoilBody(Answer& answer, const Request& request,
                    const Route& route) {
  const auto fault = faults_.ForBody(Place(request, route));
  if (!fault) return;
  Served(*fault, route, state_.CurrentRv(), route.name, request.target);
  if (answer.source != nullptr) {
    for (Step step = answer.source->Next(0); step.kind == Step::Kind::kSend;
         step = answer.source->Next(0)) {
      answer.body += step.bytes;
    }
    answer.source.reset();
  }
  Step step;
  if (fault->name == "trickle") {
    step.bytes = answer.body;
    step.byte_delay = fault->delay > 0 ? fault->delay : 10 * kMillisecond;
    answer.script.push_back(step);
    step = Step();
    step.kind = Step::Kind::kEnd;
    answer.script.push_back(step);
    return;
  }
  step.bytes =
      answer.body.substr(0, std::min(fault->bytes, answer.body.size()));
  answer.script.push_back(step);
  step = Step();
  step.kind = fault->name == "half-open" ? Step::Kind::kHold
              : fault->reset             ? Step::Kind::kReset
                                         : Step::Kind::kCut;
  answer.script.push_back(step);
}

}  // namespace kubescribe::fakes
