#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/directory.hpp"

namespace pra::test {

/// An HTTP server on a free port of loopback that says what a test wants, byte by byte. One
/// connection at a time; a connection is kept as long as `answer` wants.
class LoopbackServer {
 public:
  /// One request and the means to answer it.
  struct Exchange {
    std::string request;  ///< Head and body as they came.
    int socket = -1;
    const std::atomic<bool>* stopping = nullptr;

    void send(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
      }
    }
    /// Says nothing until the client or the test gives up.
    void hang() const {
      struct pollfd item {
        socket, POLLRDHUP, 0
      };
      while (!*stopping && ::poll(&item, 1, 20) == 0) {
      }
    }
  };
  /// Returns true to keep the connection.
  using Answer = std::function<bool(const Exchange&)>;

  explicit LoopbackServer(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), plain, length) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), plain, &length) != 0)
      throw std::runtime_error("cannot listen on loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer() {
    stopping_ = true;
    thread_.join();
  }

  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve() {
    while (!stopping_) {
      struct pollfd item {
        listener_.get(), POLLIN, 0
      };
      if (::poll(&item, 1, 20) <= 0) continue;
      const FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.is_open()) continue;
      ++connections_;
      while (!stopping_) {
        const auto request = receive(socket.get());
        if (request.empty()) break;
        {
          const std::scoped_lock lock(mutex_);
          requests_.push_back(request);
        }
        if (!answer_({request, socket.get(), &stopping_})) break;
      }
    }
  }

  /// Empty when the connection ended.
  std::string receive(int socket) const {
    std::string out;
    while (!stopping_) {
      const auto head_end = out.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const auto field = out.find("Content-Length: ");
        const std::size_t body = field < head_end ? std::stoul(out.substr(field + 16)) : 0;
        if (out.size() >= head_end + 4 + body) return out;
      }
      struct pollfd item {
        socket, POLLIN, 0
      };
      if (::poll(&item, 1, 20) <= 0) continue;
      char buffer[16384];
      const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
      if (count <= 0) return {};
      out.append(buffer, static_cast<std::size_t>(count));
    }
    return {};
  }

  Answer answer_;
  FileDescriptor listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace pra::test
