#include <pra/run.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include <boost/json/parse.hpp>

#include "api/call.hpp"
#include "api/input.hpp"
#include "api/wall.hpp"
#include "ops/operation.hpp"

using pra::api::required;
using pra::api::wall;
using pra::api::wall_void;

namespace pra::api {

namespace {

/// For `pra_string_free`.
char* c_string(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

/// Text need not be UTF-8: paths are bytes.
json::object parameters_of(const char* text) {
  if (text == nullptr) return {};
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code problem;
  auto value = json::parse(text, problem, {}, options);
  if (problem)
    throw Error(ErrorCode::kInvalidArgument, "parameters_json is not JSON: " + problem.message());
  if (!value.is_object())
    throw Error(ErrorCode::kInvalidArgument, "parameters_json is not a JSON object");
  return std::move(value.get_object());
}

ops::Context operation_context(const pra_context& owner, Call& call, const pra_callbacks& callbacks,
                               void* user_data) {
  ops::Context context{.files = owner.files,
                       .clock = owner.clock,
                       .logger = owner.logger,
                       .progress = call.progress(),
                       .stop = call.stop(),
                       .event = {},
                       .data = {},
                       .cache_directory = owner.cache_directory};
  if (callbacks.event != nullptr)
    context.event = [&call, event = callbacks.event, user_data](const json::object& object) {
      const auto text = to_text(object);
      const std::scoped_lock lock(call.callback_mutex());
      event(text.c_str(), user_data);
    };
  if (callbacks.data != nullptr)
    context.data = [&call, data = callbacks.data, user_data](ByteView bytes) {
      const std::scoped_lock lock(call.callback_mutex());
      if (data(bytes.data(), bytes.size(), user_data) != 0)
        throw Error(ErrorCode::kFailed, "the caller could not take the data");
    };
  return context;
}

}  // namespace

}  // namespace pra::api

pra_error* pra_operations_json(char** out_json) {
  return wall([&] {
    auto& out = pra::api::output(out_json, "out_json");
    out = pra::api::c_string(pra::to_text(pra::ops::describe_operations()));
  });
}

pra_error* pra_run(char** out_result_json, pra_context* context, const char* operation,
                   const char* parameters_json, const pra_callbacks* callbacks, void* user_data) {
  return wall([&] {
    auto& out = pra::api::output(out_result_json, "out_result_json");
    auto& owner = required(context, "context");
    const auto name = pra::api::required_text(operation, "operation");
    const auto given = pra::api::sized_copy(callbacks, "callbacks");
    const auto parameters = pra::api::parameters_of(parameters_json);
    pra::json::object result;
    {
      pra::api::Call call(owner, given.progress, user_data);
      auto run_with = pra::api::operation_context(owner, call, given, user_data);
      result = pra::ops::run_operation(name, parameters, run_with);
    }
    out = pra::api::c_string(pra::to_text(result));
  });
}

void pra_string_free(char* string) {
  return wall_void([&] { std::free(string); });
}
