#include "calls/recorded_calls.h"

#include "abi/arguments.h"
#include "abi/host_services.h"
#include "abi/sized.h"
#include "vernier/abi/size.h"

namespace vernier::core {

namespace {

template <typename T>
std::vector<T> copied(const T* data, uint64_t count, const char* what) {
  const auto elements = given(data, count, what);
  return {elements.begin(), elements.end()};
}

}  // namespace

SiteCall site_call(const vernier_site_declaration& declaration) {
  SiteCall call;
  call.name = given(declaration.name, "a site's name");
  call.role = declaration.role;
  call.dtype = declaration.dtype;
  call.scheme = declaration.scheme;
  call.granularity = declaration.granularity;
  call.axis = declaration.axis;
  call.observer = given(declaration.observer, "an observer's name");
  call.low = declaration.low;
  call.high = declaration.high;
  call.has_range = declaration.has_range;
  if (declaration.granularity == VERNIER_GRANULARITY_BLOCK)  // read with it only
    call.block = copied(declaration.block, declaration.block_rank, "a site's block");
  return call;
}

ParameterCall parameter_call(const vernier_parameter_declaration& declaration) {
  ParameterCall call;
  call.name = given(declaration.name, "a parameter's name");
  call.shape = copied(declaration.shape, declaration.rank, "a parameter's shape");
  if (declaration.site != nullptr) call.site = site_call(read_sized(declaration.site));
  call.fill = declaration.fill;
  call.flags = declaration.flags;
  if ((declaration.flags & VERNIER_PARAMETER_FILL) != 0) return call;  // the rest is not read
  call.tensor = given(declaration.tensor, "a parameter's tensor");
  call.alias = given(declaration.alias, "a parameter's alias");
  call.axis = declaration.axis;
  call.begin = declaration.begin;
  call.end = declaration.end;
  return call;
}

vernier_site_declaration declaration_of(const SiteCall& call) {
  vernier_site_declaration declaration{};
  declaration.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, block_rank);
  declaration.name = to_abi(call.name);
  declaration.role = call.role;
  declaration.dtype = call.dtype;
  declaration.scheme = call.scheme;
  declaration.granularity = call.granularity;
  declaration.axis = call.axis;
  declaration.observer = to_abi(call.observer);
  declaration.low = call.low;
  declaration.high = call.high;
  declaration.has_range = call.has_range;
  declaration.block = call.block.data();
  declaration.block_rank = call.block.size();
  return declaration;
}

vernier_parameter_declaration declaration_of(const ParameterCall& call, vernier_site_declaration& site) {
  vernier_parameter_declaration declaration{};
  declaration.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, end);
  declaration.name = to_abi(call.name);
  declaration.shape = call.shape.data();
  declaration.rank = call.shape.size();
  if (call.site) {
    site = declaration_of(*call.site);
    declaration.site = &site;
  }
  declaration.fill = call.fill;
  declaration.flags = call.flags;
  declaration.tensor = to_abi(call.tensor);
  declaration.alias = to_abi(call.alias);
  declaration.axis = call.axis;
  declaration.begin = call.begin;
  declaration.end = call.end;
  return declaration;
}

}  // namespace vernier::core
