#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace pra {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  ByteView body;
  Duration timeout = std::chrono::seconds(60);  ///< For the whole exchange.
  Duration connect_timeout = std::chrono::seconds(10);
  bool follow_redirects = false;
  bool verify_tls = true;
  std::string ca_file;                ///< PEM; empty: the system's.
  std::size_t body_limit = 64 << 20;  ///< More is Error(kFailed).
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  Buffer body;
  Duration elapsed{};
  std::optional<Timestamp> certificate_expires;  ///< Of the server's own certificate, with https.

  [[nodiscard]] std::optional<std::string> header(std::string_view lower_case_name) const;
};

/// One connection-reusing client over libcurl; one thread at a time. A status such as 404 is a
/// response, not an error; Error(kTransient) for network trouble, Error(kTimeout) after `timeout`,
/// Error(kCancelled) on `stop`. The only place where the library speaks HTTP.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] HttpResponse send(const HttpRequest& request, const std::stop_token& stop);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace pra
