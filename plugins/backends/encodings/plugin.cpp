// The backends encodings and compressed_tensors: the result of a run for other toolchains.
#include "compressed_tensors.h"
#include "encodings.h"

VERNIER_PLUGIN(vernier::backend<encodings_backend::Encodings>("encodings"),
               vernier::backend<encodings_backend::CompressedTensors>("compressed_tensors"));
