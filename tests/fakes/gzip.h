// gzip, for answers.
#pragma once

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <string>

namespace kubescribe::fakes {

// One complete gzip member.
std::string Gzip(const std::string& data);

// A member that is made piece by piece.
class GzipMember {
 public:
  explicit GzipMember(int level);  // 1 to 9

  void Write(const std::string& text,
             boost::beast::zlib::Flush flush = boost::beast::zlib::Flush::none);
  // With `text` as its last.
  void Finish(const std::string& text);
  // What there is of it since the last call.
  std::string Take();

 private:
  void PutNumber(std::uint32_t value);

  boost::beast::zlib::deflate_stream deflate_;
  boost::crc_32_type crc_;
  std::uint64_t total_ = 0;
  std::string out_;
};

}  // namespace kubescribe::fakes
