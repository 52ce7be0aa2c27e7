// What a session computes on. The devices themselves stay behind this face.
#pragma once

#include <cstdint>
#include <memory>

namespace vernier::core {

class Device;
class ThreadPool;

// Makes a device whose loops run on `pool`, which must outlive it. Throws Error.
using DeviceFactory = std::unique_ptr<Device> (*)(ThreadPool& pool);

// On LibTorch; loads its library on the first call. Throws Error (kInternal) where this build has no
// LibTorch.
[[nodiscard]] std::unique_ptr<Device> make_torch_device(ThreadPool& pool);
// Plain loops on the calling thread, for tests and for builds without LibTorch: right, but slow.
[[nodiscard]] std::unique_ptr<Device> make_reference_device(ThreadPool& pool);
// On LibTorch where this build has it, else the reference device.
[[nodiscard]] DeviceFactory default_device();
// Anonymous memory that the default device takes before it computes, in bytes: measured, so that a plan can
// say what a run will take without waiting for LibTorch.
[[nodiscard]] uint64_t default_device_bytes();

}  // namespace vernier::core
