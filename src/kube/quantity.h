// Quantity: an amount of a resource as Kubernetes writes it: "100m", "1.5Gi",
// "12e6".
//
// An amount is exact up to 30 digits; below a nano it is rounded away from
// zero, as the API does. Values of one thread may be copied freely.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubescribe::kube {

class Quantity {
 public:
  // Which suffixes it is written with: "k, M, G", "Ki, Mi, Gi" or "e3, e6".
  enum class Format { kDecimal, kBinary, kExponent };

  Quantity() = default;  // 0
  Quantity(std::int64_t value, Format format)
      : mantissa_(value), format_(format) {}

  // kInvalid: no quantity, or more digits than fit.
  static Result<Quantity> Parse(std::string_view text);
  // The same, and 0 for what is no quantity.
  static Quantity ParseOrZero(std::string_view text);

  // As the API prints it: the largest suffix that needs no fraction. What was
  // parsed and is nearly so already stays as it was written ("1500m" is not
  // "1.5", "1.500" is kept).
  std::string ToString() const;

  // Takes the format of the other where this is 0.
  void Add(const Quantity& other);

  bool IsZero() const { return mantissa_ == 0; }
  // -1, 0, 1.
  int Sign() const { return mantissa_ < 0 ? -1 : mantissa_ > 0 ? 1 : 0; }
  int Compare(const Quantity& other) const;
  Format format() const { return format_; }

  // Rounded away from zero, and cut at the ends of the type.
  std::int64_t Value() const { return Scaled(0); }
  std::int64_t MilliValue() const { return Scaled(-3); }

 private:
  __extension__ typedef __int128 Mantissa;  // NOLINT: `using` has no such mark

  std::int64_t Scaled(int scale) const;
  std::string Canonical() const;
  // In units of 10^scale, rounded away from zero; `exact`: nothing was lost.
  static Mantissa Rescale(Mantissa mantissa, int from, int to, bool& exact);

  Mantissa mantissa_ = 0;  // times 10^scale_
  int scale_ = 0;
  Format format_ = Format::kDecimal;
  std::string written_;  // "": ToString makes it
};

}  // namespace kubescribe::kube
