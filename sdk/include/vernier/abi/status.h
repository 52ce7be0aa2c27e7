// What every fallible function returns. Text, plugin id, module path and cause go into an error object that
// the host owns (host.h, `fail`). On failure out-parameters are untouched and there is nothing to free.
//
// Each function's comment lists the statuses that it returns besides VERNIER_OK. Three are common to all
// functions of the host and are not repeated there: VERNIER_INVALID_ARGUMENT where a pointer is null although
// something is to be read from it or written to it, VERNIER_OUT_OF_MEMORY, and VERNIER_INTERNAL for a defect
// of the host. Where the host calls another plugin on behalf of the caller (a child's forward, a site's
// observer), the call returns what that plugin returned.
#ifndef VERNIER_ABI_STATUS_H
#define VERNIER_ABI_STATUS_H

#include <stdint.h>

typedef int32_t vernier_status;

#define VERNIER_OK ((vernier_status)0)
#define VERNIER_INVALID_ARGUMENT ((vernier_status)1)  // the caller's value is wrong
#define VERNIER_NOT_FOUND ((vernier_status)2)         // a name, file or key that does not exist
#define VERNIER_FAILED_PRECONDITION \
  ((vernier_status)3)  // right call, wrong moment: nothing was collected yet, wrong phase
#define VERNIER_OUT_OF_RANGE ((vernier_status)4)    // an index past the end
#define VERNIER_UNIMPLEMENTED ((vernier_status)5)   // legal, but this side cannot do it
#define VERNIER_INTERNAL ((vernier_status)6)        // a defect of the callee
#define VERNIER_INVALID_HANDLE ((vernier_status)7)  // stale, foreign, of another kind, tree or session
#define VERNIER_OUT_OF_MEMORY ((vernier_status)8)
#define VERNIER_DATA_LOSS ((vernier_status)9)        // bytes that do not mean what they should
#define VERNIER_CANCELLED ((vernier_status)10)       // the user asked to stop
#define VERNIER_DATA_DEPENDENT ((vernier_status)11)  // reading a value's data while the forward runs
// A code that the reader does not know means VERNIER_INTERNAL.

#endif
