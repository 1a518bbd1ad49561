// How fast the formats of a repository are, and what the index costs: `ninja bench_repository`,
// then run it with a directory that may be filled.
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>

#include "crypto/random.hpp"
#include "repo/blob_writer.hpp"
#include "repo/repository.hpp"
#include "store/local_store.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

/// Of the processor: what else the machine does must not count.
double seconds_of(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

template <class AnyId>
AnyId random_id(std::mt19937_64& generator) {
  AnyId id;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t word = generator();
    std::memcpy(id.bytes.data() + i * 8, &word, sizeof word);
  }
  return id;
}

std::vector<Node> make_nodes(std::size_t count, std::mt19937_64& generator) {
  std::vector<Node> nodes(count);
  for (std::size_t i = 0; i < count; ++i) {
    Node& node = nodes[i];
    node.name = fmt::format("file-{:08}.txt", i);
    node.mode = 0644;
    node.modified = node.accessed = {static_cast<std::int64_t>(generator() % 1'700'000'000), 123};
    node.changed = node.modified;
    node.uid = node.gid = 1000;
    node.user = node.group = "somebody";
    node.inode = generator() % 10'000'000;
    node.size = generator() % 100'000;
    node.links = 1;
    node.content = {random_id<BlobId>(generator)};
  }
  return nodes;
}

void study_trees() {
  std::mt19937_64 generator(1);
  const auto nodes = make_nodes(200'000, generator);
  std::string text;
  const double encoding = seconds_of([&] { text = encode_tree(nodes); });
  std::size_t read = 0;
  const double decoding = seconds_of([&] { read = decode_tree(text).size(); });
  const double size = static_cast<double>(text.size()) / 1e6;
  fmt::print(
      "tree of {} nodes, {:.0f} MB: encode {:.0f} ns a node ({:.0f} MB/s), decode {:.0f} ns "
      "({:.0f} MB/s)\n",
      read, size, encoding / static_cast<double>(read) * 1e9, size / encoding,
      decoding / static_cast<double>(read) * 1e9, size / decoding);
}

void study_index() {
  constexpr std::size_t kPacks = 25'000;
  constexpr std::size_t kBlobs = 40;
  std::mt19937_64 generator(2);
  std::vector<IndexedPack> packs(kPacks);
  for (auto& pack : packs) {
    pack.id = random_id<PackId>(generator);
    for (std::uint32_t i = 0; i < kBlobs; ++i)
      pack.blobs.push_back(
          {{BlobType::kData, random_id<BlobId>(generator)}, i * 400'000, 400'000, 1'000'000});
  }
  std::string text;
  const double encoding = seconds_of([&] { text = encode_index(packs); });
  Index index;
  const double parsing = seconds_of([&] { decode_index(text, [](IndexedPack&&) {}); });
  const double loading =
      seconds_of([&] { decode_index(text, [&](IndexedPack&& pack) { index.add(pack); }); });
  std::size_t found = 0;
  const double finding = seconds_of([&] {
    for (const auto& pack : packs)
      for (const auto& entry : pack.blobs)
        found += index.contains(entry.blob) ? 1u : 0u;
  });
  fmt::print(
      "index of {} blobs, {:.0f} MB: encode {:.2f} s, parse {:.2f} s, parse and add {:.2f} s; "
      "look-up {:.0f} ns; {:.1f} bytes a blob\n",
      found, static_cast<double>(text.size()) / 1e6, encoding, parsing, loading,
      finding / static_cast<double>(found) * 1e9,
      static_cast<double>(index.memory_bytes()) / static_cast<double>(index.blob_count()));
}

void study_repository(const std::string& directory) {
  const auto files = posix_file_system();
  Environment environment;
  environment.files = files;
  environment.store = store::make_local_store(directory + "/repository", files);
  const Secret secret("pra-key-" + to_hex(crypto::random_bytes(32)), true);
  const auto repository = Repository::create(environment, secret, {});
  for (int i = 0; i < 50; ++i) {
    Snapshot snapshot;
    snapshot.time = repository->clock().now();
    snapshot.tree = BlobId::from_hex(std::string(64, '1'));
    snapshot.paths = {"/srv/data"};
    (void)repository->save_snapshot(snapshot, {});
  }
  double best_open = 1;
  double best_list = 1;
  for (int i = 0; i < 20; ++i) {
    std::shared_ptr<Repository> opened;
    best_open = std::min(best_open,
                         seconds_of([&] { opened = Repository::open(environment, secret, {}); }));
    best_list = std::min(best_list, seconds_of([&] { (void)opened->snapshots({}, {}); }));
  }
  fmt::print("open {:.2f} ms, list 50 snapshots {:.2f} ms\n", best_open * 1e3, best_list * 1e3);

  // Text-like blobs of the size of small files, and random ones that do not compress.
  for (const bool random : {false, true}) {
    BlobWriter writer(*repository, {}, {});
    Buffer data = crypto::random_bytes(64 << 20);
    if (!random)
      for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<std::uint8_t>("etaoin shrdlu cm"[data[i] & 15]);
    const double used = seconds_of([&] {
      auto worker = writer.make_worker();
      for (std::size_t at = 0; at < data.size(); at += 32 << 10)
        (void)worker.save(BlobType::kData, ByteView(data).subspan(at, 32 << 10));
      writer.finish();
    });
    fmt::print("save 64 MiB of {} in blobs of 32 KiB: {:.2f} s, {:.0f} MB stored\n",
               random ? "random bytes" : "text", used,
               static_cast<double>(writer.statistics().data_added_packed) / 1e6);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: bench_repository DIRECTORY\n");
    return 2;
  }
  study_trees();
  study_index();
  study_repository(arguments[1]);
  return 0;
}
