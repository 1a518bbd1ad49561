#include "base/error.hpp"
#include "ops/operations/all.hpp"
#include "ops/repository_access.hpp"
#include "ops/results.hpp"

namespace pra::ops {

namespace {

json::object run(const json::object& parameters, Context& context) {
  const auto config = find_config(Arguments(parameters), context);
  if (!config)
    throw Error(ErrorCode::kNotFound, "there is no pra.yaml here and no /etc/pra/pra.yaml",
                "name the file");
  std::vector<std::string> sources;
  for (const auto& source : config->sources)
    sources.push_back(source.name);
  std::vector<std::string> probes;
  for (const auto& probe : config->probes)
    probes.push_back(probe.name);
  return {{"path", printable(config->path)},
          {"name", printable(config->name)},
          {"repository", config->repository ? printable(config->repository->url) : ""},
          {"sources", text_list(sources)},
          {"probes", text_list(probes)},
          {"rto_seconds", seconds(config->objectives.rto)},
          {"rpo_seconds", seconds(config->objectives.rpo)}};
}

}  // namespace

Operation config_check_operation() {
  auto file = config_parameter();
  file.positional = true;
  file.repository = false;
  return {.name = "config_check",
          .group = "Repository",
          .summary = "check a configuration file",
          .details = "Says everything that is wrong in pra.yaml at once, with file and line.",
          .examples = {"pra config check", "pra config check /etc/pra/pra.yaml"},
          .parameters = {file},
          .results = {{"path", "string", "the file"},
                      {"name", "string", "name of the system"},
                      {"repository", "string", "URL of the repository"},
                      {"sources", "list", "names of the sources"},
                      {"probes", "list", "names of the probes"},
                      {"rto_seconds", "number", "wanted time to recover"},
                      {"rpo_seconds", "number", "data loss that is accepted"}},
          .run = run};
}

}  // namespace pra::ops
