// What a call must throw: an Error of this kind with this text in it. A bare EXPECT_THROW would pass for any
// reason.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <utility>

#include "vernier/core/error.h"

namespace vernier::test {

// `text` must be part of what the user sees; give a place or a name, so that no other error fits.
template <typename Body>
void expect_error(core::ErrorKind kind, const std::string& text, Body&& body) {
  try {
    std::forward<Body>(body)();
  } catch (const core::Error& error) {
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.format();
    EXPECT_NE(error.format().find(text), std::string::npos)
        << "wanted: " << text << "\nthrown: " << error.format();
    return;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception instead of \"" << text << "\": " << error.what();
    return;
  }
  ADD_FAILURE() << "no error; wanted: " << text;
}

}  // namespace vernier::test
