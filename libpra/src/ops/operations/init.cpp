#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "repo/repository.hpp"

namespace pra::ops {

namespace {

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const bool bare = arguments.has("repo") && !arguments.has("config");
  const auto reference =
      repository_reference(arguments, bare ? std::nullopt : find_config(arguments, context));
  auto environment = repository_environment(reference.url, arguments, context);
  const auto created = create_repository(reference.key, std::move(environment), context.stop);
  return {{"id", created.repository->config().id},
          {"location", printable(created.repository->location())},
          {"key", printable(reference.key)},
          {"key_created", created.key_created}};
}

}  // namespace

Operation init_operation() {
  return {.name = "init",
          .group = "Repository",
          .summary = "create a repository",
          .details =
              "Creates an encrypted repository in restic's format, version 2. A key file that "
              "does not exist is made: 256 random bits, readable by its owner only. Keep a "
              "copy of it elsewhere: without the key nobody can read the backups.",
          .examples = {"pra init --repo /srv/backup --key-file /etc/pra/repository.key",
                       "pra init --repo /srv/backup --key env:PRA_PASSWORD"},
          .changes = true,
          .parameters = with_repository({}),
          .results = {{"id", "string", "the repository's id"},
                      {"location", "string", "where it is"},
                      {"key", "string", "reference of its key"},
                      {"key_created", "boolean", "a new key file was made: keep a copy elsewhere"}},
          .run = run};
}

}  // namespace pra::ops
