// vernier.json/1 and vernier.module/1.
#include <string.h>

#include "statuses.h"

void json_rows(void) {
  static const char document[] =
      "{\"integer\": 3, \"big\": 18446744073709551615, \"half\": 0.5, \"text\": \"a\", \"null\": null, "
      "\"list\": [1]}";
  const vernier_json_interface* json = interface(VERNIER_JSON);
  const vernier_string good = text(document), bad = text("{"), nothing = {NULL, 3};
  int64_t integer = 0;
  double number = 0;
  int32_t boolean = 0;
  uint64_t count = 0;
  vernier_string words = {NULL, 0};
  void* h = host->context;

#define JSON_ROWS(function, result, other_type)                                                        \
  row("json." #function, "no such key", VERNIER_NOT_FOUND,                                             \
      json->function(h, good, text("/nothing"), &result));                                             \
  row("json." #function, "null", VERNIER_NOT_FOUND, json->function(h, good, text("/null"), &result));  \
  row("json." #function, "no such element", VERNIER_NOT_FOUND,                                         \
      json->function(h, good, text("/list/7"), &result));                                              \
  row("json." #function, "another type", other_type, json->function(h, good, text("/text"), &result)); \
  row("json." #function, "no JSON", VERNIER_INVALID_ARGUMENT,                                          \
      json->function(h, bad, text("/integer"), &result));                                              \
  row("json." #function, "no pointer", VERNIER_INVALID_ARGUMENT,                                       \
      json->function(h, good, text("integer"), &result));                                              \
  row("json." #function, "null document", VERNIER_INVALID_ARGUMENT,                                    \
      json->function(h, nothing, text(""), &result));                                                  \
  row("json." #function, "null pointer", VERNIER_INVALID_ARGUMENT,                                     \
      json->function(h, good, nothing, &result));                                                      \
  row("json." #function, "null result", VERNIER_INVALID_ARGUMENT,                                      \
      json->function(h, good, text("/integer"), NULL));

  JSON_ROWS(integer, integer, VERNIER_INVALID_ARGUMENT)
  JSON_ROWS(number, number, VERNIER_INVALID_ARGUMENT)
  JSON_ROWS(boolean, boolean, VERNIER_INVALID_ARGUMENT)
  JSON_ROWS(text, words, VERNIER_OK)
  JSON_ROWS(dump, words, VERNIER_OK)
  JSON_ROWS(count, count, VERNIER_INVALID_ARGUMENT)
  row("json.integer", "a fraction", VERNIER_INVALID_ARGUMENT,
      json->integer(h, good, text("/half"), &integer));
  row("json.integer", "beyond int64", VERNIER_INVALID_ARGUMENT,
      json->integer(h, good, text("/big"), &integer));
  row("json.integer", "an integer", VERNIER_OK, json->integer(h, good, text("/integer"), &integer));
  row("json.integer", "its value", 3, (vernier_status)integer);
  row("json.text", "a number", VERNIER_INVALID_ARGUMENT, json->text(h, good, text("/integer"), &words));
}

static const vernier_module_interface* m;
static const int64_t shape_24[] = {2, 4}, shape_5x[] = {5, -1}, any_1[] = {-1};

static vernier_site_declaration site_called(const char* name) {
  vernier_site_declaration site;
  memset(&site, 0, sizeof site);
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, observer);
  site.name = text(name);
  return site;
}

static vernier_status declare(vernier_module module, const char* name, const int64_t* shape, uint64_t rank,
                              const vernier_site_declaration* site, uint32_t flags,
                              vernier_parameter* result) {
  vernier_parameter_declaration wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, reserved);
  wanted.name = text(name);
  wanted.shape = shape;
  wanted.rank = rank;
  wanted.site = site;
  wanted.flags = flags;
  return m->parameter(host->context, module, &wanted, result);
}

static vernier_status add_site(vernier_module module, const char* name, vernier_site* result) {
  const vernier_site_declaration site = site_called(name);
  return m->site(host->context, module, &site, result);
}

static vernier_status add_child(vernier_module module, const char* name, const char* type, const char* config,
                                vernier_module* result) {
  return m->child(host->context, module, text(name), text(type), text(config), result);
}

