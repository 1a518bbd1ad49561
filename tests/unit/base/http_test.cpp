#include "base/http.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "base/process.hpp"
#include "support/errors.hpp"
#include "support/loopback_server.hpp"
#include "support/temporary_directory.hpp"

using namespace pra;
using namespace pra::test;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace {

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = 30s;
  return request;
}

HttpResponse send(const HttpRequest& request) {
  return HttpClient().send(request, {});
}

/// A server that gives every request the same answer.
LoopbackServer::Answer always(const std::string& text, bool keep = false) {
  return [=](const LoopbackServer::Exchange& exchange) {
    exchange.send(text);
    return keep;
  };
}

const std::string kHello =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Thing:  some value \r\nETag: \"a\"\r\n\r\nhello";

}  // namespace

TEST_CASE("a plain exchange") {
  const LoopbackServer server(always(kHello));
  auto request = get(server.url("/path?query=1"));
  request.headers = {{"X-Mine", "yes"}, {"X-Empty", ""}};
  const auto response = send(request);
  CHECK(response.status == 200);
  CHECK(as_text(response.body) == "hello");
  CHECK(response.header("x-thing") == "some value");
  CHECK(response.header("etag") == "\"a\"");
  CHECK_FALSE(response.header("x-none"));
  CHECK(response.elapsed > 0s);
  CHECK(response.elapsed < 30s);
  CHECK_FALSE(response.certificate_expires);
  const auto seen = server.requests().at(0);
  CHECK(seen.starts_with("GET /path?query=1 HTTP/1.1\r\n"));
  CHECK(seen.find("X-Mine: yes\r\n") != std::string::npos);
  CHECK(seen.find("X-Empty:\r\n") != std::string::npos);
  CHECK(seen.find("User-Agent: libpra/") != std::string::npos);
  CHECK(seen.find("Expect") == std::string::npos);
}

TEST_CASE("methods and bodies") {
  const LoopbackServer server(always("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"));
  const std::string body(300'000, 'b');
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    auto request = get(server.url());
    request.method = method;
    request.body = as_bytes(body);
    CHECK(send(request).status == 201);
    const auto seen = server.requests().back();
    CHECK(seen.starts_with(method + " / HTTP/1.1\r\n"));
    CHECK(seen.ends_with("\r\n\r\n" + body));
    CHECK(seen.find("Content-Type") == std::string::npos);
  }
  auto empty = get(server.url());
  empty.method = "PUT";
  empty.headers = {{"Content-Type", "text/plain"}};
  CHECK(send(empty).status == 201);
  CHECK(server.requests().back().find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(server.requests().back().find("Content-Type: text/plain\r\n") != std::string::npos);
  empty.method = "DELETE";
  CHECK(send(empty).status == 201);
}

TEST_CASE("HEAD has no body") {
  const LoopbackServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"));
  auto request = get(server.url());
  request.method = "HEAD";
  const auto response = send(request);
  CHECK(response.status == 200);
  CHECK(response.header("content-length") == "12345");
  CHECK(response.body.empty());
}

TEST_CASE("a status is an answer, not an error") {
  for (const std::string status : {"404 Not Found", "500 Oops", "503 Busy", "301 Moved"}) {
    const LoopbackServer server(
        always("HTTP/1.1 " + status + "\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nno"));
    const auto response = send(get(server.url()));
    CHECK(std::to_string(response.status) == status.substr(0, 3));
    CHECK(as_text(response.body) == "no");
  }
}

TEST_CASE("redirects are followed only when asked for, and not for ever") {
  const LoopbackServer server([](const LoopbackServer::Exchange& exchange) {
    exchange.send(exchange.request.starts_with("GET /end")
                      ? kHello
                      : "HTTP/1.1 302 Found\r\nX-First: 1\r\nLocation: " +
                            std::string(exchange.request.starts_with("GET /loop") ? "/loop"
                                        : exchange.request.starts_with("GET /file")
                                            ? "file:///etc/passwd"
                                            : "/end") +
                            "\r\nContent-Length: 4\r\n\r\ngone");
    return true;
  });
  auto request = get(server.url("/start"));
  CHECK(send(request).status == 302);
  request.follow_redirects = true;
  const auto response = send(request);
  CHECK(response.status == 200);
  CHECK(as_text(response.body) == "hello");
  CHECK_FALSE(response.header("x-first"));
  request.url = server.url("/loop");
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
  request.url = server.url("/file");
  CHECK(code_of([&] { (void)send(request); }).has_value());
}

TEST_CASE("a client uses its connection again, also after a stop") {
  const LoopbackServer server(always(kHello, true));
  HttpClient client;
  for (int i = 0; i < 5; ++i)
    CHECK(client.send(get(server.url()), {}).status == 200);
  CHECK(server.connections() == 1);
  std::stop_source source;
  source.request_stop();
  CHECK(code_of([&] { (void)client.send(get(server.url()), source.get_token()); }) ==
        ErrorCode::kCancelled);
  CHECK(client.send(get(server.url()), {}).status == 200);
}

TEST_CASE("no more than the limit is taken") {
  const LoopbackServer server(
      always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x')));
  auto request = get(server.url());
  request.body_limit = 100;
  CHECK(send(request).body.size() == 100);
  request.body_limit = 99;
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
  request.body_limit = 0;
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
}

TEST_CASE("endless headers and bodies are given up") {
  const LoopbackServer bodies([](const LoopbackServer::Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 200; ++i)
      exchange.send(std::string(100'000, 'x'));
    return false;
  });
  auto request = get(bodies.url());
  request.body_limit = 1 << 20;
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
  const LoopbackServer headers([](const LoopbackServer::Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; ++i)
      exchange.send("X-H: " + std::string(1000, 'x') + "\r\n");
    exchange.send("\r\n");
    return false;
  });
  CHECK(code_of([&] { (void)send(get(headers.url())); }) == ErrorCode::kFailed);
}

TEST_CASE("time limits hold to a tenth of a second") {
  const LoopbackServer silent([](const LoopbackServer::Exchange& exchange) {
    exchange.hang();
    return false;
  });
  const LoopbackServer slow([](const LoopbackServer::Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
    exchange.hang();
    return false;
  });
  for (const auto* server : {&silent, &slow}) {
    auto request = get(server->url());
    request.timeout = 300ms;
    const auto started = SteadyClock::now();
    CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kTimeout);
    const auto spent = SteadyClock::now() - started;
    CHECK(spent >= 290ms);
    CHECK(spent < 400ms + 300ms);  // The machine may be busy.
  }
}

TEST_CASE("a stop is heeded at once") {
  const LoopbackServer silent([](const LoopbackServer::Exchange& exchange) {
    exchange.hang();
    return false;
  });
  std::stop_source source;
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  HttpClient client;
  const auto started = SteadyClock::now();
  CHECK(code_of([&] { (void)client.send(get(silent.url()), source.get_token()); }) ==
        ErrorCode::kCancelled);
  CHECK(SteadyClock::now() - started < 800ms);
  stopper.join();
}

TEST_CASE("trouble with the network is passing trouble") {
  std::string gone;
  {
    const LoopbackServer server(always(kHello));
    gone = server.url();
  }
  CHECK(code_of([&] { (void)send(get(gone)); }) == ErrorCode::kTransient);
  const LoopbackServer rude([](const LoopbackServer::Exchange&) { return false; });
  CHECK(code_of([&] { (void)send(get(rude.url())); }) == ErrorCode::kTransient);
  const LoopbackServer cut(always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  CHECK(code_of([&] { (void)send(get(cut.url())); }) == ErrorCode::kTransient);
  CHECK(code_of([] { (void)send(get("http://name.invalid/")); }) == ErrorCode::kTransient);
}

TEST_CASE("what is no request is refused") {
  CHECK(code_of([] { (void)send(get("ftp://127.0.0.1/")); }) == ErrorCode::kInvalidArgument);
  CHECK(code_of([] { (void)send(get("file:///etc/passwd")); }) == ErrorCode::kInvalidArgument);
  CHECK(code_of([] { (void)send(get("")); }) == ErrorCode::kInvalidArgument);
  auto request = get("http://127.0.0.1:1/");
  request.headers = {{"X-A", "b\r\nX-Injected: 1"}};
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kInvalidArgument);
  request.headers = {{"", "b"}};
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kInvalidArgument);
  request.headers = {};
  request.method = "GET / HTTP/1.1\r\nX: y";
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kInvalidArgument);
}

