#include "base/compression.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <string>

#include "base/error.hpp"

namespace pra {

namespace {

struct ContextDeleter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Error corrupt(const std::string& reason) {
  return {ErrorCode::kCorrupt, "decompress a zstd frame: " + reason};
}

}  // namespace

struct Compressor::Implementation {
  std::unique_ptr<ZSTD_CCtx, ContextDeleter> context{ZSTD_createCCtx()};
};

Compressor::Compressor(int level) : implementation_(std::make_unique<Implementation>()) {
  if (level < 1 || level > 19)
    throw Error(ErrorCode::kInvalidArgument, "not a compression level: " + std::to_string(level),
                "choose 1 (fast) to 19 (small)");
  auto* context = implementation_->context.get();
  if (context == nullptr) throw std::bad_alloc();
  // Of one call's worth of input the whole size is known, so each frame states it; blobs have a MAC
  // and a hash of their own, a third check would only cost time.
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0);
}

Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

void Compressor::compress(ByteView plaintext, Buffer& out) {
  const std::size_t start = out.size();
  out.resize(start + ZSTD_compressBound(plaintext.size()));
  const std::size_t length = ZSTD_compress2(implementation_->context.get(), out.data() + start,
                                            out.size() - start, plaintext.data(), plaintext.size());
  out.resize(ZSTD_isError(length) != 0 ? start : start + length);
  if (ZSTD_isError(length) != 0)
    throw Error(ErrorCode::kFailed,
                std::string("compress with zstd: ") + ZSTD_getErrorName(length));
}

struct Decompressor::Implementation {
  std::unique_ptr<ZSTD_DCtx, ContextDeleter> context{ZSTD_createDCtx()};

  void decompress_sized(ByteView frame, std::uint64_t size, Buffer& out) const;
  void decompress_stream(ByteView frame, std::uint64_t limit, Buffer& out) const;
};

Decompressor::Decompressor() : implementation_(std::make_unique<Implementation>()) {
  if (!implementation_->context) throw std::bad_alloc();
}

Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

void Decompressor::Implementation::decompress_sized(ByteView frame, std::uint64_t size,
                                                    Buffer& out) const {
  // ZSTD_decompressDCtx takes several frames in a row: exactly one is allowed here.
  const std::size_t frame_size = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_size) != 0) throw corrupt(ZSTD_getErrorName(frame_size));
  if (frame_size != frame.size()) throw corrupt("there are bytes after it");
  // A few bytes may claim any size; a block makes at most 128 KiB of at least four bytes.
  if (size > (frame.size() / 4 + 1) * std::uint64_t{ZSTD_BLOCKSIZE_MAX})
    throw corrupt("the stated size is impossible");
  out.resize(size);
  const std::size_t length =
      ZSTD_decompressDCtx(context.get(), out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(length) != 0) throw corrupt(ZSTD_getErrorName(length));
  if (length != size) throw corrupt("it is shorter than it states");
}

void Decompressor::Implementation::decompress_stream(ByteView frame, std::uint64_t limit,
                                                     Buffer& out) const {
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  out.clear();
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  std::size_t filled = 0;
  for (;;) {
    // One byte more than allowed tells a frame that ends there from one that goes on.
    const std::uint64_t room = limit - filled + 1;
    out.resize(filled +
               static_cast<std::size_t>(std::min<std::uint64_t>(room, ZSTD_DStreamOutSize())));
    ZSTD_outBuffer output{out.data() + filled, out.size() - filled, 0};
    const std::size_t consumed_before = input.pos;
    const std::size_t state = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(state) != 0) throw corrupt(ZSTD_getErrorName(state));
    filled += output.pos;
    if (filled > limit) throw corrupt("it holds more than " + std::to_string(limit) + " bytes");
    if (state == 0) break;
    if (output.pos == 0 && input.pos == consumed_before) throw corrupt("it is cut short");
  }
  if (input.pos != input.size) throw corrupt("there are bytes after it");
  out.resize(filled);
}

void Decompressor::decompress(ByteView frame, std::uint64_t limit, Buffer& out) {
  const unsigned long long stated = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (stated == ZSTD_CONTENTSIZE_ERROR) throw corrupt("it is not one");
  if (stated == ZSTD_CONTENTSIZE_UNKNOWN) {
    implementation_->decompress_stream(frame, limit, out);
    return;
  }
  if (stated > limit)
    throw corrupt("it states " + std::to_string(stated) + " bytes where at most " +
                  std::to_string(limit) + " are allowed");
  implementation_->decompress_sized(frame, stated, out);
}

}  // namespace pra
