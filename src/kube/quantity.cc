#include "kube/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace kubescribe::kube {
namespace {

__extension__ typedef __int128 Wide;            // NOLINT: as in the header
__extension__ typedef unsigned __int128 UWide;  // NOLINT

constexpr int kNano = -9;
constexpr std::size_t kMostDigits = 30;
constexpr Wide kLargest = std::numeric_limits<std::int64_t>::max();
// Below 10^38: whatever is multiplied stays in the type.
constexpr Wide kRoom = static_cast<Wide>(1'000'000'000'000'000'000) *
                       static_cast<Wide>(10'000'000'000'000'000'000ULL);

// The suffixes by exponent: of ten in steps of three from nano, of two in steps
// of ten.
constexpr std::array<std::string_view, 10> kDecimalSuffixes = {
    "n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
constexpr std::array<std::string_view, 7> kBinarySuffixes = {
    "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

struct QuantityUnit {
  int exponent = 0;  // of 10, or of 2
  Quantity::Format format = Quantity::Format::kDecimal;
};

std::optional<QuantityUnit> ReadQuantitySuffix(std::string_view suffix) {
  const auto* const decimal =
      std::find(kDecimalSuffixes.begin(), kDecimalSuffixes.end(), suffix);
  if (decimal != kDecimalSuffixes.end()) {
    const auto place = static_cast<int>(decimal - kDecimalSuffixes.begin());
    return QuantityUnit{3 * place + kNano, Quantity::Format::kDecimal};
  }
  const auto* const binary =
      std::find(kBinarySuffixes.begin(), kBinarySuffixes.end(), suffix);
  if (binary != kBinarySuffixes.end()) {
    const auto place = static_cast<int>(binary - kBinarySuffixes.begin());
    return QuantityUnit{10 * place, Quantity::Format::kBinary};
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) {
    return std::nullopt;
  }
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  QuantityUnit unit{0, Quantity::Format::kExponent};
  const char* const end = suffix.data() + suffix.size();
  const auto read = std::from_chars(suffix.data(), end, unit.exponent);
  if (read.ec != std::errc() || read.ptr != end || unit.exponent > 1000 ||
      unit.exponent < -1000) {
    return std::nullopt;
  }
  return unit;
}

std::string DecimalDigits(Wide value) {
  std::string digits;
  UWide rest =
      value < 0 ? -static_cast<UWide>(value) : static_cast<UWide>(value);
  do {
    digits.insert(digits.begin(),
                  static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return value < 0 ? "-" + digits : digits;
}

struct QuantityParts {
  bool negative = false;
  std::string_view whole;  // without leading zeros
  std::string_view fraction;
  std::string_view suffix;
  bool has_digits = false;
};

QuantityParts SplitQuantity(std::string_view text) {
  QuantityParts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto take = [&text] {
    const std::size_t end =
        std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
  };
  parts.whole = take();
  parts.has_digits = !parts.whole.empty();
  const std::size_t zeros =
      std::min(parts.whole.find_first_not_of('0'), parts.whole.size());
  parts.whole.remove_prefix(zeros);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    parts.fraction = take();
    parts.has_digits = parts.has_digits || !parts.fraction.empty();
  }
  parts.suffix = text;
  return parts;
}

// Whether what was written is what is printed, canonical or not.
bool IsKept(const QuantityParts& parts, const QuantityUnit& unit, Wide number) {
  const int digits = static_cast<int>(
      std::max(parts.whole.size(), std::size_t{1}) + parts.fraction.size());
  if (unit.format == Quantity::Format::kBinary) {
    const int room = 15 - digits - unit.exponent * 3 / 10 - 1;
    return parts.fraction.empty() && room >= 0 && number % 8 != 0;
  }
  const int scale = unit.exponent - static_cast<int>(parts.fraction.size());
  const std::string shifted =
      std::string(parts.whole.empty() ? "0" : parts.whole) +
      std::string(parts.fraction);
  return digits <= 18 && scale >= kNano && scale % 3 == 0 &&
         !shifted.ends_with("000") && shifted[0] != '0';
}

}  // namespace

Quantity::Mantissa Quantity::Rescale(Mantissa mantissa, int from, int to,
                                     bool& exact) {
  exact = true;
  for (; from > to && mantissa != 0; --from) {
    if (mantissa > kRoom || mantissa < -kRoom) break;
    mantissa *= 10;
  }
  bool lost = false;
  for (; from < to && mantissa != 0; ++from) {
    lost = lost || mantissa % 10 != 0;
    mantissa /= 10;
    if (mantissa == 0 && lost) break;
  }
  exact = !lost;
  return mantissa;
}

Result<Quantity> Quantity::Parse(std::string_view text) {
  const QuantityParts parts = SplitQuantity(text);
  const std::optional<QuantityUnit> unit = ReadQuantitySuffix(parts.suffix);
  if (!parts.has_digits || !unit) {
    return Error(
        Code::kInvalid,
        fmt::format("\"{}\" is no quantity such as 100m, 2 or 1.5Gi", text));
  }
  if (parts.whole.size() + parts.fraction.size() > kMostDigits) {
    return Error(Code::kInvalid, fmt::format("\"{}\" has more than {} digits",
                                             text, kMostDigits));
  }
  Quantity quantity;
  quantity.format_ = unit->format;
  for (const std::string_view digits : {parts.whole, parts.fraction}) {
    for (const char c : digits) {
      quantity.mantissa_ = quantity.mantissa_ * 10 + (c - '0');
    }
  }
  const Mantissa number = quantity.mantissa_;
  quantity.scale_ = -static_cast<int>(parts.fraction.size());
  const bool kept = number != 0 && IsKept(parts, *unit, number);
  if (unit->format == Format::kBinary) {
    // Above the largest number it is that one, as in the API.
    for (int i = 0; i < unit->exponent && quantity.mantissa_ < kRoom; ++i) {
      quantity.mantissa_ *= 2;
    }
  } else {
    quantity.scale_ += unit->exponent;
  }
  if (quantity.scale_ < kNano) {
    bool exact = true;
    quantity.mantissa_ =
        Rescale(quantity.mantissa_, quantity.scale_, kNano, exact);
    if (!exact) quantity.mantissa_ += 1;
    quantity.scale_ = kNano;
  }
  if (unit->format == Format::kBinary) {
    if (quantity.Compare(Quantity(kLargest, Format::kBinary)) > 0) {
      quantity.mantissa_ = kLargest;
      quantity.scale_ = 0;
    }
    if (!quantity.IsZero() &&
        quantity.Compare(Quantity(1, Format::kBinary)) < 0) {
      quantity.format_ = Format::kDecimal;
    }
  }
  if (parts.negative) quantity.mantissa_ = -quantity.mantissa_;
  if (kept) quantity.written_ = text;
  return quantity;
}

Quantity Quantity::ParseOrZero(std::string_view text) {
  Result<Quantity> quantity = Parse(text);
  return quantity.ok() ? std::move(*quantity) : Quantity();
}

std::string Quantity::ToString() const {
  return written_.empty() ? Canonical() : written_;
}

std::string Quantity::Canonical() const {
  if (IsZero()) return "0";
  if (format_ == Format::kBinary) {
    bool exact = false;
    Mantissa whole = Rescale(mantissa_, scale_, 0, exact);
    if (exact && (whole >= 1024 || whole <= -1024)) {
      std::size_t step = 0;
      for (; whole % 1024 == 0 && step + 1 < kBinarySuffixes.size(); ++step) {
        whole /= 1024;
      }
      return DecimalDigits(whole) + std::string(kBinarySuffixes[step]);
    }
  }
  Mantissa mantissa = mantissa_;
  int exponent = scale_;
  for (; mantissa % 10 == 0; ++exponent) mantissa /= 10;
  for (; exponent % 3 != 0; --exponent) mantissa *= 10;
  const int place = (exponent - kNano) / 3;
  if (format_ != Format::kExponent && place >= 0 &&
      place < static_cast<int>(kDecimalSuffixes.size())) {
    return DecimalDigits(mantissa) +
           std::string(kDecimalSuffixes[static_cast<std::size_t>(place)]);
  }
  return exponent == 0
             ? DecimalDigits(mantissa)
             : fmt::format("{}e{}", DecimalDigits(mantissa), exponent);
}

void Quantity::Add(const Quantity& other) {
  written_.clear();
  if (IsZero()) format_ = other.format_;
  const int scale = std::min(scale_, other.scale_);
  bool exact = true;
  mantissa_ = Rescale(mantissa_, scale_, scale, exact) +
              Rescale(other.mantissa_, other.scale_, scale, exact);
  scale_ = scale;
}

int Quantity::Compare(const Quantity& other) const {
  const int scale = std::min(scale_, other.scale_);
  bool exact = true;
  const Mantissa mine = Rescale(mantissa_, scale_, scale, exact);
  const Mantissa theirs = Rescale(other.mantissa_, other.scale_, scale, exact);
  return mine < theirs ? -1 : mine > theirs ? 1 : 0;
}

std::int64_t Quantity::Scaled(int scale) const {
  bool exact = true;
  Mantissa value = Rescale(mantissa_, scale_, scale, exact);
  if (!exact) value += mantissa_ < 0 ? -1 : 1;
  return static_cast<std::int64_t>(std::clamp(value, -kLargest - 1, kLargest));
}

}  // namespace kubescribe::kube