TEST_CASE("secrets of a URL are in no message") {
  auto request = get("http://user:hunter2@127.0.0.1:1/path?token=hunter2#hunter2");
  const auto words = words_of([&] { (void)send(request); });
  CHECK(words.find("hunter2") == std::string::npos);
  CHECK(words.find("GET http://127.0.0.1:1/path: ") == 0);
}

TEST_CASE("https: the certificate is checked, and its end is told") {
  const TemporaryDirectory place;
  ProcessRequest make;
  make.directory = place.path();
  make.timeout = 60s;
  make.command = {"openssl",  "req",           "-x509",   "-newkey",
                  "rsa:2048", "-nodes",        "-keyout", "key.pem",
                  "-out",     "crt.pem",       "-days",   "30",
                  "-subj",    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"};
  if (code_of([&] { (void)run_process(make, {}); })) {
    MESSAGE("there is no openssl program to make a certificate with");
    return;
  }
  // A free port: taken, and given back for the server.
  std::string port;
  {
    const LoopbackServer server(always(kHello));
    port = server.url("").substr(17);
  }
  std::stop_source stop;
  std::thread tls([&] {
    ProcessRequest serve;
    serve.directory = place.path();
    serve.command = {"openssl", "s_server", "-accept", "127.0.0.1:" + port,
                     "-cert",   "crt.pem",  "-key",    "key.pem",
                     "-www",    "-quiet"};
    (void)code_of([&] { (void)run_process(serve, stop.get_token()); });
  });
  HttpClient client;
  auto request = get("https://localhost:" + port + "/");
  request.ca_file = place / "crt.pem";
  std::optional<HttpResponse> response;
  for (int i = 0; i < 100 && !response; ++i) {
    if (code_of([&] { response = client.send(request, {}); })) std::this_thread::sleep_for(50ms);
  }
  REQUIRE(response);
  CHECK(response->status == 200);
  REQUIRE(response->certificate_expires);
  const auto left = response->certificate_expires->since(system_clock()->now());
  CHECK(left > 29 * 24h);
  CHECK(left <= 30 * 24h);
  CHECK(client.send(request, {}).certificate_expires == response->certificate_expires);

  request.ca_file.clear();
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
  request.verify_tls = false;
  CHECK(send(request).certificate_expires == response->certificate_expires);
  request.verify_tls = true;
  request.ca_file = place / "crt.pem";
  request.url = "https://127.0.0.1:" + port + "/";  // Not the name in the certificate.
  CHECK(code_of([&] { (void)send(request); }) == ErrorCode::kFailed);
  stop.request_stop();
  tls.join();
}
