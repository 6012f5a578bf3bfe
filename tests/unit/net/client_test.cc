#include "net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <future>
#include <semaphore>
#include <string>

#include "unit/net/test_client.h"
#include "unit/net/test_server.h"

namespace kubescribe::net {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(ClientTest, GetsStatusHeadAndBody) {
  std::promise<std::string> seen;
  TestServer server([&](TestPeer& peer) {
    seen.set_value(peer.ReadRequest());
    peer.Reply("nope", "429 Too Many Requests",
               "Content-Type: text/plain\r\nRetry-After: 7\r\n");
  });
  Connect(To(server.url() + "/prefix"));
  Recording got;
  Get(&got, {.target = "/api/v1/pods?limit=500", .accept = "application/x"});
  EXPECT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.head.status, 429);
  EXPECT_EQ(got.head.content_type, "text/plain");
  EXPECT_EQ(got.head.retry_after, 7);
  EXPECT_EQ(got.body, "nope");
  const std::string request = seen.get_future().get();
  EXPECT_THAT(request,
              HasSubstr("GET /prefix/api/v1/pods?limit=500 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Accept: application/x\r\n"));
  EXPECT_THAT(request, HasSubstr("User-Agent: kubescribe/"));
  EXPECT_THAT(request, Not(HasSubstr("Accept-Encoding")));
  client_.reset();
}

TEST_F(ClientTest, ConnectionIsUsedAgain) {
  TestServer server([](TestPeer& peer) {
    while (!peer.ReadRequest().empty()) peer.Reply("x");
  });
  // A loop that ends before the server does: it keeps the idle connection.
  Loop loop;
  const auto client = MakeClient(loop, To(server.url()), Options());
  for (int i = 0; i < 3; ++i) {
    Recording got;
    client->Get({.target = "/"}, &got);
    while (!got.done) loop.Turn(20 * kMillisecond);
    EXPECT_EQ(got.body, "x");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, ChunksComeAsTheyAreSentAndEachPauseIsADrain) {
  std::promise<void> go_on;
  std::future<void> wait = go_on.get_future();
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    peer.Chunk("one");
    wait.wait();
    peer.Chunk("two");
    peer.EndChunked();
    peer.Close();
  });
  Connect(To(server.url()));
  Recording got;
  client_->Get({.target = "/"}, &got);
  ASSERT_TRUE(RunUntil([&] { return got.drains > 0 && got.drained_at == 3; }));
  const int drains = got.drains;
  for (int i = 0; i < 5; ++i) loop_.Turn(5 * kMillisecond);
  EXPECT_EQ(got.drains, drains) << "only once for each moment";
  EXPECT_FALSE(got.done);
  go_on.set_value();
  ASSERT_TRUE(RunUntil([&] { return got.done; }));
  EXPECT_EQ(got.body, "onetwo");
  EXPECT_FALSE(got.error) << got.message();
}

TEST_F(ClientTest, HeadAloneIsDrainedToo) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    peer.WaitForClose();
  });
  Connect(To(server.url()));
  Recording got;
  client_->Get({.target = "/"}, &got);
  EXPECT_TRUE(RunUntil([&] { return got.drains == 1; }));
  EXPECT_EQ(got.head.status, 200);
  client_.reset();
  loop_.Turn(0);
}

TEST_F(ClientTest, BodyCutInTheMiddleIsNoCleanEnd) {
  for (const bool reset : {false, true}) {
    TestServer server([reset](TestPeer& peer) {
      peer.ReadRequest();
      peer.StartChunked();
      peer.Chunk("half");
      if (reset) peer.Reset();
    });
    Connect(To(server.url()));
    Recording got;
    Get(&got);
    ASSERT_TRUE(got.error) << reset;
    EXPECT_EQ(got.error->code(), Code::kUnavailable);
    client_.reset();
    loop_.Turn(0);
  }
}

TEST_F(ClientTest, BodyShorterThanItsLengthIsNoCleanEnd) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kUnavailable);
  EXPECT_EQ(got.body, "12345");
}

TEST_F(ClientTest, TricklingHeadAndBodyArriveWhole) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    for (const char c :
         std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n0\r\n\r\n")) {
      peer.Write({&c, 1});
    }
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got);
  EXPECT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body, "abc");
}

TEST_F(ClientTest, NobodyListeningIsUnavailable) {
  std::string url;
  {
    TestServer server([](TestPeer&) {});
    url = server.url();
  }
  Connect(To(url));
  Recording got;
  Get(&got);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kUnavailable);
  EXPECT_THAT(got.message(), HasSubstr(url));
}

