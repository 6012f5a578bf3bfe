// Picks: which part of a file is meant, and what its streams are called then.
// Private to travel. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "kube/selector.h"
#include "store/reader.h"
#include "travel/export.h"
#include "travel/lines.h"

namespace kubescribe::travel {

class Picks {
 public:
  static Result<Picks> Make(store::Reader& reader,
                            const ExportRequest& request);

  // But for labels, of which only bodies tell: by_labels() until the ids are
  // set.
  bool Has(const store::Revision& revision) const;
  bool Has(const store::ObjectRow& object) const;
  bool HasKind(std::int64_t resource_id) const {
    return kinds_.contains(resource_id);
  }
  bool HasStream(std::int64_t stream_id) const {
    return stream_id == 0 || streams_.contains(stream_id);
  }
  bool InTime(Micros at) const {
    return (!since_ || *since_ <= at) && (!until_ || at <= *until_);
  }

  bool by_labels() const { return !labels_.empty(); }
  const kube::LabelSelector& labels() const { return labels_; }
  void SetLabelled(std::unordered_set<std::int64_t> ids) {
    labelled_ = std::move(ids);
  }

  // Whatever is picked is among these objects.
  const store::ObjectFilter& filter() const { return filter_; }
  // As they go along.
  const std::vector<store::ResourceRow>& resources() const {
    return resources_;
  }
  const std::vector<store::StreamRow>& streams() const { return rows_; }
  const Json& selection() const { return selection_; }

 private:
  struct Kind {
    std::optional<std::string> name_space;  // none: all
    std::set<std::string> names;            // none: all
  };
  bool Has(std::int64_t resource_id, const std::string& name_space,
           const std::string& name, std::int64_t object_id) const;
  Status ChooseKinds(store::Reader& reader, const ExportRequest& request);
  void ChooseStreams(const std::vector<store::StreamRow>& all,
                     Micros known_until);
  void Narrow(store::StreamRow& row, const Kind& kind,
              Micros known_until) const;
  void Describe(const ExportRequest& request);

  std::optional<Micros> since_;
  std::optional<Micros> until_;
  std::string label_text_;
  kube::LabelSelector labels_;
  std::optional<std::unordered_set<std::int64_t>> labelled_;
  std::map<std::int64_t, Kind> kinds_;
  std::set<std::int64_t> streams_;
  store::ObjectFilter filter_;
  std::vector<store::ResourceRow> resources_;
  std::vector<store::StreamRow> rows_;
  Json selection_ = Json::object();
};

}  // namespace kubescribe::travel
