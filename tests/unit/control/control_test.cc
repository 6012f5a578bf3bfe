// Both ends of the control socket, over a real socket in a temporary folder.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/paths.h"
#include "control/client.h"
#include "control/server.h"
#include "control/socket.h"

namespace kubescribe::control {
namespace {

class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/control-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<Server> Serve(Handlers handlers) {
    auto server = Server::Listen(ControlSocketPath(dir_), std::move(handlers));
    EXPECT_TRUE(server.ok()) << server.error().message();
    return server.ok() ? std::move(*server) : nullptr;
  }
  Result<std::string> AskFor(const std::string& command,
                             const std::string& args = "{}") {
    return Ask(dir_, {command, args}, 5 * kSecond);
  }

  std::string dir_;
};

TEST_F(ControlTest, AnswersWithTheHandlersFieldsAndDone) {
  const auto server = Serve({{"status", [](Call& call) -> Result<std::string> {
                                return "{\"echo\":" + call.args() + "}";
                              }}});
  const auto answer = AskFor("status", "{\"a\":[1,2]}");
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(*answer, R"({"done":true,"echo":{"a":[1,2]}})");
}

TEST_F(ControlTest, ProgressComesInOrderBeforeTheEnd) {
  const auto server =
      Serve({{"audit", [](Call& call) -> Result<std::string> {
                for (int i = 0; i < 3; ++i) {
                  call.Send("{\"n\":" + std::to_string(i) + "}");
                }
                return std::string();
              }}});
  std::vector<std::string> seen;
  const auto answer =
      Ask(dir_, {.command = "audit"}, 5 * kSecond,
          [&](const std::string& line) { seen.push_back(line); });
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(*answer, R"({"done":true})");
  EXPECT_EQ(seen, (std::vector<std::string>{R"({"n":0})", R"({"n":1})",
                                            R"({"n":2})"}));
}

TEST_F(ControlTest, UnknownCommandIsRefusedAndNamed) {
  const auto server = Serve(
      {{"status", [](Call&) -> Result<std::string> { return std::string(); }}});
  const auto answer = AskFor("explode");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kUnsupported);
  EXPECT_NE(answer.error().message().find("\"explode\""), std::string::npos);
  EXPECT_NE(answer.error().message().find("status"), std::string::npos);
}

TEST_F(ControlTest, HandlersErrorArrivesWithItsCode) {
  const auto server = Serve({{"reload", [](Call&) -> Result<std::string> {
                                return Error(Code::kInvalid, "line 3: no");
                              }}});
  const auto answer = AskFor("reload");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), Code::kInvalid);
  EXPECT_EQ(answer.error().message(), "line 3: no");
}

TEST_F(ControlTest, NobodyThereIsNotFound) {
  const auto none = AskFor("status");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), Code::kNotFound);
  EXPECT_NE(none.error().message().find("no recorder is running"),
            std::string::npos);
}

TEST_F(ControlTest, SocketOfAKilledRecorderIsReplaced) {
  {
    auto address = MakeAddress(ControlSocketPath(dir_));
    const Fd left(socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(
        bind(left.get(), reinterpret_cast<const sockaddr*>(&address->value),
             sizeof(address->value)),
        0);
  }
  EXPECT_EQ(AskFor("status").error().code(), Code::kNotFound);
  const auto server = Serve(
      {{"status", [](Call&) -> Result<std::string> { return std::string(); }}});
  EXPECT_TRUE(AskFor("status").ok());
}

TEST_F(ControlTest, SecondServerIsRefusedWhileTheFirstLives) {
  const auto server = Serve({});
  const auto second = Server::Listen(ControlSocketPath(dir_), {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), Code::kConflict);
}

TEST_F(ControlTest, FileThatIsNoSocketIsNotTouched) {
  FILE* file = fopen(ControlSocketPath(dir_).c_str(), "w");
  fclose(file);
  const auto server = Server::Listen(ControlSocketPath(dir_), {});
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().code(), Code::kConflict);
  EXPECT_TRUE(std::filesystem::is_regular_file(ControlSocketPath(dir_)));
}

TEST_F(ControlTest, SocketIsPrivateAndGoesAwayAtTheEnd) {
  {
    const auto server = Serve({});
    struct stat found {};
    ASSERT_EQ(stat(ControlSocketPath(dir_).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
  }
  EXPECT_FALSE(std::filesystem::exists(ControlSocketPath(dir_)));
}

TEST_F(ControlTest, PathLongerThanAnAddressWorks) {
  dir_ += "/" + std::string(150, 'd');
  std::filesystem::create_directory(dir_);
  const auto server = Serve(
      {{"status", [](Call&) -> Result<std::string> { return std::string(); }}});
  EXPECT_TRUE(AskFor("status").ok());
}

TEST_F(ControlTest, OverlongRequestIsRefused) {
  const auto server = Serve(
      {{"status", [](Call&) -> Result<std::string> { return std::string(); }}});
  const auto answer =
      AskFor("status", "{\"x\":\"" + std::string(kMaxRequestLine, 'x') + "\"}");
  EXPECT_FALSE(answer.ok());
  EXPECT_TRUE(AskFor("status").ok());
}

TEST_F(ControlTest, StoppingEndsALongHandler) {
  std::atomic<bool> started = false;
  auto server = Serve({{"audit", [&](Call& call) -> Result<std::string> {
                          started = true;
                          started.notify_all();
                          while (call.Wanted()) std::this_thread::yield();
                          return std::string();
                        }}});
  std::jthread asker([&] { (void)AskFor("audit").ok(); });
  started.wait(false);
  server.reset();  // must return
}

TEST_F(ControlTest, StatusIsAnsweredWhileAnAuditRuns) {
  std::atomic<bool> started = false;
  std::atomic<bool> go_on = true;
  auto server = Serve(
      {{"audit",
        [&](Call& call) -> Result<std::string> {
          started = true;
          started.notify_all();
          while (go_on && call.Wanted()) {
            std::this_thread::yield();
          }
          return std::string();
        }},
       {"status", [](Call&) -> Result<std::string> { return std::string(); }}});
  std::jthread asker([&] { EXPECT_TRUE(AskFor("audit").ok()); });
  started.wait(false);
  EXPECT_TRUE(AskFor("status").ok());
  go_on = false;
}

TEST(ProtocolTest, RequestSurvivesItsLine) {
  const auto request =
      DecodeRequest(EncodeRequest({"status", "{\"n\":\"a\\nb\"}"}));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->command, "status");
  EXPECT_EQ(request->args, "{\"n\":\"a\\nb\"}");
  EXPECT_EQ(EncodeRequest(*request).find('\n'), std::string::npos);
}

TEST(ProtocolTest, GarbageIsInvalid) {
  for (const char* line : {"", "x", "[]", "{}", "{\"command\":1}",
                           "{\"command\":\"a\",\"args\":[]}"}) {
    EXPECT_EQ(DecodeRequest(line).error().code(), Code::kInvalid) << line;
  }
}

}  // namespace
}  // namespace kubescribe::control
