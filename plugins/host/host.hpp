#pragma once

namespace pra_host {

/// `pra`: returns the exit code.
[[nodiscard]] int host_main(int count, char** values);

}  // namespace pra_host
