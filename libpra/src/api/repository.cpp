#include "api/repository.hpp"

#include "api/input.hpp"
#include "api/wall.hpp"
#include "ops/repository_access.hpp"
#include "store/open_store.hpp"

using pra::api::required;
using pra::api::required_text;
using pra::api::wall;
using pra::api::wall_or;
using pra::api::wall_void;

namespace {

pra::repo::Environment environment_of(const pra_context& context, const std::string& location) {
  return {.store = pra::store::open_store(location, context.files, context.clock, context.logger),
          .files = context.files,
          .clock = context.clock,
          .logger = context.logger,
          .cache_directory = context.cache_directory};
}

}  // namespace

pra_error* pra_repository_open(pra_repository** out_repository, pra_context* context,
                               const char* location, const char* key_reference) {
  return wall([&] {
    auto& out = pra::api::output(out_repository, "out_repository");
    auto& owner = required(context, "context");
    auto environment = environment_of(owner, required_text(location, "location"));
    auto opened = pra::ops::open_repository(required_text(key_reference, "key_reference"),
                                            std::move(environment), owner.stop_token());
    out = new pra_repository{&owner, std::move(opened)};
  });
}

pra_error* pra_repository_init(pra_repository** out_repository, pra_context* context,
                               const char* location, const char* key_reference) {
  return wall([&] {
    auto& out = pra::api::output(out_repository, "out_repository");
    auto& owner = required(context, "context");
    auto environment = environment_of(owner, required_text(location, "location"));
    auto created = pra::ops::create_repository(required_text(key_reference, "key_reference"),
                                               std::move(environment), owner.stop_token());
    out = new pra_repository{&owner, std::move(created.repository)};
  });
}

void pra_repository_close(pra_repository* repository) {
  return wall_void([&] { delete repository; });
}

const char* pra_repository_id(const pra_repository* repository) {
  return wall_or(
      "", [&] { return repository == nullptr ? "" : repository->repository->config().id.c_str(); });
}