TEST_F(ClientTest, RedirectIsReportedAndNotFollowed) {
  TestServer other([](TestPeer& peer) { peer.Reply("stolen"); });
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Reply("", "302 Found", "Location: " + other.url() + "/\r\n");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got);
  EXPECT_EQ(got.head.status, 302);
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(ClientTest, GzipOnlyWhenAskedFor) {
  const std::string text(50000, 'k');
  TestServer server([&](TestPeer& peer) {
    const std::string request = peer.ReadRequest();
    EXPECT_THAT(request, HasSubstr("Accept-Encoding: gzip\r\n"));
    peer.Reply(Gzip(text), "200 OK", "Content-Encoding: gzip\r\n");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got, {.target = "/", .compressed = true});
  EXPECT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body, text);
}

TEST_F(ClientTest, EncodingThatWasNotAskedForIsRefused) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Reply(Gzip("x"), "200 OK", "Content-Encoding: gzip\r\n");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kInvalid);
  EXPECT_EQ(got.body, "");
}

TEST_F(ClientTest, DisableCompressionKeepsGzipOff) {
  TestServer server([](TestPeer& peer) {
    EXPECT_THAT(peer.ReadRequest(), Not(HasSubstr("Accept-Encoding")));
    peer.Reply("x");
  });
  config::Connection connection = To(server.url());
  connection.disable_compression = true;
  Connect(connection);
  Recording got;
  Get(&got, {.target = "/", .compressed = true});
  EXPECT_EQ(got.body, "x");
}

TEST_F(ClientTest, ZipBombIsCut) {
  const std::string bomb = Gzip(std::string(64 << 20, '\0'));
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Reply(bomb, "200 OK", "Content-Encoding: gzip\r\n");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got, {.target = "/", .compressed = true});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kInvalid);
  EXPECT_THAT(got.message(), HasSubstr("100:1"));
  EXPECT_LT(got.body.size(), 32u << 20);
}

TEST_F(ClientTest, BodyBeyondTheLimitIsCutAfterDecoding) {
  const std::string text(100000, 'k');
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.Reply(Gzip(text), "200 OK", "Content-Encoding: gzip\r\n");
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got, {.target = "/", .compressed = true, .max_body = 99999});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kInvalid);
  EXPECT_LE(got.body.size(), 99999u);
}

TEST_F(ClientTest, EndlessHeadersAreCut) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Write("HTTP/1.1 200 OK\r\n");
    const std::string header = "X-H: " + std::string(4000, 'h') + "\r\n";
    for (int i = 0; i < 200 && peer.Write(header); ++i) {
    }
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kInvalid);
}

TEST_F(ClientTest, NothingComesWhilePausedAndNothingIsLost) {
  const std::string block(1 << 20, 'b');
  TestServer server([&](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    for (int i = 0; i < 16; ++i) peer.Chunk(block);
    peer.EndChunked();
  });
  Connect(To(server.url()));
  Recording got;
  got.on_body = [](std::string_view) { return Flow::kPause; };
  const TransferId id = client_->Get({.target = "/"}, &got);
  int pauses = 0;
  while (!got.done && pauses < 100) {
    const int bodies = got.bodies;
    ASSERT_TRUE(RunUntil([&] { return got.bodies > bodies || got.done; }));
    const std::size_t had = got.body.size();
    for (int i = 0; i < 3; ++i) loop_.Turn(kMillisecond);
    ASSERT_EQ(got.body.size(), had) << "bytes while paused";
    ++pauses;
    client_->Resume(id);
  }
  got.on_body = nullptr;
  client_->Resume(id);
  ASSERT_TRUE(RunUntil([&] { return got.done; }));
  EXPECT_GE(pauses, 50);
  EXPECT_FALSE(got.error) << got.message();
  EXPECT_EQ(got.body.size(), 16 * block.size());
}

TEST_F(ClientTest, PausedTransferIsNotDrainedUntilItWasResumed) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    peer.Chunk("x");
    peer.WaitForClose();
  });
  Connect(To(server.url()));
  Recording got;
  got.on_body = [](std::string_view) { return Flow::kPause; };
  const TransferId id = client_->Get({.target = "/"}, &got);
  ASSERT_TRUE(RunUntil([&] { return got.bodies == 1; }));
  const int drains = got.drains;
  for (int i = 0; i < 10; ++i) loop_.Turn(5 * kMillisecond);
  EXPECT_EQ(got.drains, drains);
  client_->Resume(id);
  EXPECT_TRUE(RunUntil([&] { return got.drains > drains; }));
  client_.reset();
  loop_.Turn(0);
}