// Each function with arguments that would be good, but for the module or the thread.
static void all_rows(vernier_module module, const char* what, vernier_status wanted) {
  vernier_string words = {NULL, 0};
  uint64_t handle = 0;
  double number = 0;
  row("module.config", what, wanted, m->config(host->context, module, &words));
  row("module.path", what, wanted, m->path(host->context, module, &words));
  row("module.parameter", what, wanted, declare(module, "again", shape_24, 2, NULL, 0, &handle));
  row("module.site", what, wanted, add_site(module, "again", &handle));
  row("module.child", what, wanted, add_child(module, "again", "StatusLeaf", "{}", &handle));
  row("module.scalar", what, wanted, m->scalar(host->context, module, text("scale"), &number));
  row("module.tie", what, wanted, m->tie(host->context, module, kept.act, text("act")));
}

static void* from_another_thread(void* module) {
  all_rows(*(vernier_module*)module, "another thread", VERNIER_FAILED_PRECONDITION);
  return NULL;
}

static void parameter_rows(vernier_module module) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_site_declaration taken = site_called("act"), own = site_called("weight");
  const int64_t wrapping[2] = {3, 6148914691236517206};  // 2 more than 2^64
  vernier_parameter_declaration null_shape;
  uint64_t handle = 0;
  memset(&null_shape, 0, sizeof null_shape);
  null_shape.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, reserved);
  null_shape.name = text("table");
  null_shape.rank = 2;
  row("module.parameter", "a good one", VERNIER_OK,
      declare(module, "weight", shape_24, 2, &own, 0, &kept.weight));
  row("module.parameter", "a table", VERNIER_OK, declare(module, "table", shape_5x, 2, NULL, 0, &kept.table));
  row("module.parameter", "no such tensor", VERNIER_NOT_FOUND,
      declare(module, "gone", shape_24, 2, NULL, 0, &handle));
  row("module.parameter", "no such tensor, but optional", VERNIER_OK,
      declare(module, "gone", shape_24, 2, NULL, VERNIER_PARAMETER_OPTIONAL, &handle));
  row("module.parameter", "its handle is null", 0, (vernier_status)(handle != VERNIER_NULL_HANDLE));
  row("module.parameter", "another shape", wrong, declare(module, "other", shape_24, 2, NULL, 0, &handle));
  row("module.parameter", "integers", wrong, declare(module, "integers", any_1, 1, NULL, 0, &handle));
  row("module.parameter", "no name", wrong, declare(module, "", shape_24, 2, NULL, 0, &handle));
  row("module.parameter", "a name that is not UTF-8", wrong,
      declare(module, "a\xff", shape_24, 2, NULL, 0, &handle));
  row("module.parameter", "filled, of more elements than 64 bits count", wrong,
      declare(module, "filled", wrapping, 2, NULL, VERNIER_PARAMETER_FILL, &handle));
  row("module.parameter", "declared twice", wrong, declare(module, "weight", shape_24, 2, NULL, 0, &handle));
  row("module.parameter", "a site declared twice", wrong,
      declare(module, "other", any_1, 1, &taken, 0, &handle));
  row("module.parameter", "filled and open", wrong,
      declare(module, "filled", any_1, 1, NULL, VERNIER_PARAMETER_FILL, &handle));
  row("module.parameter", "null shape", wrong, m->parameter(host->context, module, &null_shape, &handle));
  row("module.parameter", "null declaration", wrong, m->parameter(host->context, module, NULL, &handle));
  row("module.parameter", "null result", wrong, declare(module, "other", any_1, 1, NULL, 0, NULL));
  null_shape.rank = UINT64_MAX;
  null_shape.shape = shape_24;
  row("module.parameter", "an absurd rank", wrong, m->parameter(host->context, module, &null_shape, &handle));
}

// A parameter of the whole checkpoint tensor "table", [5, 3], or of a part of it.
static vernier_status declare_part(vernier_module module, const char* tensor, const char* alias, int64_t axis,
                                   int64_t begin, int64_t end) {
  vernier_parameter_declaration wanted;
  vernier_parameter handle = 0;
  memset(&wanted, 0, sizeof wanted);
  wanted.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, end);
  wanted.name = text("part");
  wanted.shape = shape_5x;
  wanted.rank = 2;
  wanted.flags = VERNIER_PARAMETER_OPTIONAL;  // a good one is declared once; an absent one is no error
  wanted.tensor = text(tensor);
  wanted.alias = text(alias);
  wanted.axis = axis;
  wanted.begin = begin;
  wanted.end = end;
  return m->parameter(host->context, module, &wanted, &handle);
}

