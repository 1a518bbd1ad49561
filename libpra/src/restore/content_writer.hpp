#pragma once

#include <stop_token>

#include "repo/repository.hpp"
#include "restore/content_plan.hpp"
#include "restore/file_output.hpp"
#include "restore/plan.hpp"

namespace pra::restore {

/// Fetches what `content` lists and writes it to every place that wants it, in parallel. A file
/// whose blobs all come with one request is created, written, given its metadata and closed in one
/// go. Blobs that are damaged cost the files they belong to.
void write_content(repo::Repository& repository, const Plan& plan, const ContentPlan& content,
                   FileOutput& output, unsigned workers, const std::stop_token& stop);

}  // namespace pra::restore
