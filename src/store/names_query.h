// The SQL of Reader::Names and Reader::Namespaces. Private to store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/reader.h"
#include "store/seq_at.h"

namespace kubescribe::store {

// Of a question about a time. REQUIRES: the file has lifetimes.
struct LivingAt {
  std::int64_t second = 0;  // LifeSeconds::Nearest
  std::optional<RecordedBy> recorded;
};

// Names of the filter's resource (not 0) and namespace between the two bounds
// of NamePrefix, each perhaps several times, in no order. `living` none: of all
// objects that there ever were. Parameters: the instant, the filter's, the
// bounds.
std::string NamesSql(const ObjectFilter& filter, bool with_prefix,
                     const std::optional<LivingAt>& living);

// Namespaces between the bounds that have, or where `living` is none had, an
// object. Parameters: the instant, a resource of 0, the bounds.
std::string NamespacesSql(const std::optional<LivingAt>& living);

// What begins with a text lies in [from, to).
struct NamePrefix {
  explicit NamePrefix(const std::string& prefix)
      : from(prefix), to(prefix + '\xff') {}
  std::string from;
  std::string to;  // no UTF-8 has that byte
};

}  // namespace kubescribe::store
