#pragma once

#include <sys/types.h>

#include "base/directory.hpp"
#include "base/process.hpp"

namespace pra {

/// A child that was just started, with our ends of its standard streams (close-on-exec and
/// non-blocking). It leads a process group of its own. Whoever has it must wait for it.
struct LaunchedProcess {
  pid_t pid = -1;
  FileDescriptor input;
  FileDescriptor output;
  FileDescriptor error_output;
};

/// Starts `request.command`; the errors are those of `run_process`. The part of `run_process` that
/// is Boost.Process.
[[nodiscard]] LaunchedProcess launch_process(const ProcessRequest& request);

}  // namespace pra
