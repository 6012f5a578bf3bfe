// ToolTest: runs the built `kubescribe` over a small recorded past.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/query/recorded_file.h"

namespace kubescribe::query {

struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

class ToolTest : public testing::Test {
 protected:
  // `args` as a shell takes them.
  Answer Run(const std::string& args) {
    const std::string tool = KUBESCRIBE_BIN_DIR "/kubescribe";
    EXPECT_TRUE(std::filesystem::exists(tool))
        << "build the target kubescribe first";
    const std::string err = file_.folder() + "/stderr";
    const std::string command =
        "TZ=UTC KUBECONFIG=/dev/null HOME=/nonexistent KUBESCRIBE_CLUSTER= "
        "KUBESCRIBE_DATA='" +
        file_.folder() + "' " + tool + " " + args + " 2>'" + err + "'";
    Answer answer;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> chunk{};
    std::size_t got = 0;
    while ((got = fread(chunk.data(), 1, chunk.size(), pipe)) > 0) {
      answer.out.append(chunk.data(), got);
    }
    const int status = pclose(pipe);
    answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    std::ifstream file(err);
    answer.err = {std::istreambuf_iterator<char>(file), {}};
    return answer;
  }
  static std::string At(int second) {
    return " --at " + std::to_string(Second(second) / kSecond) + " ";
  }

  // The same past again, as another cluster's.
  void AddCluster(const std::string& cluster) {
    const RecordedFile other(cluster);
    std::filesystem::copy_file(other.path(),
                               store::DatabasePath(file_.folder(), cluster));
  }

  RecordedFile file_;
};

}  // namespace kubescribe::query
