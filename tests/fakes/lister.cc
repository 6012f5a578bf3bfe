#include "fakes/lister.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace kubescribe::fakes {
namespace {

constexpr std::size_t kMaxSnapshots = 64;
constexpr char kAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Base64Url(const std::string& data) {
  std::string out;
  unsigned int bits = 0;
  int count = 0;
  for (const char c : data) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += kAlphabet[(bits >> count) & 63];
    }
    bits &= (1U << count) - 1;
  }
  if (count > 0) out += kAlphabet[(bits << (6 - count)) & 63];
  return out;
}

std::string FromBase64Url(const std::string& text) {
  const std::string alphabet = kAlphabet;
  std::string out;
  unsigned int bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string::npos) break;
    bits = (bits << 6) | static_cast<unsigned int>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
    bits &= (1U << count) - 1;
  }
  return out;
}

struct Token {
  std::int64_t rv = 0;  // -1: whatever is latest
  std::string start;    // the last key sent, with a NUL
};

std::string Encode(const Token& token) {
  const nlohmann::ordered_json json = {
      {"v", "meta.k8s.io/v1"}, {"rv", token.rv}, {"start", token.start}};
  return Base64Url(json.dump());
}

std::optional<Token> Decode(const std::string& text) {
  const auto json = nlohmann::json::parse(FromBase64Url(text), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto version = json.find("v");
  const auto rv = json.find("rv");
  const auto start = json.find("start");
  if (version == json.end() || *version != "meta.k8s.io/v1" ||
      rv == json.end() || !rv->is_number_integer()) {
    return std::nullopt;
  }
  Token token{rv->get<std::int64_t>(), ""};
  if (start != json.end()) {
    if (!start->is_string()) return std::nullopt;
    token.start = start->get<std::string>();
  }
  return token;
}

template <typename Value>
std::optional<Value> Number(const std::string& text) {
  Value value = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// As keys stand in tokens: below the kind, or below the namespace asked for.
std::string TokenKey(const Object& object, const std::string& ns) {
  return ns.empty() && !object.ns.empty() ? "/" + object.ns + "/" + object.name
                                          : "/" + object.name;
}

std::string SnapshotKey(const KindInfo& kind, const std::string& ns) {
  return kind.Id() + "|" + ns;
}

}  // namespace

Lister::Lister(const SimOptions& options, const State& state,
               const Clock& clock)
    : largest_page_(options.page_size_limit),
      ttl_(options.continue_ttl),
      state_(state),
      clock_(clock) {}

void Lister::ExpireTokens() {
  const std::lock_guard<std::mutex> lock(mutex_);
  snapshots_.clear();
}

StatusBody Lister::ExpiredToken(const std::string& text) {
  StatusBody status = Expired(
      "The provided continue parameter is too old to display a consistent list "
      "result. You can start a new list without the continue parameter, or use "
      "the continue token in this response to retrieve the remainder of the "
      "results. Continuing with the provided token results in an inconsistent "
      "list - objects that were created, modified, or deleted between the time "
      "the first chunk was returned and now may show up in the list.");
  std::optional<Token> token = Decode(text);
  if (token) {
    token->rv = -1;
    status.continue_token = Encode(*token);
  }
  return status;
}

std::variant<State::Listing, StatusBody> Lister::Read(
    const KindInfo& kind, const ListOptions& options, std::size_t limit,
    std::string& start) {
  const std::string& rv_text = options.resource_version;
  if (!options.continue_token.empty()) {
    const std::optional<Token> token = Decode(options.continue_token);
    if (!token) {
      return BadRequest(
          std::string("invalid continue token: continue key is not valid: ") +
          (nlohmann::json::accept(FromBase64Url(options.continue_token))
               ? "server does not recognize this encoded version "
               : "invalid character looking for beginning of value"));
    }
    if (token->start.empty()) {
      return BadRequest(
          "invalid continue token: continue key is not valid: encoded start "
          "key empty (version meta.k8s.io/v1)");
    }
    if (!rv_text.empty() && rv_text != "0") {
      return BadRequest(
          "specifying resource version is not allowed when using continue");
    }
    start = token->start;
    if (token->rv < 0) return state_.List(kind, options.ns);
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Snapshot& snapshot : snapshots_) {
      if (snapshot.key == SnapshotKey(kind, options.ns) &&
          snapshot.rv == static_cast<std::uint64_t>(token->rv) &&
          clock_.Mono() - snapshot.taken <= ttl_) {
        return State::Listing{snapshot.rv, snapshot.objects};
      }
    }
    return ExpiredToken(options.continue_token);
  }
  if (rv_text.empty() || rv_text == "0") return state_.List(kind, options.ns);
  const std::optional<std::uint64_t> rv = Number<std::uint64_t>(rv_text);
  if (!rv) {
    return BadRequest(
        "invalid resource version: resourceVersion: Invalid "
        "value: \"" +
        rv_text + "\": strconv.ParseUint: parsing \"" + rv_text +
        "\": invalid syntax");
  }
  const std::uint64_t current = state_.CurrentRv();
  if (*rv > current) return TooLarge(*rv, current, kind.cached);
  if (options.match == "Exact" || (options.match.empty() && limit > 0)) {
    std::optional<State::Listing> then = state_.ListAt(kind, options.ns, *rv);
    if (then) return *std::move(then);
    return Expired("The resourceVersion for the provided list is too old.");
  }
  return state_.List(kind, options.ns);
}

