#include "fakes/sick_pages.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

namespace kubescribe::fakes {
namespace {

using Json = nlohmann::ordered_json;

// The list's metadata stands before or after the items; it holds no braces.
void EditMeta(Page& page, const std::function<void(Json&)>& edit) {
  const std::string mark = R"("metadata":{)";
  for (std::string* text : {&page.head, &page.tail}) {
    const std::size_t at = text->find(mark);
    if (at == std::string::npos) continue;
    const std::size_t from = at + mark.size() - 1;
    const std::size_t size = text->find('}', from) + 1 - from;
    Json meta = Json::parse(text->substr(from, size));
    edit(meta);
    text->replace(from, size, meta.dump());
    return;
  }
  std::fputs("a list page without metadata\n", stderr);
  std::abort();
}

void SetRv(Page& page, const std::string& rv) {
  EditMeta(page, [&](Json& meta) { meta["resourceVersion"] = rv; });
}

// The same token in other letters: the last one's lowest bits say nothing, or
// there is room for blanks behind the JSON.
std::string Respelled(std::string token) {
  // Base64 of three bytes is four letters; of "   " it is "ICAg".
  if (token.size() % 4 == 0) return token + "ICAg";
  static const std::string letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::size_t at = letters.find(token.back());
  if (at != std::string::npos) token.back() = letters[at ^ 1];
  return token;
}

void MoveToTail(Page& page, const std::string& items) {
  page.tail.insert(0, (page.objects.empty() ? "" : ",") + items);
}

}  // namespace

void SickenPage(const Fault& fault, const KindInfo& kind,
                const std::string& token, Page& page) {
  const std::string& name = fault.name;
  if (name == "continue-loop") {
    EditMeta(page, [&](Json& meta) { meta["continue"] = token; });
  } else if (name == "empty-page") {
    page.objects.clear();
    EditMeta(page, [&](Json& meta) {
      meta["continue"] = Respelled(token);
      meta.erase("remainingItemCount");
    });
  } else if (name == "newer-page") {
    EditMeta(page, [](Json& meta) {
      meta["resourceVersion"] =
          meta["resourceVersion"].get<std::string>() + "1";
    });
  } else if (name == "low-list-rv") {
    SetRv(page, "1");
  } else if (name == "bad-list-rv") {
    SetRv(page, "not-a-number");
  } else if (name == "zero-list-rv") {
    SetRv(page, "0");
  } else if (name == "no-list-rv") {
    EditMeta(page, [](Json& meta) { meta.erase("resourceVersion"); });
  } else if (name == "double-item" && !page.objects.empty()) {
    MoveToTail(page, ItemText(kind, *page.objects.front()));
  } else if (name == "broken-item" && !page.objects.empty()) {
    std::string item = ItemText(kind, *page.objects.back());
    page.objects.pop_back();
    item.insert(item.rfind('}'), R"(,"broken":tru)");
    MoveToTail(page, item);
  }
}

}  // namespace kubescribe::fakes
