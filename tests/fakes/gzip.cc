#include "fakes/gzip.h"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <cstdlib>

namespace kubescribe::fakes {

std::string Gzip(const std::string& data) {
  namespace zlib = boost::beast::zlib;
  zlib::deflate_stream deflate;
  deflate.reset(1, 15, 8, zlib::Strategy::normal);
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  const std::size_t head = out.size();
  out.resize(head + deflate.upper_bound(data.size()) + 64);
  zlib::z_params params;
  params.next_in = data.data();
  params.avail_in = data.size();
  params.next_out = out.data() + head;
  params.avail_out = out.size() - head;
  boost::beast::error_code ec;
  deflate.write(params, zlib::Flush::finish, ec);
  if (ec != zlib::error::end_of_stream) std::abort();
  out.resize(head + params.total_out);
  boost::crc_32_type crc;
  crc.process_bytes(data.data(), data.size());
  const auto put = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      out += static_cast<char>(value >> (8 * i) & 0xff);
    }
  };
  put(crc.checksum());
  put(static_cast<std::uint32_t>(data.size()));
  return out;
}

}  // namespace kubescribe::fakes
