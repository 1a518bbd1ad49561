#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "ops/operation.hpp"
#include "ops/parameters.hpp"
#include "repo/repository.hpp"

namespace pra::ops {

/// `own` followed by the parameters that say which repository: repo, key_file, key, config,
/// cache_dir.
[[nodiscard]] std::vector<Parameter> with_repository(std::vector<Parameter> own);
/// The parameter `config` alone, for operations that need no repository.
[[nodiscard]] Parameter config_parameter();
/// The parameters source, host, tag and path, which choose among snapshots.
[[nodiscard]] std::vector<Parameter> filter_parameters();
[[nodiscard]] std::vector<Parameter> operator+(std::vector<Parameter> left,
                                               const std::vector<Parameter>& right);

/// The file that the parameter `config` names, or ./pra.yaml, or /etc/pra/pra.yaml; nothing when
/// none is named and neither is there.
[[nodiscard]] std::optional<config::Config> find_config(const Arguments& arguments,
                                                        const Context& context);

/// The URL and the key's reference, from the parameters or else the configuration.
/// Error(kInvalidArgument) when they are not to be had.
[[nodiscard]] config::RepositoryReference repository_reference(
    const Arguments& arguments, const std::optional<config::Config>& config);

/// What Repository::open and create want, for a URL.
[[nodiscard]] repo::Environment repository_environment(const std::string& url,
                                                       const Arguments& arguments,
                                                       const Context& context);
/// Error(kNoRepository) goes before whatever is wrong with the key.
[[nodiscard]] std::shared_ptr<repo::Repository> open_repository(const std::string& key_reference,
                                                                repo::Environment environment,
                                                                const std::stop_token& stop);
[[nodiscard]] std::shared_ptr<repo::Repository> open_repository(
    const Arguments& arguments, const std::optional<config::Config>& config,
    const Context& context);
/// The same with the configuration that `find_config` finds.
[[nodiscard]] std::shared_ptr<repo::Repository> open_repository(const Arguments& arguments,
                                                                const Context& context);

/// Creates a repository. A key file ("file:PATH") that does not exist is made, and the log says
/// that it must be kept elsewhere. Error(kAlreadyExists) before anything is made when there is one.
struct CreatedRepository {
  std::shared_ptr<repo::Repository> repository;
  bool key_created = false;
};
[[nodiscard]] CreatedRepository create_repository(const std::string& key_reference,
                                                  repo::Environment environment,
                                                  const std::stop_token& stop);

[[nodiscard]] repo::SnapshotFilter snapshot_filter(const Arguments& arguments);

}  // namespace pra::ops
