#include "output/go_sort.h"

#include <bit>
#include <cstdint>
#include <numeric>
#include <utility>

namespace kubescribe::output {
namespace {

// Pattern-defeating quicksort (Orson Peters) with the constants of Go 1.19 and
// later; each of them shows in the order of equal lines.
class PatternSort {
 public:
  using Less = std::function<bool(std::size_t, std::size_t)>;

  PatternSort(std::size_t count, const Less& less)
      : less_(less), order_(count) {
    std::iota(order_.begin(), order_.end(), 0);
    Sort({0, Signed(count)}, static_cast<int>(std::bit_width(count)));
  }
  std::vector<std::size_t> Take() { return std::move(order_); }

 private:
  using Index = std::ptrdiff_t;
  struct Span {
    Index begin;
    Index end;
    Index size() const { return end - begin; }
  };
  enum class Trend { kUnknown, kRising, kFalling };

  static constexpr Index kSmall = 12;  // is sorted by insertion
  static constexpr Index kLarge = 50;  // is worth more effort
  static constexpr int kMaxShifts =
      5;  // before it is no longer "nearly sorted"
  static constexpr int kAllSwapped = 12;

  static Index Signed(std::size_t n) { return static_cast<Index>(n); }
  std::size_t& At(Index i) { return order_[static_cast<std::size_t>(i)]; }
  bool LessAt(Index i, Index j) { return less_(At(i), At(j)); }
  void Swap(Index i, Index j) { std::swap(At(i), At(j)); }

  void Sort(Span span, int bad_splits_left) {
    bool balanced = true;
    bool partitioned = true;
    while (span.size() > kSmall) {
      if (bad_splits_left == 0) {
        Heap(span);
        return;
      }
      if (!balanced) {
        Shuffle(span);
        --bad_splits_left;
      }
      auto [pivot, trend] = Pivot(span);
      if (trend == Trend::kFalling) {
        for (Index i = span.begin, j = span.end - 1; i < j; ++i, --j) {
          Swap(i, j);
        }
        pivot = span.end - 1 - (pivot - span.begin);
        trend = Trend::kRising;
      }
      if (balanced && partitioned && trend == Trend::kRising &&
          NearlySorted(span)) {
        return;
      }
      // What stands before this span is not above it: many equal ones.
      if (span.begin > 0 && !LessAt(span.begin - 1, pivot)) {
        span.begin = SplitEqual(span, pivot);
        continue;
      }
      const auto [middle, was_split] = Split(span, pivot);
      partitioned = was_split;
      const Span left{span.begin, middle};
      const Span right{middle + 1, span.end};
      const Index least = span.size() / 8;
      if (left.size() < span.end - middle) {
        balanced = left.size() >= least;
        Sort(left, bad_splits_left);
        span = right;
      } else {
        balanced = span.end - middle >= least;
        Sort(right, bad_splits_left);
        span = left;
      }
    }
    for (Index i = span.begin + 1; i < span.end; ++i) SinkLeft(i, span.begin);
  }

  // Moves what is at `i` left while it is less than its neighbour.
  void SinkLeft(Index i, Index first) {
    for (; i > first && LessAt(i, i - 1); --i) Swap(i, i - 1);
  }

  void Heap(Span span) {
    const auto sift = [&](Index root, Index size) {
      while (true) {
        Index child = 2 * root + 1;
        if (child >= size) return;
        if (child + 1 < size &&
            LessAt(span.begin + child, span.begin + child + 1)) {
          ++child;
        }
        if (!LessAt(span.begin + root, span.begin + child)) return;
        Swap(span.begin + root, span.begin + child);
        root = child;
      }
    };
    for (Index i = (span.size() - 1) / 2; i >= 0; --i) sift(i, span.size());
    for (Index i = span.size() - 1; i >= 0; --i) {
      Swap(span.begin, span.begin + i);
      sift(0, i);
    }
  }

  // Three swaps around the middle, "random" by the size alone.
  void Shuffle(Span span) {
    const auto size = static_cast<std::uint64_t>(span.size());
    std::uint64_t random = size;
    const std::uint64_t mask = (std::uint64_t{1} << std::bit_width(size)) - 1;
    const Index middle = span.begin + span.size() / 4 * 2;
    for (Index i = middle - 1; i <= middle + 1; ++i) {
      random ^= random << 13U;
      random ^= random >> 7U;
      random ^= random << 17U;
      std::uint64_t other = random & mask;
      if (other >= size) other -= size;
      Swap(i, span.begin + static_cast<Index>(other));
    }
  }

  std::pair<Index, Trend> Pivot(Span span) {
    int swaps = 0;
    const Index quarter = span.size() / 4;
    Index low = span.begin + quarter;
    Index middle = span.begin + quarter * 2;
    Index high = span.begin + quarter * 3;
    if (span.size() >= kLarge) {
      for (Index* i : {&low, &middle, &high}) {
        *i = Median(*i - 1, *i, *i + 1, swaps);
      }
    }
    middle = Median(low, middle, high, swaps);
    if (swaps == 0) return {middle, Trend::kRising};
    if (swaps == kAllSwapped) return {middle, Trend::kFalling};
    return {middle, Trend::kUnknown};
  }

  Index Median(Index a, Index b, Index c, int& swaps) {
    const auto order = [&](Index& x, Index& y) {
      if (!LessAt(y, x)) return;
      std::swap(x, y);
      ++swaps;
    };
    order(a, b);
    order(b, c);
    order(a, b);
    return b;
  }

  // Tries to finish with a few moves; false when it takes more.
  bool NearlySorted(Span span) {
    Index i = span.begin + 1;
    for (int shift = 0; shift < kMaxShifts; ++shift) {
      while (i < span.end && !LessAt(i, i - 1)) ++i;
      if (i == span.end) return true;
      if (span.size() < kLarge) return false;
      Swap(i, i - 1);
      if (i - span.begin >= 2) SinkLeft(i - 1, 0);
      if (span.end - i >= 2) {
        for (Index j = i + 1; j < span.end && LessAt(j, j - 1); ++j) {
          Swap(j, j - 1);
        }
      }
    }
    return false;
  }

  // What is less than the pivot, the pivot, the rest. Answers where the pivot
  // is, and whether all stood right before.
  std::pair<Index, bool> Split(Span span, Index pivot) {
    Swap(span.begin, pivot);
    Index i = span.begin + 1;
    Index j = span.end - 1;
    bool moved = false;
    while (true) {
      while (i <= j && LessAt(i, span.begin)) ++i;
      while (i <= j && !LessAt(j, span.begin)) --j;
      if (i > j) break;
      moved = true;
      Swap(i++, j--);
    }
    Swap(j, span.begin);
    return {j, !moved};
  }

  // What equals the pivot, then what is greater. Answers where that begins.
  Index SplitEqual(Span span, Index pivot) {
    Swap(span.begin, pivot);
    Index i = span.begin + 1;
    Index j = span.end - 1;
    while (true) {
      while (i <= j && !LessAt(span.begin, i)) ++i;
      while (i <= j && LessAt(span.begin, j)) --j;
      if (i > j) return i;
      Swap(i++, j--);
    }
  }

  const Less& less_;
  std::vector<std::size_t> order_;
};

}  // namespace

std::vector<std::size_t> GoSortOrder(
    std::size_t count,
    const std::function<bool(std::size_t, std::size_t)>& less) {
  return PatternSort(count, less).Take();
}

}  // namespace kubescribe::output
