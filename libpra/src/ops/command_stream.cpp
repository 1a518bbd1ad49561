#include "ops/command_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace pra::ops {

namespace {

constexpr std::size_t kQueuedPieces = 64;

/// The last line that says something, for the error message.
std::string last_words(std::string_view text) {
  static constexpr std::size_t kLongest = 300;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  return printable(text.substr(0, kLongest));
}

}  // namespace

CommandStream::CommandStream(std::vector<std::string> command, const std::stop_token& stop)
    : command_(std::move(command)),
      pieces_(kQueuedPieces),
      forward_(stop, [this] { ended_.request_stop(); }),
      thread_([this] { run(ended_.get_token()); }) {}

CommandStream::~CommandStream() {
  ended_.request_stop();
  pieces_.abort();
  thread_.join();
}

void CommandStream::run(const std::stop_token& stop) {
  try {
    ProcessRequest request;
    request.command = command_;
    request.on_output = [this](ByteView bytes) {
      if (!pieces_.push(to_buffer(bytes))) ended_.request_stop();
    };
    result_ = run_process(request, stop);
  } catch (...) {
    failure_ = std::current_exception();
  }
  pieces_.close();
}

std::size_t CommandStream::read(MutableByteView out) {
  if (used_ == piece_.size()) {
    auto next = pieces_.pop();
    if (!next) {
      check_end();
      return 0;
    }
    piece_ = std::move(*next);
    used_ = 0;
  }
  const auto count = std::min(out.size(), piece_.size() - used_);
  std::copy_n(piece_.begin() + static_cast<std::ptrdiff_t>(used_), count, out.begin());
  used_ += count;
  return count;
}

void CommandStream::check_end() const {
  if (failure_) std::rethrow_exception(failure_);
  if (result_.signal != 0)
    throw Error(ErrorCode::kFailed, fmt::format("{} was ended by signal {}",
                                                printable(command_.front()), result_.signal));
  if (result_.exit_code == 0) return;
  const auto words = last_words(result_.error_output);
  throw Error(ErrorCode::kFailed,
              fmt::format("{} ended with exit code {}{}", printable(command_.front()),
                          result_.exit_code, words.empty() ? "" : ": " + words),
              "run it by hand to see what is wrong; nothing of it was kept as a snapshot");
}

}  // namespace pra::ops