static void source_rows(vernier_module module) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  vernier_parameter_declaration null_alias;
  vernier_site_declaration site = site_called("ranged");
  vernier_site handle = 0;
  row("module.parameter", "neither tensor nor alias, but optional", VERNIER_OK,
      declare_part(module, "gone", "gone as well", 0, 0, 0));
  row("module.parameter", "a part of another length", wrong, declare_part(module, "table", "", 0, 0, 2));
  row("module.parameter", "a part beyond the tensor", wrong, declare_part(module, "table", "", 1, 2, 5));
  row("module.parameter", "an empty part", wrong, declare_part(module, "table", "", 0, 2, 2));
  row("module.parameter", "a part upside down", wrong, declare_part(module, "table", "", 0, 2, 0));
  row("module.parameter", "a part of no axis", wrong, declare_part(module, "table", "", -3, 0, 5));
  row("module.parameter", "an alias of another shape", wrong,
      declare_part(module, "gone", "weight", 0, 0, 0));
  memset(&null_alias, 0, sizeof null_alias);
  null_alias.size = VERNIER_SIZE_UP_TO(vernier_parameter_declaration, alias);
  null_alias.name = text("part");
  null_alias.alias.length = 3;
  row("module.parameter", "null alias", wrong, m->parameter(host->context, module, &null_alias, &handle));
  null_alias.alias.length = 0;
  null_alias.tensor = text("gone");
  null_alias.alias = text("gone as well");
  row("module.parameter", "neither tensor nor alias", VERNIER_NOT_FOUND,
      m->parameter(host->context, module, &null_alias, &handle));
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, has_range);
  site.has_range = 1;
  site.low = 1;
  row("module.site", "a range upside down", wrong, m->site(host->context, module, &site, &handle));
  site.high = 1e300;
  row("module.site", "a range beyond float32", wrong, m->site(host->context, module, &site, &handle));
}

static void block_rows(vernier_module module) {
  const int64_t across[2] = {2, 4}, one = 1;
  vernier_site_declaration site = site_called("blocks");
  uint64_t handle = 0;
  site.size = VERNIER_SIZE_UP_TO(vernier_site_declaration, block_rank);
  site.granularity = VERNIER_GRANULARITY_BLOCK;
  site.block = across;
  site.block_rank = 2;
  row("module.site", "blocks of an activation", VERNIER_UNIMPLEMENTED,
      m->site(host->context, module, &site, &handle));
  site.role = VERNIER_ROLE_WEIGHT;
  row("module.site", "blocks across two axes", VERNIER_UNIMPLEMENTED,
      m->site(host->context, module, &site, &handle));
  row("module.parameter", "blocks across two axes", VERNIER_UNIMPLEMENTED,
      declare(module, "blocked", shape_24, 2, &site, VERNIER_PARAMETER_FILL, &handle));
  site.block = &one;
  site.block_rank = 1;
  row("module.site", "blocks of one", VERNIER_UNIMPLEMENTED, m->site(host->context, module, &site, &handle));
  site.block_rank = 0;
  row("module.site", "blocks without extents", VERNIER_UNIMPLEMENTED,
      m->site(host->context, module, &site, &handle));
  site.block = NULL;
  site.block_rank = 1;
  row("module.site", "a null block", VERNIER_INVALID_ARGUMENT,
      m->site(host->context, module, &site, &handle));
}

static void tie_rows(vernier_module module) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_string nothing = {NULL, 3};
  vernier_site ranged = 0;
  row("module.site", "one to tie", VERNIER_OK, add_site(module, "tied", &kept.tied));
  row("module.tie", "an empty path", wrong, m->tie(host->context, module, kept.tied, text("")));
  row("module.tie", "a path of two lines", wrong, m->tie(host->context, module, kept.tied, text("a\nb")));
  row("module.tie", "null path", wrong, m->tie(host->context, module, kept.tied, nothing));
  row("module.tie", "a good one", VERNIER_OK, m->tie(host->context, module, kept.tied, text("act")));
  row("module.tie", "tied twice", wrong, m->tie(host->context, module, kept.tied, text("act")));
  row("module.tie", "a site of a child", wrong, m->tie(host->context, module, kept.leaf_site, text("act")));
  row("module.tie", "a module", VERNIER_INVALID_HANDLE,
      m->tie(host->context, module, kept.root, text("act")));
  row("module.tie", "no site", VERNIER_INVALID_HANDLE, m->tie(host->context, module, ranged, text("act")));
}

