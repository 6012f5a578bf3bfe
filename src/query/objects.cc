// EachObject: the objects of a state, in pages that are read ahead.
#include <algorithm>
#include <deque>
#include <future>
#include <memory>
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
constexpr std::size_t kLargestPage = 1024;
constexpr std::size_t kPageBytes = std::size_t{4} << 20;
// So many pages are read at once, while the one before them is printed.
constexpr std::size_t kReaders = 2;

struct Page {
  std::vector<Object> objects;
  std::vector<std::string> damaged;
  std::size_t rows = 0;
  std::size_t bytes = 0;  // of all its objects, before selectors
};

// Reads pages one after the other. One thread at a time.
class PageReader {
 public:
  PageReader(const std::string& path, const Selection& selection,
             const TypeState& type)
      : bodies_(path),
        selection_(selection),
        resource_(type.target.info.group_resource()),
        type_(type) {}

  // The objects of rows [begin, end), what is not selected left out.
  Result<Page> Read(std::size_t begin, std::size_t end) {
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
    Page page;
    page.rows = order.size();
    page.objects.resize(order.size());
    std::vector<bool> picked(order.size(), true);
    std::size_t next = 0;
    const Status read = bodies_.Each(
        seqs, type_.target.row.kind,
        [&](store::Revision&& revision, Result<std::string>&& json) {
          const std::size_t row = order[next++];
          Object& object = page.objects[row - begin];
          object.revision = std::move(revision);
          object.end = type_.rows[row].end;
          object.damaged = !json.ok();
          if (object.damaged) page.damaged.push_back(json.error().message());
          object.json =
              json.ok() ? *std::move(json)
                        : DamagedObject(object.revision, type_.target.row.kind);
          page.bytes += object.json.size();
          picked[row - begin] = selection_.Picks(resource_, object.json);
          if (!picked[row - begin]) std::string().swap(object.json);
        });
    if (!read.ok()) return read.error();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < page.objects.size(); ++i) {
      if (!picked[i]) continue;
      if (kept != i) page.objects[kept] = std::move(page.objects[i]);
      ++kept;
    }
    page.objects.resize(kept);
    return page;
  }

 private:
  BodySource bodies_;
  const Selection& selection_;
  const kube::GroupResource resource_;
  const TypeState& type_;
};

// The pages of all rows, in order. What one reader has is not asked for before
// its last page was taken.
class PageQueue {
 public:
  PageQueue(const std::string& path, const Selection& selection,
            const TypeState& type)
      : type_(type) {
    const bool many = type.rows.size() > 2 * kFirstPage;
    for (std::size_t i = 0; i < (many ? kReaders : 1); ++i) {
      readers_.push_back(std::make_unique<PageReader>(path, selection, type));
    }
  }

  // REQUIRES: more().
  Result<Page> Take() {
    if (readers_.size() == 1) {
      const std::size_t begin = begin_;
      begin_ = std::min(begin_ + size_, type_.rows.size());
      return Sized(readers_.front()->Read(begin, begin_));
    }
    while (ahead_.size() < readers_.size() && begin_ < type_.rows.size()) {
      PageReader& reader = *readers_[started_++ % readers_.size()];
      const std::size_t begin = begin_;
      begin_ = std::min(begin_ + size_, type_.rows.size());
      ahead_.push_back(std::async(
          std::launch::async,
          [&reader, begin, end = begin_] { return reader.Read(begin, end); }));
    }
    Result<Page> page = ahead_.front().get();
    ahead_.pop_front();
    return Sized(std::move(page));
  }
  bool more() const { return !ahead_.empty() || begin_ < type_.rows.size(); }

 private:
  Result<Page> Sized(Result<Page> page) {
    if (page.ok()) {
      const std::size_t each =
          std::max<std::size_t>(page->bytes / page->rows, 1);
      size_ = std::clamp<std::size_t>(kPageBytes / each, 1,
                                      std::min(2 * size_, kLargestPage));
    }
    return page;
  }

  const TypeState& type_;
  std::vector<std::unique_ptr<PageReader>> readers_;
  std::deque<std::future<Result<Page>>> ahead_;
  std::size_t size_ = kFirstPage;
  std::size_t begin_ = 0;    // of the next page
  std::size_t started_ = 0;  // pages
};

}  // namespace

Status EachObject(const std::string& path, const StateRequest& request,
                  TypeState& type, const std::function<bool(Object&&)>& each) {
  const Result<Selection> selection =
      Selection::Parse(request.label_selector, request.field_selector);
  if (!selection.ok()) return selection.error();
  {
    PageQueue pages(path, *selection, type);
    for (bool more = true; more && pages.more();) {
      Result<Page> page = pages.Take();
      if (!page.ok()) return page.error();
      type.damaged.insert(type.damaged.end(), page->damaged.begin(),
                          page->damaged.end());
      for (Object& object : page->objects) {
        more = each(std::move(object));
        if (!more) break;
      }
    }
  }
  std::vector<TypeState::Row>().swap(type.rows);
  return {};
}

}  // namespace kubescribe::query
