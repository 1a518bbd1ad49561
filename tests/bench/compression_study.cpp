// What zstd settings cost and bring for blobs of several sizes, on data of your own:
//   bench_compression --blob 65536 PATH…        pieces of that size of every file
//   bench_compression --files 1024:65536 PATH…  whole files whose size is in that range
// Each setting is a row: MB/s of one core (processor time, the best of several rounds), ratio, and
// both against level 3. A context is reused for all blobs, as in a backup.
#include <zstd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Blob = std::vector<char>;

struct Options {
  std::size_t blob_size = 0;
  std::size_t smallest = 1024;
  std::size_t largest = 65536;
  std::size_t budget = 64 << 20;  ///< Bytes of data to measure on.
  int rounds = 3;
  std::vector<std::string> settings;
  std::vector<std::string> paths;
};

/// A level ("3") or own parameters, where a part that is left out keeps the level's value:
/// "3,w17,c16,h17,s1,m5,t0,S2" (window, chain and hash logs, search log, match length, target
/// length, strategy number).
struct Setting {
  std::string name;
  int level = 3;
  std::vector<std::pair<ZSTD_cParameter, int>> parameters;
  double best_seconds = 1e99;
  double best_decompression = 1e99;
  std::uint64_t compressed = 0;
};

Setting parse_setting(const std::string& text) {
  Setting setting{.name = text, .parameters = {}};
  std::size_t at = 0;
  setting.level = std::stoi(text, &at);
  while (at < text.size()) {
    const char letter = text.at(at + 1);
    constexpr std::array<std::pair<char, ZSTD_cParameter>, 7> kLetters{{{'w', ZSTD_c_windowLog},
                                                                        {'c', ZSTD_c_chainLog},
                                                                        {'h', ZSTD_c_hashLog},
                                                                        {'s', ZSTD_c_searchLog},
                                                                        {'m', ZSTD_c_minMatch},
                                                                        {'t', ZSTD_c_targetLength},
                                                                        {'S', ZSTD_c_strategy}}};
    const auto* known = std::find_if(kLetters.begin(), kLetters.end(),
                                     [&](const auto& entry) { return entry.first == letter; });
    if (known == kLetters.end()) throw std::invalid_argument("setting: " + text);
    std::size_t length = 0;
    setting.parameters.emplace_back(known->second, std::stoi(text.substr(at + 2), &length));
    at += 2 + length;
  }
  return setting;
}

const std::vector<std::string> kSettings{"-1",
                                         "1",
                                         "2",
                                         "3",
                                         "4",
                                         "1,h16",
                                         "1,m5,h16",
                                         "1,m4,h15",
                                         "1,m4,h16",
                                         "2,m4",
                                         "2,S2",
                                         "3,m4",
                                         "3,m5",
                                         "3,m4,c12,h14",
                                         "3,m4,c13,h14",
                                         "3,m4,c13,h15",
                                         "3,m5,c12,h14",
                                         "3,m5,c13,h14",
                                         "3,m5,c14,h15",
                                         "3,m6,c13,h14"};

std::vector<char> read_part(const std::filesystem::path& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes(limit);
  in.read(bytes.data(), static_cast<std::streamsize>(limit));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::vector<std::filesystem::path> files_below(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    const auto options = std::filesystem::directory_options::skip_permission_denied;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, options))
      if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
  }
  // A sample of everything, the same each time.
  std::sort(files.begin(), files.end());
  std::shuffle(files.begin(), files.end(), std::mt19937_64(1));
  return files;
}

std::vector<Blob> load_blobs(const Options& options) {
  std::vector<Blob> blobs;
  std::size_t total = 0;
  for (const auto& file : files_below(options.paths)) {
    if (total >= options.budget) break;
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file, error);
    if (error) continue;
    if (options.blob_size == 0) {
      if (size < options.smallest || size > options.largest) continue;
      blobs.push_back(read_part(file, size));
      total += blobs.back().size();
      continue;
    }
    const Blob content = read_part(file, std::min<std::uint64_t>(size, options.budget - total));
    for (std::size_t at = 0; at + options.blob_size <= content.size(); at += options.blob_size) {
      const auto begin = content.begin() + static_cast<std::ptrdiff_t>(at);
      blobs.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(options.blob_size));
      total += options.blob_size;
    }
  }
  if (blobs.empty()) throw std::runtime_error("no data of such a size below the given paths");
  return blobs;
}

double processor_seconds() {
  struct timespec time {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* context) const {
    Free(context);
  }
};

