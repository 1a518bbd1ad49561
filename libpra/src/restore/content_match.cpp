#include "restore/content_match.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/cancel.hpp"
#include "crypto/sha256.hpp"
#include "restore/parallel.hpp"

namespace pra::restore {
namespace {

constexpr std::uint64_t kLargestJob = 32U << 20;
/// Small enough to stay in the processor's cache between reading and hashing.
constexpr std::size_t kPiece = 256U << 10;
/// Files at a time for one thread: most are small.
constexpr std::size_t kStep = 8;

struct Context {
  crypto::Sha256 hash;
  Buffer buffer;
  EntryNumber open_entry = kNothing;
  std::optional<File> file;
};

std::uint64_t blob_length(const repo::Index& index, const BlobId& id) {
  const auto location = index.find({repo::BlobType::kData, id});
  return location ? location->plaintext_length() : 0;
}

/// Whether the next `length` bytes hash to `id`.
bool matches(Context& context, std::uint64_t offset, std::uint64_t length, const BlobId& id,
             const std::stop_token& stop) {
  bool complete = true;
  for (std::uint64_t done = 0; done < length && complete;) {
    throw_if_stopped(stop);
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, length - done));
    const auto room = MutableByteView(context.buffer).first(piece);
    try {
      complete = context.file->read_at(offset + done, room) == piece;
    } catch (const Error&) {
      complete = false;  // What cannot be read does not hold what is wanted.
    }
    if (complete) context.hash.update(room);
    done += piece;
  }
  const auto digest = context.hash.finish();
  return complete && digest.bytes == id.bytes;
}

}  // namespace

void add_match_jobs(const Plan& plan, const repo::Index& index, EntryNumber number,
                    std::vector<MatchJob>& jobs) {
  const auto& entry = plan.entry(number);
  MatchJob job{number, 0, 0, 0};
  std::uint64_t offset = 0;
  for (std::uint32_t i = 0; i < entry.content_count; ++i) {
    offset += blob_length(index, plan.content(entry, i));
    job.last = i + 1;
    if (offset - job.offset >= kLargestJob) {
      jobs.push_back(job);
      job = {number, i + 1, i + 1, offset};
    }
  }
  if (job.last > job.first) jobs.push_back(job);
}

void ContentMatch::run(const std::vector<MatchJob>& jobs, const repo::Index& index,
                       const Opener& open, unsigned workers,
                       const std::function<void(std::uint64_t)>& count,
                       const std::stop_token& stop) {
  held_.resize(plan_.content_total(), 0);
  const auto make_context = [] {
    Context context;
    context.buffer.resize(kPiece);
    return context;
  };
  const auto step = std::clamp<std::size_t>(jobs.size() / (std::size_t{4} * workers), 1, kStep);
  parallel_for(jobs.size(), step, workers, stop, make_context,
               [&](Context& context, std::size_t number) {
                 const auto& job = jobs[number];
                 const auto& entry = plan_.entry(job.entry);
                 if (context.open_entry != job.entry) {
                   context.file = open(job.entry);
                   context.open_entry = job.entry;
                 }
                 if (!context.file) return;
                 auto offset = job.offset;
                 for (auto i = job.first; i < job.last; ++i) {
                   const auto& id = plan_.content(entry, i);
                   const auto length = blob_length(index, id);
                   if (matches(context, offset, length, id, stop))
                     held_[entry.first_content + i] = 1;
                   offset += length;
                   count(length);
                 }
               });
}

bool ContentMatch::holds_all(const Entry& entry) const {
  for (std::uint32_t i = 0; i < entry.content_count; ++i)
    if (!holds(entry, i)) return false;
  return true;
}

}  // namespace pra::restore