Page Lister::Cut(const KindInfo& kind, const ListOptions& options,
                 State::Listing listing, std::size_t limit,
                 const std::string& start) {
  // The token's key is the last one sent and a NUL: the smallest key after it.
  const auto from =
      start.empty()
          ? listing.objects.begin()
          : std::find_if(listing.objects.begin(), listing.objects.end(),
                         [&](const ObjectPtr& object) {
                           return TokenKey(*object, options.ns) >= start;
                         });
  Page page;
  auto at = from;
  for (; at != listing.objects.end(); ++at) {
    if (limit > 0 && page.objects.size() == limit) break;
    if (options.selector.Matches(**at)) page.objects.push_back(*at);
  }
  const auto left = static_cast<std::size_t>(listing.objects.end() - at);
  std::string next;
  if (left > 0) {
    next = Encode({static_cast<std::int64_t>(listing.rv),
                   TokenKey(**(at - 1), options.ns) + std::string(1, '\0')});
  }
  std::string more;
  if (!next.empty()) {
    more = R"(,"continue":")" + next + '"';
    if (options.selector.empty()) {
      more += fmt::format(R"(,"remainingItemCount":{})", left);
    }
  }
  if (kind.custom) {
    // Sorted keys, so metadata comes last.
    more = more.empty() ? R"("continue":"",)" : more.substr(1) + ",";
    page.head =
        fmt::format(R"({{"apiVersion":"{}","items":[)", kind.ApiVersion());
    page.tail = fmt::format(
        R"(],"kind":"{}List","metadata":{{{}"resourceVersion":"{}"}}}})"
        "\n",
        kind.kind, more, listing.rv);
  } else {
    page.head =
        fmt::format(R"({{"kind":"{}List","apiVersion":"{}","metadata":{{)"
                    R"("resourceVersion":"{}"{}}},"items":[)",
                    kind.kind, kind.ApiVersion(), listing.rv, more);
    page.tail = "]}\n";
  }
  if (left > 0 && options.continue_token.empty()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshots_.push_back({SnapshotKey(kind, options.ns), listing.rv,
                          clock_.Mono(), std::move(listing.objects)});
    while (snapshots_.size() > kMaxSnapshots) snapshots_.pop_front();
  }
  return page;
}

std::variant<Page, StatusBody> Lister::List(const KindInfo& kind,
                                            const ListOptions& options) {
  std::size_t limit = 0;
  if (!options.limit.empty()) {
    const std::optional<std::int64_t> given =
        Number<std::int64_t>(options.limit);
    if (!given) return BadRequest("limit: this is no number");
    limit = static_cast<std::size_t>(std::max<std::int64_t>(*given, 0));
  }
  // The cache answers resourceVersion 0 with everything, whatever the limit.
  if (options.resource_version == "0" && kind.cached &&
      options.continue_token.empty()) {
    limit = 0;
  }
  if (largest_page_ > 0 && (limit == 0 || limit > largest_page_)) {
    limit = largest_page_;
  }
  std::string start;
  auto read = Read(kind, options, limit, start);
  if (auto* status = std::get_if<StatusBody>(&read)) return *status;
  return Cut(kind, options, std::move(std::get<State::Listing>(read)), limit,
             start);
}

}  // namespace kubescribe::fakes