/// Frames are packed one after the other into `out`, as blobs are into a pack.
void measure(Setting& setting, const std::vector<Blob>& blobs, Blob& out, Blob& back) {
  const std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, setting.level);
  for (const auto& [parameter, value] : setting.parameters)
    if (ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), parameter, value)) != 0)
      throw std::invalid_argument("zstd refuses setting " + setting.name);
  std::vector<std::size_t> sizes;
  std::size_t end = 0;
  setting.compressed = 0;
  double begin = processor_seconds();
  for (const auto& blob : blobs) {
    const std::size_t size =
        ZSTD_compress2(context.get(), out.data() + end, out.size() - end, blob.data(), blob.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    end += size;
    sizes.push_back(size);
    // As in a repository, a blob that does not shrink is stored as it is.
    setting.compressed += std::min(size, blob.size());
  }
  setting.best_seconds = std::min(setting.best_seconds, processor_seconds() - begin);

  const std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>> reader(ZSTD_createDCtx());
  begin = processor_seconds();
  const char* frame = out.data();
  for (const std::size_t size : sizes) {
    const std::size_t length =
        ZSTD_decompressDCtx(reader.get(), back.data(), back.size(), frame, size);
    if (ZSTD_isError(length) != 0) throw std::runtime_error(ZSTD_getErrorName(length));
    frame += size;
  }
  setting.best_decompression = std::min(setting.best_decompression, processor_seconds() - begin);
}

void print_table(std::vector<Setting> settings, double bytes) {
  const Setting reference =
      *std::find_if(settings.begin(), settings.end(), [](const auto& s) { return s.name == "3"; });
  std::sort(settings.begin(), settings.end(),
            [](const auto& a, const auto& b) { return a.best_seconds < b.best_seconds; });
  std::printf("%-20s %8s %8s %10s %8s %9s\n", "setting", "MB/s", "ratio", "speed vs 3", "size vs 3",
              "back MB/s");
  for (const auto& setting : settings)
    std::printf("%-20s %8.0f %8.3f %9.2fx %+7.2f%% %9.0f\n", setting.name.c_str(),
                bytes / setting.best_seconds / 1e6, bytes / static_cast<double>(setting.compressed),
                reference.best_seconds / setting.best_seconds,
                100.0 * (static_cast<double>(setting.compressed) /
                             static_cast<double>(reference.compressed) -
                         1.0),
                bytes / setting.best_decompression / 1e6);
}

Options parse_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&]() -> std::string {
      if (++i >= count) throw std::invalid_argument(word + " needs a value");
      return words[i];
    };
    if (word == "--blob") {
      options.blob_size = std::stoull(value());
    } else if (word == "--files") {
      const std::string range = value();
      options.blob_size = 0;
      options.smallest = std::stoull(range);
      options.largest = std::stoull(range.substr(range.find(':') + 1));
    } else if (word == "--budget") {
      options.budget = std::stoull(value()) << 20;
    } else if (word == "--rounds") {
      options.rounds = std::stoi(value());
    } else if (word == "--setting") {
      options.settings.push_back(value());
    } else {
      options.paths.push_back(word);
    }
  }
  if (options.paths.empty())
    throw std::invalid_argument(
        "usage: bench_compression [--blob SIZE | --files MIN:MAX] [--budget MIB] [--rounds N] "
        "[--setting S]… PATH…");
  return options;
}

}  // namespace

int main(int count, char** words) try {
  const Options options = parse_options(count, words);
  const auto blobs = load_blobs(options);
  std::vector<Setting> settings{parse_setting("3")};
  for (const auto& text : options.settings.empty() ? kSettings : options.settings)
    if (text != "3") settings.push_back(parse_setting(text));

  std::size_t bytes = 0;
  std::size_t bound = 0;
  std::size_t largest = 0;
  for (const auto& blob : blobs) {
    bytes += blob.size();
    bound += ZSTD_compressBound(blob.size());
    largest = std::max(largest, blob.size());
  }
  Blob out(bound);
  Blob back(largest);
  // Round by round, so that a slow moment of the machine falls on every setting.
  for (int round = 0; round < options.rounds; ++round)
    for (auto& setting : settings)
      measure(setting, blobs, out, back);
  std::printf("%zu blobs, %zu bytes on average\n", blobs.size(), bytes / blobs.size());
  print_table(std::move(settings), static_cast<double>(bytes));
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_compression: %s\n", error.what());
  return 2;
}
