#pragma once

#include <stop_token>
#include <string>

#include "base/time.hpp"
#include "crypto/envelope.hpp"
#include "crypto/scrypt.hpp"
#include "repo/secret.hpp"
#include "store/store.hpp"

namespace pra::repo {

/// Finds the key file that `secret` opens, the cheapest to try first, at most 20 of them, and
/// returns the master key in it. Error(kWrongKey) when there is none.
[[nodiscard]] crypto::EnvelopeKey open_master_key(store::Store& store, const Secret& secret,
                                                  const std::stop_token& stop);

/// Seals the master key under `secret`, cheap to open when generated, and stores it as a key file,
/// whose object name is returned.
std::string add_key_file(store::Store& store, const crypto::EnvelopeKey& master,
                         const Secret& secret, const Timestamp& now, const std::stop_token& stop);

}  // namespace pra::repo