static void child_rows(vernier_module module) {
  const vernier_string nothing = {NULL, 3};
  uint64_t handle = 0;
  row("module.child", "a good one", VERNIER_OK, add_child(module, "leaf", "StatusLeaf", "{}", &kept.leaf));
  row("module.child", "no such type", VERNIER_NOT_FOUND,
      add_child(module, "b", "StatusLeave", "{}", &handle));
  row("module.child", "no name", VERNIER_INVALID_ARGUMENT,
      add_child(module, "", "StatusLeaf", "{}", &handle));
  row("module.child", "declared twice", VERNIER_INVALID_ARGUMENT,
      add_child(module, "leaf", "StatusLeaf", "{}", &handle));
  row("module.child", "no JSON", VERNIER_INVALID_ARGUMENT,
      add_child(module, "b", "StatusLeaf", "{", &handle));
  row("module.child", "too deep", VERNIER_INVALID_ARGUMENT,
      add_child(module, "b", "StatusLeaf", "{\"deep\": 1}", &handle));
  row("module.child", "null name", VERNIER_INVALID_ARGUMENT,
      m->child(host->context, module, nothing, text("StatusLeaf"), text("{}"), &handle));
  row("module.child", "null type", VERNIER_INVALID_ARGUMENT,
      m->child(host->context, module, text("b"), nothing, text("{}"), &handle));
  row("module.child", "null config", VERNIER_INVALID_ARGUMENT,
      m->child(host->context, module, text("b"), text("StatusLeaf"), nothing, &handle));
  row("module.child", "null result", VERNIER_INVALID_ARGUMENT,
      add_child(module, "b", "StatusLeaf", "{}", NULL));
  row("module.child", "what its create returns", VERNIER_UNIMPLEMENTED,
      add_child(module, "b", "StatusLeaf", "{\"create\": 5}", &handle));
  row("module.child", "a status of a later ABI", VERNIER_INTERNAL,
      add_child(module, "b", "StatusLeaf", "{\"create\": 99}", &handle));
}

vernier_status module_rows(vernier_module module) {
  vernier_string words = {NULL, 0};
  const vernier_string nothing = {NULL, 3};
  double number = 0;
  uint64_t handle = 0;
  m = interface(VERNIER_MODULE);
  kept.root = module;
  row("module.config", "a good one", VERNIER_OK, m->config(host->context, module, &words));
  row("module.config", "null result", VERNIER_INVALID_ARGUMENT, m->config(host->context, module, NULL));
  row("module.path", "null result", VERNIER_INVALID_ARGUMENT, m->path(host->context, module, NULL));
  row("module.site", "a good one", VERNIER_OK, add_site(module, "act", &kept.act));
  row("module.site", "no name", VERNIER_INVALID_ARGUMENT, add_site(module, "", &handle));
  row("module.site", "declared twice", VERNIER_INVALID_ARGUMENT, add_site(module, "act", &handle));
  row("module.site", "null declaration", VERNIER_INVALID_ARGUMENT,
      m->site(host->context, module, NULL, &handle));
  row("module.site", "null result", VERNIER_INVALID_ARGUMENT, add_site(module, "b", NULL));
  row("module.scalar", "a good one", VERNIER_OK, m->scalar(host->context, module, text("scale"), &number));
  row("module.scalar", "no such tensor", VERNIER_NOT_FOUND,
      m->scalar(host->context, module, text("gone"), &number));
  row("module.scalar", "two elements", VERNIER_INVALID_ARGUMENT,
      m->scalar(host->context, module, text("other"), &number));
  row("module.scalar", "an integer", VERNIER_INVALID_ARGUMENT,
      m->scalar(host->context, module, text("one_integer"), &number));
  row("module.scalar", "null name", VERNIER_INVALID_ARGUMENT,
      m->scalar(host->context, module, nothing, &number));
  row("module.scalar", "null result", VERNIER_INVALID_ARGUMENT,
      m->scalar(host->context, module, text("scale"), NULL));
  parameter_rows(module);
  source_rows(module);
  child_rows(module);
  block_rows(module);
  tie_rows(module);
  all_rows(0, "the null handle", VERNIER_INVALID_HANDLE);
  all_rows(INVENTED(2), "an invented handle", VERNIER_INVALID_HANDLE);
  all_rows(kept.act, "a site", VERNIER_INVALID_HANDLE);
  all_rows(kept.leaf, "a module that was created before", VERNIER_INVALID_HANDLE);
  on_another_thread(&from_another_thread, &module);
  row("module.child", "one whose forward fails", VERNIER_OK,
      add_child(module, "failing", "StatusLeaf", "{\"forward\": 5}", &kept.failing));
  return VERNIER_OK;
}
