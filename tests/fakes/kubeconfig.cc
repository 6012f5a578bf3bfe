#include "fakes/kubeconfig.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kubescribe::fakes {
namespace {

// For YAML, whose double quotes take what JSON's do.
std::string YamlQuoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

std::string Base64(const std::string& data) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits =
          bits << 8 |
          (i + k < data.size() ? static_cast<unsigned char>(data[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= data.size() ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace

std::string KubeconfigText(const std::vector<KubeconfigEntry>& entries) {
  std::string clusters;
  std::string contexts;
  std::string users;
  for (const KubeconfigEntry& entry : entries) {
    clusters += fmt::format("- name: {}\n  cluster:\n    server: {}\n",
                            entry.name, entry.url);
    if (!entry.ca_pem.empty()) {
      clusters +=
          entry.ca_path.empty()
              ? "    certificate-authority-data: " + Base64(entry.ca_pem)
              : "    certificate-authority: " + YamlQuoted(entry.ca_path);
      clusters += "\n";
    }
    contexts += fmt::format(
        "- name: {0}\n  context:\n    cluster: {0}\n    user: {0}\n",
        entry.name);
    std::string user;
    if (!entry.token.empty()) user += "\n    token: " + YamlQuoted(entry.token);
    if (!entry.client_certificate_pem.empty()) {
      user += "\n    client-certificate-data: " +
              Base64(entry.client_certificate_pem);
      user += "\n    client-key-data: " + Base64(entry.client_key_pem);
    }
    users += fmt::format("- name: {}\n  user:{}\n", entry.name,
                         user.empty() ? " {}" : user);
  }
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: {}\nclusters:\n{}"
      "contexts:\n{}users:\n{}",
      entries.empty() ? "" : entries.front().name, clusters, contexts, users);
}

Status WritePrivately(const std::string& path, const std::string& text) {
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct stat status {};
  if (fd >= 0 && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    ::fchmod(fd, 0600);
  }
  if (fd >= 0) ::close(fd);
  std::ofstream file(path);
  file << text;
  file.close();
  if (fd < 0 || !file) return Error(Code::kIo, path + ": cannot be written");
  return {};
}

}  // namespace kubescribe::fakes
