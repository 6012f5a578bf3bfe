#include "fakes/gzip.h"

#include <cstdlib>
#include <utility>

namespace kubescribe::fakes {

namespace zlib = boost::beast::zlib;

GzipMember::GzipMember(int level) : out_("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) {
  deflate_.reset(level, 15, 8, zlib::Strategy::normal);
}

void GzipMember::Write(const std::string& text, zlib::Flush flush) {
  crc_.process_bytes(text.data(), text.size());
  total_ += text.size();
  const std::size_t at = out_.size();
  out_.resize(at + deflate_.upper_bound(text.size()) + 64);
  zlib::z_params params;
  params.next_in = text.data();
  params.avail_in = text.size();
  params.next_out = out_.data() + at;
  params.avail_out = out_.size() - at;
  boost::beast::error_code error;
  deflate_.write(params, flush, error);
  if (error && error != zlib::error::end_of_stream &&
      error != zlib::error::need_buffers) {
    std::abort();
  }
  out_.resize(at + params.total_out);
}

void GzipMember::Finish(const std::string& text) {
  Write(text, zlib::Flush::finish);
  PutNumber(crc_.checksum());
  PutNumber(static_cast<std::uint32_t>(total_));
}

std::string GzipMember::Take() { return std::exchange(out_, ""); }

void GzipMember::PutNumber(std::uint32_t value) {
  for (int i = 0; i < 4; ++i) {
    out_ += static_cast<char>(value >> (8 * i) & 0xff);
  }
}

std::string Gzip(const std::string& data) {
  GzipMember member(1);
  member.Finish(data);
  return member.Take();
}

}  // namespace kubescribe::fakes
