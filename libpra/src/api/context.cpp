#include "api/context.hpp"

#include <pra/version.h>

#include <cstdlib>

#include "api/input.hpp"
#include "api/wall.hpp"

using pra::api::wall;
using pra::api::wall_or;
using pra::api::wall_void;

namespace {

/// pra/ in $XDG_CACHE_HOME, or in ~/.cache; none where neither is known.
std::string usual_cache_directory() {
  const auto* cache = std::getenv("XDG_CACHE_HOME");  // NOLINT(concurrency-mt-unsafe)
  if (cache != nullptr && *cache == '/') return std::string(cache) + "/pra";
  const auto* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return home != nullptr && *home == '/' ? std::string(home) + "/.cache/pra" : std::string();
}

std::shared_ptr<pra::Logger> make_logger(const pra_context_options& options) {
  if (options.log == nullptr) return std::make_shared<pra::Logger>();
  const auto sink = [log = options.log, user_data = options.log_user_data](
                        pra::LogLevel level, std::string_view message) {
    log(static_cast<pra_log_level>(level), std::string(message).c_str(), user_data);
  };
  return std::make_shared<pra::Logger>(sink, static_cast<pra::LogLevel>(options.log_level));
}

}  // namespace

pra_error* pra_context_new(pra_context** out_context, const pra_context_options* options) {
  return wall([&] {
    auto& out = pra::api::output(out_context, "out_context");
    const auto given = pra::api::sized_copy(options, "options");
    auto context = std::make_unique<pra_context>();
    context->files = pra::posix_file_system();
    context->clock = pra::system_clock();
    context->logger = make_logger(given);
    context->cache_directory =
        given.cache_directory != nullptr ? given.cache_directory : usual_cache_directory();
    out = context.release();
  });
}

void pra_context_free(pra_context* context) {
  return wall_void([&] { delete context; });
}

void pra_context_cancel(pra_context* context) {
  return wall_void([&] {
    if (context != nullptr) context->cancel();
  });
}

void pra_context_reset(pra_context* context) {
  return wall_void([&] {
    if (context != nullptr) context->reset();
  });
}

const char* pra_version(void) {
  return wall_or("", [] { return PRA_VERSION; });
}

int pra_version_number(void) {
  return wall_or(0, [] { return PRA_VERSION_NUMBER; });
}
