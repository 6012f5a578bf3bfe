// Reader's questions about names alone.

#include <algorithm>
#include <utility>

#include "store/lifetimes.h"
#include "store/names_query.h"
#include "store/reader_impl.h"
#include "store/state_query.h"

namespace kubescribe::store {

template <typename Sql, typename NameOf>
Result<std::vector<std::string>> ReaderImpl::AskNames(
    const ObjectFilter& filter, const NameQuestion& question, Sql sql,
    NameOf name_of) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (!name.empty()) names.push_back(std::move(name));
  };
  const bool by_time = !question.as_of.rv && !question.as_of.seq;
  const Result<bool> done = Guard<bool>([&] {
    if (!HasLifetimes() || (!question.ever && !by_time)) return false;
    std::optional<LivingAt> living;
    if (!question.ever) {
      living =
          LivingAt{LifeSeconds(info_.created_at).Nearest(question.as_of.at),
                   Recorded(question.as_of.at)};
    }
    const NamePrefix prefix(question.prefix);
    Query query(*db_, OneTime{sql(living)});
    query.Bind(question.as_of.at);
    BindFilter(query, filter);
    query.Bind(prefix.from, prefix.to);
    while (query.Step()) add(query.Text(0));
    return true;
  });
  if (!done.ok()) return done.error();
  if (!*done) {
    const Status read =
        EachAt(filter, question.as_of, question.ever, [&](Revision&& revision) {
          std::string name = name_of(std::move(revision));
          if (name.starts_with(question.prefix)) add(std::move(name));
        });
    if (!read.ok()) return read.error();
  }
  // Those of one namespace mostly come in order.
  if (!std::is_sorted(names.begin(), names.end())) {
    std::sort(names.begin(), names.end());
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<std::vector<std::string>> ReaderImpl::Names(
    std::int64_t resource_id, const std::optional<std::string>& name_space,
    const NameQuestion& question) {
  ObjectFilter filter;
  filter.resource_id = resource_id;
  filter.name_space = name_space;
  return AskNames(
      filter, question,
      [&](const std::optional<LivingAt>& living) {
        return NamesSql(filter, !question.prefix.empty(), living);
      },
      [](Revision&& revision) { return std::move(revision.name); });
}

Result<std::vector<std::string>> ReaderImpl::Namespaces(
    const NameQuestion& question) {
  return AskNames({}, question, NamespacesSql, [](Revision&& revision) {
    return std::move(revision.name_space);
  });
}

}  // namespace kubescribe::store
