#pragma once

#include <pra/pra.h>

#include <thread>

namespace pra_host {

/// While it lives, the first SIGINT or SIGTERM cancels what runs with the context, and a second one
/// ends the process at once with exit code 130.
class Signals {
 public:
  explicit Signals(pra_context* context);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  int pipe_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace pra_host
