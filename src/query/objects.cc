// EachObject: the objects of a state, in pages.
#include <algorithm>
#include <numeric>
#include <utility>

#include "query/body_source.h"
#include "query/object.h"
#include "query/selection.h"
#include "query/state.h"

namespace kubescribe::query {
namespace {

// A page holds so many objects, and grows or shrinks towards so many bytes: one
// of small objects goes through the file less often, one of large ones takes no
// more memory.
constexpr std::size_t kFirstPage = 64;
constexpr std::size_t kLargestPage = 2048;
constexpr std::size_t kPageBytes = std::size_t{8} << 20;

class PageReader {
 public:
  PageReader(const std::string& path, const Selection& selection,
             TypeState& type)
      : bodies_(path),
        selection_(selection),
        resource_(type.target.info.group_resource()),
        type_(type) {}

  // The objects of rows [begin, end), what is not selected left out.
  Result<std::vector<Object>> Read(std::size_t begin, std::size_t end) {
    // In order of seq the file is gone through from front to back: bodies that
    // were written together lie on the same pages.
    std::vector<std::size_t> order(end - begin);
    std::iota(order.begin(), order.end(), begin);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return type_.rows[a].seq < type_.rows[b].seq;
    });
    std::vector<store::Seq> seqs;
    seqs.reserve(order.size());
    for (const std::size_t row : order) seqs.push_back(type_.rows[row].seq);
    std::vector<Object> page(order.size());
    std::vector<bool> picked(order.size(), true);
    std::size_t next = 0;
    bytes_ = 0;
    const Status read = bodies_.Each(
        seqs, type_.target.row.kind,
        [&](store::Revision&& revision, Result<std::string>&& json) {
          const std::size_t row = order[next++];
          Object& object = page[row - begin];
          object.revision = std::move(revision);
          object.end = type_.rows[row].end;
          if (!json.ok()) type_.damaged.push_back(json.error().message());
          object.json =
              json.ok() ? *std::move(json)
                        : DamagedObject(object.revision, type_.target.row.kind);
          bytes_ += object.json.size();
          picked[row - begin] = selection_.Picks(resource_, object.json);
          if (!picked[row - begin]) std::string().swap(object.json);
        });
    if (!read.ok()) return read.error();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (!picked[i]) continue;
      if (kept != i) page[kept] = std::move(page[i]);
      ++kept;
    }
    page.resize(kept);
    return page;
  }
  // What the last page took, before selectors.
  std::size_t bytes() const { return bytes_; }

 private:
  BodySource bodies_;
  const Selection& selection_;
  const kube::GroupResource resource_;
  TypeState& type_;
  std::size_t bytes_ = 0;
};

}  // namespace

Status EachObject(const std::string& path, const StateRequest& request,
                  TypeState& type, const std::function<bool(Object&&)>& each) {
  const Result<Selection> selection =
      Selection::Parse(request.label_selector, request.field_selector);
  if (!selection.ok()) return selection.error();
  PageReader reader(path, *selection, type);
  std::size_t size = kFirstPage;
  bool more = true;
  for (std::size_t begin = 0; begin < type.rows.size() && more;) {
    const std::size_t end = std::min(begin + size, type.rows.size());
    Result<std::vector<Object>> page = reader.Read(begin, end);
    if (!page.ok()) return page.error();
    for (Object& object : *page) {
      more = each(std::move(object));
      if (!more) break;
    }
    const std::size_t each_takes =
        std::max<std::size_t>(reader.bytes() / (end - begin), 1);
    size = std::clamp<std::size_t>(kPageBytes / each_takes, 1,
                                   std::min(2 * size, kLargestPage));
    begin = end;
  }
  std::vector<TypeState::Row>().swap(type.rows);
  return {};
}

}  // namespace kubescribe::query
