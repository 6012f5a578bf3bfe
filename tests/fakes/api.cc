#include "fakes/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "fakes/discovery.h"
#include "fakes/gzip.h"
#include "fakes/list_options.h"
#include "fakes/plain_answers.h"
#include "fakes/sick_answers.h"
#include "fakes/sick_pages.h"
#include "fakes/watch_source.h"

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kKeptRequests = 100000;
// In seconds: longer than any client stays, and no overflow.
constexpr Micros kLongestWatch = Micros{366} * 24 * 3600;
constexpr std::size_t kGzipFrom = 128 << 10;
constexpr std::size_t kStreamFrom = std::size_t{1} << 20;

// An empty text leaves `value` as it is.
template <typename Number>
bool ParseNumber(const std::string& text, Number& value) {
  if (text.empty()) return true;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
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
      writer_(state, clock),
      access_(options),
      random_(options.seed + 77) {}

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

FaultPlace Api::Place(const Request& request, const Route& route) {
  FaultPlace place;
  place.resource = route.kind ? route.kind->Id() : route.group;
  place.ns = route.ns;
  place.verb = route.verb;
  place.with_continue = !request.Query("continue").empty();
  return place;
}

void Api::Served(const Fault& fault, const Route& route,
                 const std::string& target, const Event* event,
                 const SickFrame* sick) {
  JournalEntry entry;
  if (route.kind) entry.resource = route.kind->plural;
  entry.group = route.group;
  entry.ns = route.ns;
  entry.name = route.name;
  entry.rv = state_.CurrentRv();
  entry.type = "FAULT";
  entry.fault = fault.name;
  entry.detail = target;
  if (event != nullptr) {
    entry.name = event->object->name;
    entry.uid = event->object->uid;
    entry.rv = event->rv;
  }
  if (sick != nullptr) {
    entry.sent_uid = sick->sent_uid;
    entry.sent_rv = sick->sent_rv;
    entry.sent = sick->sent;
    entry.hidden = sick->hidden;
  }
  journal_.Add(std::move(entry));
  changed_();
}

Answer Api::Handle(const Request& request) {
  const Route route = ParseRoute(request, state_);
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
  record.connection = request.connection;
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
    // A body of unexpected types is the client's mistake, not this program's
    // end.
    try {
      answer = Decide(request, route);
    } catch (const nlohmann::json::exception& error) {
      answer = FromStatus(BadRequest(error.what()));
    }
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

Answer Api::Decide(const Request& request, const Route& route) {
  if (std::optional<Answer> refused = access_.Refuse(request, route)) {
    return *std::move(refused);
  }
  const bool writes =
      options_.writable && route.kind && request.method != "GET";
  if (request.method != "GET" && !writes) {
    return FromStatus(MethodNotAllowed());
  }
  if (request.path == "/version") return JsonAnswer(VersionText());
  if (route.lacks_sub) {
    return FromStatus(NotFound(route.group, route.resource, route.name));
  }
  if (!route.kind && route.verb != "discovery") {
    return route.known_group ? FromStatus(UnknownResource())
                             : TextAnswer(404, "404 page not found\n");
  }
  if (writes) return Write(request, route);
  const std::string accept = request.Header("accept");
  if (!AcceptsJson(accept) &&
      !(request.path.find('/', 1) == std::string::npos &&
        WantsAggregated(accept))) {
    return FromStatus(NotAcceptable(route.verb == "list"));
  }
  const auto fault = faults_.ForRequest(Place(request, route));
  if (fault) {
    Served(*fault, route, request.target);
    if (!ChangesAnswer(*fault)) return Fail(*fault, request, route);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!route.group.empty() && failing_.count(route.group) != 0) {
      return TextAnswer(503, "service unavailable\n");
    }
  }
  if (!fault) return Serve(request, route, false);
  Request changed = request;
  ChangeRequest(*fault, changed);
  if (fault->name == "stale-list") AskForThePast(*fault, route, changed);
  Answer answer =
      Serve(changed, route, fault->name == "gzip" && AcceptsGzip(request));
  ChangeAnswer(*fault, answer);
  return answer;
}

void Api::AskForThePast(const Fault& fault, const Route& route,
                        Request& request) const {
  const std::uint64_t now = state_.CurrentRv();
  const std::uint64_t back = std::max<std::uint64_t>(fault.revisions, 1);
  if (!route.kind || back >= now ||
      !state_.ListAt(*route.kind, route.ns, now - back)) {
    return;
  }
  if (request.Query("resourceVersion") == "0" && route.kind->cached) {
    request.query.erase("limit");  // which is not looked at then
  }
  request.query["resourceVersion"] = std::to_string(now - back);
  request.query["resourceVersionMatch"] = "Exact";
}

Answer Api::Serve(const Request& request, const Route& route, bool gzip) {
  Answer answer;
  if (route.verb == "watch") return Watch(request, route, gzip);
  if (route.verb == "discovery") {
    answer = Discovery(request);
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
  if (auto sick = MakeSickAnswer(fault, request, state_.CurrentRv())) {
    return *std::move(sick);
  }
  Answer answer;
  if (name == "gone-connect" || name == "gone-list") {
    const std::uint64_t rv = state_.CurrentRv();
    answer = FromStatus(TooOld(rv > 0 ? rv - 1 : 0, rv, true));
  } else if (name == "gone-event") {
    const std::uint64_t rv = state_.CurrentRv();
    answer.body = ErrorFrame(Render(TooOld(rv > 0 ? rv - 1 : 0, rv, true)));
    answer.chunked = true;
  } else if (name == "gone-old-reason") {
    const std::uint64_t rv = state_.CurrentRv();
    StatusBody status = TooOld(rv > 0 ? rv - 1 : 0, rv, true);
    status.reason = "Gone";
    answer.body = ErrorFrame(Render(status));
    answer.chunked = true;
  } else if (name == "expired-continue") {
    answer = FromStatus(Lister::ExpiredToken(request.Query("continue")));
  } else if (name == "eof") {
    answer.chunked = true;
  } else if (name == "status-429") {
    answer = TextAnswer(429, "Too many requests, please try again later.\n");
  } else if (name == "status-503") {
    answer = TextAnswer(503, "apiserver not ready\n");
  } else if (name == "status-500" || name == "status-504") {
    StatusBody status;
    status.code = name == "status-500" ? 500 : 504;
    status.reason = status.code == 500 ? "InternalError" : "Timeout";
    status.message = "Internal error occurred: simulated";
    answer = FromStatus(status);
  } else if (name == "status-400") {
    answer = FromStatus(BadRequest("simulated"));
  } else if (name == "status-422") {
    answer = FromStatus(
        InvalidOptions({{"FieldValueForbidden", "Forbidden: simulated",
                         "resourceVersionMatch"}}));
  } else if (name == "status-405") {
    answer = FromStatus(MethodNotAllowed());
  } else if (name == "too-large-rv") {
    StatusBody status =
        TooLarge(state_.CurrentRv() + 1, state_.CurrentRv(), true);
    if (!fault.retry_after.empty()) status.retry_after_seconds = 0;
    answer = FromStatus(status);
  } else if (name == "unauthorized") {
    answer = FromStatus(Unauthorized());
  } else if (name == "forbidden") {
    answer = FromStatus(
        Forbidden(options_.name + "-user",
                  route.verb == "discovery" ? "get" : route.verb, route.group,
                  route.kind ? route.kind->plural : "", route.ns, route.name));
  } else if (name == "not-found") {
    answer = TextAnswer(404, "404 page not found\n");
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
      Answer answer = JsonAnswer(AggregatedText(kinds, core, failing));
      answer.content_type = kAggregatedType;
      answer.headers.emplace_back("Cache-Control", "public");
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
  if (body.empty()) {
    const bool known =
        parts[0] == "api" ||
        std::any_of(kinds.begin(), kinds.end(), [&](const KindInfo& kind) {
          return kind.group == parts[1] && !kind.custom;
        });
    return known ? FromStatus(UnknownResource())
                 : TextAnswer(404, "404 page not found\n");
  }
  return JsonAnswer(std::move(body));
}

Answer Api::List(const Request& request, const Route& route, bool force_gzip) {
  if (const auto refused = CheckNumbers(request)) return FromStatus(*refused);
  if (const auto refused = CheckListOptions(request)) {
    return FromStatus(*refused);
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
  if (const auto fault = faults_.ForPage(Place(request, route))) {
    Served(*fault, route, request.target);
    SickenPage(*fault, *route.kind, options.continue_token, page);
  }
  std::size_t size = page.head.size();
  for (const ObjectPtr& object : page.objects) size += object->TextSize();
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
  answer.chunked = answer.body.size() > kKnownLength;
  return answer;
}

Answer Api::Get(const Route& route) {
  const ObjectPtr object = state_.Get(*route.kind, route.ns, route.name);
  if (object == nullptr) {
    return FromStatus(NotFound(route.group, route.kind->plural, route.name));
  }
  return JsonAnswer(FullText(*route.kind, *object) + "\n");
}

Answer Api::Write(const Request& request, const Route& route) {
  const Writer::Outcome outcome =
      writer_.Handle(request, *route.kind, route.ns, route.name);
  if (const auto* status = std::get_if<StatusBody>(&outcome)) {
    return FromStatus(*status);
  }
  const Writer::Done& done = std::get<Writer::Done>(outcome);
  return JsonAnswer(done.body, done.code);
}

Answer Api::Watch(const Request& request, const Route& route, bool gzip) {
  if (const auto refused = CheckNumbers(request)) return FromStatus(*refused);
  if (const auto refused = CheckWatchOptions(request, options_.watch_list)) {
    return FromStatus(*refused);
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
  watch.bookmarks = IsTrue(request, "allowWatchBookmarks");
  watch.bookmark_interval = options_.bookmark_interval;
  watch.gzip = gzip;
  const Micros now = clock_.Mono();
  const std::string timeout = request.Query("timeoutSeconds");
  Micros seconds = 0;
  ParseNumber(timeout, seconds);
  if (seconds <= 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    seconds = 1800 + static_cast<Micros>(random_.Below(1800));
  }
  watch.deadline = now + std::min(seconds, kLongestWatch) * kSecond;

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
  const auto fail = [&](const StatusBody& status) {
    // An error of the stream, not of the request.
    answer.body = ErrorFrame(Render(status));
    answer.chunked = true;
    return std::move(answer);
  };
  const bool initial = request.query.count("sendInitialEvents") == 0
                           ? rv == 0
                           : IsTrue(request, "sendInitialEvents");
  if (rv == 0 || initial) {
    State::Listing listing =
        state_.StartNow(*route.kind, route.ns, watch.cursor);
    if (rv > listing.rv) return fail(TooLarge(rv, listing.rv, true));
    watch.initial_rv = listing.rv;
    // The real server ends the initial events of a watch from nowhere with the
    // same bookmark as those of a watch-list.
    watch.initial_end = watch.bookmarks && initial;
    if (initial) {
      for (ObjectPtr& object : listing.objects) {
        if (watch.selector.Matches(*object)) {
          watch.initial.push_back(std::move(object));
        }
      }
    }
  } else if (state_.StartAt(*route.kind, rv, watch.cursor) ==
             State::Start::kTooOld) {
    return fail(TooOld(rv, watch.cursor.floor, route.kind->cached));
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
      [this, route, target = request.target](
          const Fault& fault, const Event* event, const SickFrame* sick) {
        Served(fault, route, target, event, sick);
      },
      now);
  return answer;
}

void Api::SpoilBody(Answer& answer, const Request& request,
                    const Route& route) {
  const auto fault = faults_.ForBody(Place(request, route));
  if (!fault) return;
  Served(*fault, route, request.target);
  if (answer.source != nullptr) {
    for (Step step = answer.source->Next(0); step.kind == Step::Kind::kSend;
         step = answer.source->Next(0)) {
      answer.body += step.bytes;
    }
    answer.source.reset();
  }
  answer.chunked = false;
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
