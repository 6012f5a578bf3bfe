#include "kube/certificate_request.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace kubescribe::kube {
namespace {

// DER tags that a request has.
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kSet = 0x31;
constexpr std::uint8_t kObjectId = 0x06;
constexpr std::uint8_t kBoolean = 0x01;
constexpr std::uint8_t kOctets = 0x04;
constexpr std::uint8_t kBmpString = 0x1e;
constexpr std::uint8_t kAttributes = 0xa0;

constexpr std::string_view kExtensionRequest =
    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e";
constexpr std::string_view kSubjectAltName = "\x55\x1d\x11";

struct Element {
  std::uint8_t tag = 0;
  std::string_view content;
};

// Walks the elements of one level.
class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  // nullopt: the end, or what is there is no whole element.
  std::optional<Element> Next() {
    if (rest_.size() < 2) return std::nullopt;
    Element element;
    element.tag = Byte(0);
    std::size_t head = 2;
    std::size_t length = Byte(1);
    if (length >= 0x80) {
      const std::size_t bytes = length & 0x7f;
      if (bytes == 0 || bytes > 4 || rest_.size() < 2 + bytes) {
        return std::nullopt;
      }
      length = 0;
      for (std::size_t i = 0; i < bytes; ++i) {
        length = length << 8 | Byte(2 + i);
      }
      head += bytes;
    }
    if (rest_.size() - head < length) return std::nullopt;
    element.content = rest_.substr(head, length);
    rest_.remove_prefix(head + length);
    return element;
  }
  // The next one, if it is of that tag.
  std::optional<std::string_view> Next(std::uint8_t tag) {
    const std::optional<Element> element = Next();
    if (!element || element->tag != tag) return std::nullopt;
    return element->content;
  }

 private:
  std::uint8_t Byte(std::size_t i) const {
    return static_cast<std::uint8_t>(rest_[i]);
  }
  std::string_view rest_;
};

void AppendUtf8(std::uint32_t point, std::string& text) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

// The text of a string of any kind; nullopt: it is no string.
std::optional<std::string> StringOf(const Element& element) {
  constexpr std::array<std::uint8_t, 5> kStrings = {
      0x0c /* UTF-8 */, 0x12 /* digits */, 0x13 /* printable */,
      0x14 /* T.61 */, 0x16 /* IA5 */};
  for (const std::uint8_t tag : kStrings) {
    if (element.tag == tag) return std::string(element.content);
  }
  if (element.tag != kBmpString) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i + 1 < element.content.size(); i += 2) {
    AppendUtf8(static_cast<std::uint32_t>(
                   static_cast<std::uint8_t>(element.content[i]) << 8 |
                   static_cast<std::uint8_t>(element.content[i + 1])),
               text);
  }
  return text;
}

void AddName(std::string_view id, std::string value,
             CertificateRequest& request) {
  // id-at is 2.5.4; its last number says which name.
  if (id.size() != 3 || id.substr(0, 2) != "\x55\x04") return;
  switch (id[2]) {
    case 3:
      request.common_name = std::move(value);
      break;
    case 5:
      request.serial_number = std::move(value);
      break;
    case 6:
      request.countries.push_back(std::move(value));
      break;
    case 7:
      request.localities.push_back(std::move(value));
      break;
    case 8:
      request.provinces.push_back(std::move(value));
      break;
    case 9:
      request.streets.push_back(std::move(value));
      break;
    case 10:
      request.organizations.push_back(std::move(value));
      break;
    case 11:
      request.units.push_back(std::move(value));
      break;
    case 17:
      request.postal_codes.push_back(std::move(value));
      break;
    default:
      break;
  }
}

bool ReadSubject(std::string_view names, CertificateRequest& request) {
  DerReader sets(names);
  while (const auto set = sets.Next()) {
    if (set->tag != kSet) return false;
    DerReader pairs(set->content);
    while (const auto pair = pairs.Next()) {
      DerReader parts(pair->content);
      const auto id = parts.Next(kObjectId);
      const auto value = parts.Next();
      if (pair->tag != kSequence || !id || !value) return false;
      if (std::optional<std::string> text = StringOf(*value)) {
        AddName(*id, std::move(*text), request);
      }
    }
  }
  return true;
}

