#pragma once

#include <cstddef>
#include <exception>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/bytes.hpp"
#include "base/process.hpp"

namespace pra::ops {

/// The standard output of a program, to be read in pieces while it runs: what `backup_stream` reads
/// for a source of type command. A program that fails makes the read at its end fail, so that a
/// truncated dump is never taken for a whole one. One thread at a time; the destructor ends the
/// program.
class CommandStream {
 public:
  CommandStream(std::vector<std::string> command, const std::stop_token& stop);
  ~CommandStream();
  CommandStream(const CommandStream&) = delete;
  CommandStream& operator=(const CommandStream&) = delete;

  /// Fills `out` as far as there is something; 0 at the end. Error(kFailed) with the program's last
  /// words when it ended with another code than 0.
  std::size_t read(MutableByteView out);

 private:
  void run(const std::stop_token& stop);
  void check_end() const;

  std::vector<std::string> command_;
  BoundedQueue<Buffer> pieces_;
  Buffer piece_;
  std::size_t used_ = 0;
  ProcessResult result_;
  std::exception_ptr failure_;
  std::stop_source ended_;
  std::stop_callback<std::function<void()>> forward_;
  std::thread thread_;  ///< Last: it uses the others.
};

}  // namespace pra::ops