TEST_F(ClientTest, WhatCameWhileAnotherWasHandledIsReadBeforeADrain) {
  // Each says one byte a release.
  struct Talker {
    ~Talker() {
      more = false;
      say.release();
    }
    std::counting_semaphore<8> say{0};
    std::counting_semaphore<8> said{0};
    std::atomic<bool> more = true;
    TestServer server{[this](TestPeer& peer) {
      peer.ReadRequest();
      peer.StartChunked();
      for (say.acquire(); more; say.acquire()) {
        peer.Chunk("x");
        said.release();
      }
    }};
  };
  Talker first;
  Talker second;
  Connect(To(first.server.url()));
  const auto other = MakeClient(loop_, To(second.server.url()), Options());
  Recording got;
  Recording slow;
  client_->Get({.target = "/", .watch = true}, &got);
  other->Get({.target = "/", .watch = true}, &slow);
  ASSERT_TRUE(RunUntil([&] { return got.drains > 0 && slow.drains > 0; }));
  first.say.release();
  ASSERT_TRUE(RunUntil([&] { return got.bodies == 1; }));
  slow.on_body = [&](std::string_view) {
    first.say.release();
    first.said.acquire();
    first.said.acquire();
    return Flow::kContinue;
  };
  second.say.release();
  second.said.acquire();
  loop_.Turn(0);
  EXPECT_EQ(slow.bodies, 1);
  EXPECT_EQ(got.drained_at, 0U) << "a byte had not been read";
  EXPECT_TRUE(RunUntil([&] { return got.drained_at == 2; }));
  client_.reset();
}

TEST_F(ClientTest, DeadlineEndsWhatIsTooSlow) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.WaitForClose();
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got, {.target = "/", .deadline = 100 * kMillisecond});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kUnavailable);
  EXPECT_THAT(got.message(), HasSubstr("not finished within 0.1 s"));
  loop_.Turn(0);
}

TEST_F(ClientTest, IdleLimitCountsFromTheLastByte) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    peer.Chunk("x");
    peer.WaitForClose();
  });
  Connect(To(server.url()));
  Recording got;
  Get(&got, {.target = "/", .idle_limit = 200 * kMillisecond});
  EXPECT_EQ(got.body, "x");
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kUnavailable);
  EXPECT_THAT(got.message(), HasSubstr("no byte for 0.2 s"));
  loop_.Turn(0);
}

TEST_F(ClientTest, CancelFromWithinEndsTheCalls) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.StartChunked();
    while (peer.Chunk(std::string(1000, 'x'))) {
    }
  });
  Connect(To(server.url()));
  Recording got;
  TransferId id = 0;
  got.on_body = [&](std::string_view) {
    client_->Cancel(id);
    return Flow::kContinue;
  };
  id = client_->Get({.target = "/"}, &got);
  ASSERT_TRUE(RunUntil([&] { return got.bodies > 0; }));
  for (int i = 0; i < 10; ++i) loop_.Turn(5 * kMillisecond);
  EXPECT_EQ(got.bodies, 1);
  EXPECT_FALSE(got.done);
}

TEST_F(ClientTest, GetFromWithinOnDoneWorks) {
  TestServer server([](TestPeer& peer) {
    peer.ReadRequest();
    peer.Reply("x", "200 OK", "Connection: close\r\n");
  });
  Connect(To(server.url()));
  Recording second;
  class Chain : public Recording {
   public:
    void OnDone(const Status& status) override {
      Recording::OnDone(status);
      client->Get({.target = "/2"}, next);
    }
    HttpClient* client = nullptr;
    Recording* next = nullptr;
  } first;
  first.client = client_.get();
  first.next = &second;
  client_->Get({.target = "/1"}, &first);
  ASSERT_TRUE(RunUntil([&] { return second.done; }));
  EXPECT_EQ(second.body, "x");
}

TEST_F(ClientTest, CredentialsStayOffPlainHttp) {
  TestServer server([](TestPeer& peer) {
    EXPECT_THAT(peer.ReadRequest(), Not(HasSubstr("Authorization")));
    peer.Reply("x");
  });
  config::Connection connection = To(server.url());
  connection.token = "s3cr3t";
  connection.impersonate.user = "alice";
  Connect(connection);
  Recording got;
  Get(&got);
  EXPECT_EQ(got.body, "x");
}

TEST_F(ClientTest, UnusableServerFailsEachGet) {
  Connect(To("ftp://host"));
  Recording got;
  Get(&got);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code(), Code::kInvalid);
}

TEST_F(ClientTest, ProxyOfTheConnectionIsUsed) {
  std::promise<std::string> seen;
  TestServer proxy([&](TestPeer& peer) {
    seen.set_value(peer.ReadRequest());
    peer.Reply("by proxy");
  });
  config::Connection connection = To("http://cluster.invalid:80");
  connection.proxy_url = proxy.url();
  Connect(connection);
  Recording got;
  Get(&got);
  EXPECT_EQ(got.body, "by proxy") << got.message();
  EXPECT_THAT(seen.get_future().get(), HasSubstr("GET http://cluster.invalid"));
}

}  // namespace
}  // namespace kubescribe::net
