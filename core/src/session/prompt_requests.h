// Requests of a program that a processor makes of texts, chats and pictures: samples of kind "prompts".
#pragma once

#include <memory>

#include "calibration/input_kinds.h"
#include "session/prepare.h"
#include "session/program_requests.h"

namespace vernier::core {

// A line of the file for each sample. Of the processor's tensors the program's are taken; those that count
// the prompt are cut where the answer begins. Each line is made once, when the source is opened; what is
// large waits in a scratch file. Throws Error: kUsage for a bad description; kData with file:line for a line
// that is wrong, and for fewer lines than are wanted.
[[nodiscard]] std::unique_ptr<ProgramRequests> open_prompt_requests(const InputRequest& request,
                                                                    const Program& program);

// Opens processors for the samples of a recipe with a program, one for equal options; tells them what that
// has room for. `p` must outlive what it opens.
[[nodiscard]] ProcessorOpener program_processors(const Prepared& p);

}  // namespace vernier::core
