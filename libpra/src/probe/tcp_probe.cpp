#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "base/directory.hpp"
#include "probe/checks.hpp"
#include "probe/deadline.hpp"

namespace pra::probe {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

AddressList resolve(const TcpProbe& probe) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem =
      getaddrinfo(probe.host.c_str(), std::to_string(probe.port).c_str(), &hints, &found);
  if (problem != 0)
    throw Error(ErrorCode::kTransient,
                fmt::format("resolve {}: {}", printable(probe.host), gai_strerror(problem)));
  return {found, &freeaddrinfo};
}

/// 0, or the errno of a connection that was refused or not made before the deadline.
int try_connect(const addrinfo& address, std::chrono::steady_clock::time_point deadline,
                const std::stop_token& stop) {
  const FileDescriptor connection(socket(
      address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!connection.is_open()) return errno;
  if (connect(connection.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  while (!stop.stop_requested()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ETIMEDOUT;
    pollfd waiting{connection.get(), POLLOUT, 0};
    // In short steps, so that a thread that nobody waits for any more ends soon.
    if (poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 50))) <= 0)
      continue;
    int problem = 0;
    socklen_t length = sizeof problem;
    getsockopt(connection.get(), SOL_SOCKET, SO_ERROR, &problem, &length);
    return problem;
  }
  return ECANCELED;
}

}  // namespace

Finding check(const TcpProbe& probe, Duration timeout, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto body = [probe, deadline](const std::stop_token& abandoned) {
    const auto addresses = resolve(probe);
    int problem = 0;
    for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next) {
      problem = try_connect(*address, deadline, abandoned);
      if (problem == 0)
        return Finding{
            true, fmt::format("connected to {}:{}", printable(probe.host), probe.port), {}};
    }
    return Finding{false,
                   fmt::format("connect to {}:{}: {}", printable(probe.host), probe.port,
                               problem == ETIMEDOUT ? "no answer in time" : std::strerror(problem)),
                   {}};
  };
  return call_with_deadline<Finding>(body, timeout, stop);
}

}  // namespace pra::probe
