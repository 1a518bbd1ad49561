#include "backup/page_pipeline.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "repo/repository_fixture.hpp"
#include "store/fault_store.hpp"
#include "support/errors.hpp"

using namespace pra;
using backup::PagePipeline;

namespace {

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& byte : text)
    byte = static_cast<char>(random());
  return text;
}

std::vector<BlobId> expected_ids(const std::string& content, std::size_t piece) {
  std::vector<BlobId> ids;
  for (std::size_t at = 0; at < content.size(); at += piece)
    ids.push_back(
        BlobId::from(crypto::sha256(as_bytes(std::string_view(content).substr(at, piece)))));
  return ids;
}

void feed(PagePipeline& pipeline, std::string_view content, std::mt19937& random) {
  while (!content.empty()) {
    const std::size_t taken = std::min<std::size_t>(content.size(), 1 + random() % 70'000);
    pipeline.append(as_bytes(content.substr(0, taken)));
    content.remove_prefix(taken);
  }
}

}  // namespace

TEST_CASE("files are cut at fixed offsets, whatever the pieces they arrive in") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  std::mt19937 random(1);
  constexpr std::size_t kPage = 65536;
  const std::vector<std::size_t> sizes = {
      0, 1, 100, kPage - 1, kPage, kPage + 1, 3 * kPage, 1 << 20, 5'000'000, 8192, 7, 2'097'152};
  std::vector<std::string> contents;
  std::deque<std::vector<BlobId>> ids;
  Progress progress;
  repo::BlobWriter writer(*repository, {}, {});
  {
    PagePipeline pipeline(writer, 3, 1 << 20, progress);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      contents.push_back(random_text(random, sizes[i]));
      pipeline.begin_file(sizes[i], i % 3 == 2 ? 1 << 20 : kPage, ids.emplace_back());
      feed(pipeline, contents.back(), random);
    }
    pipeline.finish();
  }
  writer.finish();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(i);
    total += sizes[i];
    CHECK(ids[i] == expected_ids(contents[i], i % 3 == 2 ? 1 << 20 : kPage));
    std::string stored;
    for (const BlobId& id : ids[i])
      stored += as_text(repository->load_blob({repo::BlobType::kData, id}, {}));
    CHECK(stored == contents[i]);
  }
  CHECK(progress.view().bytes_done == total);
}

TEST_CASE("more bytes than announced are an error") {
  const test::RepositoryFixture fixture;
  const auto repository = fixture.create();
  Progress progress;
  repo::BlobWriter writer(*repository, {}, {});
  PagePipeline pipeline(writer, 1, 1 << 20, progress);
  std::vector<BlobId> ids;
  pipeline.begin_file(3, 65536, ids);
  CHECK(test::code_of([&] { pipeline.append(as_bytes("four")); }) == ErrorCode::kFailed);
}

TEST_CASE("a store that fails ends the sender with its error, and nothing hangs") {
  const test::RepositoryFixture fixture;
  (void)fixture.create();
  auto environment = fixture.environment();
  environment.store = store::make_fault_store(
      environment.store, [](std::uint64_t, std::string_view operation, std::string_view name) {
        store::Fault fault;
        if (operation == "create" && name.starts_with("data/"))
          fault = {store::Fault::Kind::kFailBefore, ErrorCode::kNoSpace};
        return fault;
      });
  const auto repository = repo::Repository::open(environment, fixture.secret, {});
  std::mt19937 random(2);
  Progress progress;
  const auto code = test::code_of([&] {
    repo::BlobWriterOptions options;
    options.pack_size = 1 << 20;
    repo::BlobWriter writer(*repository, options, {});
    PagePipeline pipeline(writer, 2, 1 << 20, progress);
    std::vector<BlobId> ids;
    const std::string content = random_text(random, 64 << 20);
    pipeline.begin_file(content.size(), 65536, ids);
    feed(pipeline, content, random);
    pipeline.finish();
    writer.finish();
  });
  CHECK(code == ErrorCode::kNoSpace);
}