// As people write it; an IPv4 address in IPv6's clothes as IPv4.
std::optional<std::string> IpText(std::string_view bytes) {
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.substr(0, 12) == kMapped) {
    bytes.remove_prefix(12);
  }
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return std::string(text.data());
}

bool ReadAltNames(std::string_view extension, CertificateRequest& request) {
  DerReader outer(extension);
  const auto names = outer.Next(kSequence);
  if (!names) return false;
  DerReader reader(*names);
  while (const auto name = reader.Next()) {
    const std::string text(name->content);
    if (name->tag == 0x81) request.emails.push_back(text);
    if (name->tag == 0x82) request.dns_names.push_back(text);
    if (name->tag == 0x86) request.uris.push_back(text);
    if (name->tag == 0x87) {
      const std::optional<std::string> ip = IpText(name->content);
      if (!ip) return false;
      request.ips.push_back(*ip);
    }
  }
  return true;
}

bool ReadExtensions(std::string_view set, CertificateRequest& request) {
  DerReader outer(set);
  const auto list = outer.Next(kSequence);
  if (!list) return false;
  DerReader extensions(*list);
  while (const auto extension = extensions.Next()) {
    DerReader parts(extension->content);
    const auto id = parts.Next(kObjectId);
    std::optional<Element> value = parts.Next();
    if (value && value->tag == kBoolean) value = parts.Next();  // critical
    if (!id || !value || value->tag != kOctets) return false;
    if (*id == kSubjectAltName && !ReadAltNames(value->content, request)) {
      return false;
    }
  }
  return true;
}

std::optional<CertificateRequest> ReadDer(std::string_view der) {
  DerReader outer(der);
  const auto signed_request = outer.Next(kSequence);
  if (!signed_request) return std::nullopt;
  DerReader body(*signed_request);
  const auto info = body.Next(kSequence);
  if (!info) return std::nullopt;
  DerReader parts(*info);
  const auto version = parts.Next(0x02);
  const auto subject = parts.Next(kSequence);
  const auto key = parts.Next(kSequence);
  CertificateRequest request;
  if (!version || !subject || !key || !ReadSubject(*subject, request)) {
    return std::nullopt;
  }
  DerReader attributes(parts.Next(kAttributes).value_or(""));
  while (const auto attribute = attributes.Next(kSequence)) {
    DerReader fields(*attribute);
    const auto id = fields.Next(kObjectId);
    const auto values = fields.Next(kSet);
    if (!id || !values) return std::nullopt;
    if (*id == kExtensionRequest && !ReadExtensions(*values, request)) {
      return std::nullopt;
    }
  }
  return request;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a' + 26);
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0' + 52);
    } else if (c == '+' || c == '/') {
      digit = c == '+' ? 62 : 63;
    } else if (c == '\n' || c == '\r') {
      continue;
    } else if (c == '=') {
      ++padding;
    } else {
      return std::nullopt;
    }
    if (padding > 0 && c != '=') return std::nullopt;
    bits = bits << 6 | digit;
    if (++digits % 4 != 0) continue;
    for (const int shift : {16, 8, 0}) {
      bytes += static_cast<char>(bits >> shift & 0xff);
    }
  }
  if (digits % 4 != 0 || padding > 2) return std::nullopt;
  bytes.resize(bytes.size() - static_cast<std::size_t>(padding));
  return bytes;
}

std::optional<CertificateRequest> ReadCertificateRequest(
    std::string_view request) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE REQUEST-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE REQUEST-----";
  const std::optional<std::string> pem = DecodeBase64(request);
  if (!pem) return std::nullopt;
  const std::size_t begin = pem->find(kBegin);
  const std::size_t end = pem->find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return std::nullopt;
  }
  const std::size_t from = begin + kBegin.size();
  const std::optional<std::string> der =
      DecodeBase64(std::string_view(*pem).substr(from, end - from));
  return der ? ReadDer(*der) : std::nullopt;
}

}  // namespace kubescribe::kube
