#pragma once

#include <pra/repository.h>

#include <memory>

#include "api/context.hpp"
#include "repo/repository.hpp"

/// The C side's open repository.
struct pra_repository {
  pra_context* context;
  std::shared_ptr<pra::repo::Repository> repository;
};
