#include "ops/repository_access.hpp"

#include <array>

#include "base/error.hpp"
#include "repo/secret.hpp"
#include "store/open_store.hpp"

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

}  // namespace

Parameter config_parameter() {
  return {
      .name = "config",
      .type = ParameterType::kPath,
      .help = "configuration file; without it ./pra.yaml or /etc/pra/pra.yaml, where there is one",
      .repository = true};
}

std::vector<Parameter> with_repository(std::vector<Parameter> own) {
  const std::vector<Parameter> shared{
      {.name = "repo",
       .help = "where the repository is: a directory; without it the one of the configuration",
       .repository = true},
      {.name = "key_file",
       .type = ParameterType::kPath,
       .help = "file with the repository's key or password (the same as --key file:PATH)",
       .repository = true},
      {.name = "key",
       .help = "where the key is to be had, never the key itself: file:PATH, env:NAME, "
               "command:PROGRAM ARG…, credential:NAME",
       .repository = true},
      config_parameter(),
      {.name = "cache_dir",
       .type = ParameterType::kPath,
       .help =
           "directory of the local cache, which may be deleted at any time; 'none' for no cache",
       .repository = true}};
  return std::move(own) + shared;
}

std::vector<Parameter> filter_parameters() {
  return {
      {.name = "source", .help = "only snapshots of this source (its name in pra.yaml, or --name)"},
      {.name = "host", .help = "only snapshots of this host"},
      {.name = "tag",
       .type = ParameterType::kStringList,
       .help = "only snapshots with this tag; more than one: with all of them"},
      {.name = "path",
       .type = ParameterType::kPathList,
       .help = "only snapshots that hold this path as it was given to backup"}};
}

std::vector<Parameter> operator+(std::vector<Parameter> left, const std::vector<Parameter>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::optional<config::Config> find_config(const Arguments& arguments, const Context& context) {
  if (arguments.has("config")) return config::load_config(arguments.text("config"), *context.files);
  static constexpr std::array kUsual{"pra.yaml", "/etc/pra/pra.yaml"};
  for (const auto* path : kUsual)
    if (context.files->stat(path)) return config::load_config(path, *context.files);
  return std::nullopt;
}

config::RepositoryReference repository_reference(const Arguments& arguments,
                                                 const std::optional<config::Config>& config) {
  config::RepositoryReference reference;
  if (config && config->repository) reference = *config->repository;
  if (arguments.has("repo")) reference = {arguments.text("repo"), ""};
  if (arguments.has("key") && arguments.has("key_file"))
    throw Error(ErrorCode::kInvalidArgument, "both 'key' and 'key_file' say where the key is",
                "give one of them");
  if (arguments.has("key")) reference.key = arguments.text("key");
  if (arguments.has("key_file")) reference.key = "file:" + arguments.text("key_file");
  if (reference.url.empty())
    throw Error(ErrorCode::kInvalidArgument, "no repository is given",
                config ? "add 'repository' to " + config->path + ", or give repo and key_file"
                       : "give repo and key_file, or write a pra.yaml (there is none here, and no "
                         "/etc/pra/pra.yaml)");
  if (reference.key.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "no key is given for the repository " + printable(reference.url),
                "give key_file, or key with a reference such as env:PRA_KEY");
  return reference;
}

repo::Environment repository_environment(const std::string& url, const Arguments& arguments,
                                         const Context& context) {
  auto cache = context.cache_directory;
  if (arguments.has("cache_dir")) cache = arguments.text("cache_dir");
  if (cache == "none") cache.clear();
  return {.store = store::open_store(url, context.files, context.clock, context.logger),
          .files = context.files,
          .clock = context.clock,
          .logger = context.logger,
          .cache_directory = cache};
}

std::shared_ptr<repo::Repository> open_repository(const std::string& key_reference,
                                                  repo::Environment environment,
                                                  const std::stop_token& stop) {
  const auto secret = [&] {
    try {
      return repo::resolve_secret(key_reference, *environment.files, stop);
    } catch (const Error&) {
      // Without the repository the key is the lesser trouble.
      if (repository_exists(*environment.store, stop)) throw;
      return repo::Secret();
    }
  }();
  return repo::Repository::open(std::move(environment), secret, stop);
}

std::shared_ptr<repo::Repository> open_repository(const Arguments& arguments,
                                                  const std::optional<config::Config>& config,
                                                  const Context& context) {
  const auto reference = repository_reference(arguments, config);
  auto environment = repository_environment(reference.url, arguments, context);
  return open_repository(reference.key, std::move(environment), context.stop);
}

std::shared_ptr<repo::Repository> open_repository(const Arguments& arguments,
                                                  const Context& context) {
  // A configuration that is not needed is not read: it may be for something else.
  if (arguments.has("repo") && !arguments.has("config"))
    return open_repository(arguments, std::nullopt, context);
  return open_repository(arguments, find_config(arguments, context), context);
}

CreatedRepository create_repository(const std::string& key_reference, repo::Environment environment,
                                    const std::stop_token& stop) {
  if (repository_exists(*environment.store, stop))
    throw Error(ErrorCode::kAlreadyExists,
                "there is a repository at " + environment.store->location() + " already",
                "use it, or choose another place; nothing was changed");
  static constexpr std::string_view kFile = "file:";
  const bool is_file = key_reference.starts_with(kFile);
  const auto key_file = is_file ? key_reference.substr(kFile.size()) : std::string();
  const bool make_key = is_file && !environment.files->stat(key_file);
  const auto secret = make_key ? repo::create_key_file(key_file, *environment.files)
                               : repo::resolve_secret(key_reference, *environment.files, stop);
  const auto logger = environment.logger;
  auto repository = repo::Repository::create(std::move(environment), secret, stop);
  if (make_key)
    logger->warning("the new key in " + printable(key_file) +
                    " is the only way into this repository: keep a copy of it on another machine "
                    "or on paper. Without it every backup is lost");
  return {std::move(repository), make_key};
}

repo::SnapshotFilter snapshot_filter(const Arguments& arguments) {
  return {.host = arguments.text("host"),
          .source = arguments.text("source"),
          .tags = arguments.list("tag"),
          .paths = arguments.list("path")};
}

}  // namespace pra::ops
