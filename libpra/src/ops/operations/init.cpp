#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "repo/repository.hpp"
#include "repo/secret.hpp"

namespace pra::ops {

namespace {

bool repository_exists(store::Store& store, const std::stop_token& stop) {
  if (!store.exists(stop)) return false;
  try {
    static_cast<void>(store.size("config", stop));
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
}

json::object run(const json::object& parameters, Context& context) {
  const Arguments arguments(parameters);
  const bool bare = arguments.has("repo") && !arguments.has("config");
  const auto reference =
      repository_reference(arguments, bare ? std::nullopt : find_config(arguments, context));
  auto environment = repository_environment(reference.url, arguments, context);
  if (repository_exists(*environment.store, context.stop))
    throw Error(ErrorCode::kAlreadyExists,
                "there is a repository at " + environment.store->location() + " already",
                "use it, or choose another place; nothing was changed");

  static constexpr std::string_view kFile = "file:";
  const bool is_file = reference.key.starts_with(kFile);
  const auto key_file = is_file ? reference.key.substr(kFile.size()) : std::string();
  const bool make_key = is_file && !context.files->stat(key_file);
  const auto secret = make_key ? repo::create_key_file(key_file, *context.files)
                               : repo::resolve_secret(reference.key, *context.files, context.stop);
  const auto repository = repo::Repository::create(std::move(environment), secret, context.stop);
  if (make_key)
    context.logger->warning(
        "the new key in " + printable(key_file) +
        " is the only way into this repository: keep a copy of it on another machine or on paper. "
        "Without it every backup is lost");
  return {{"id", repository->config().id},
          {"location", printable(repository->location())},
          {"key", printable(reference.key)},
          {"key_created", make_key}};
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
