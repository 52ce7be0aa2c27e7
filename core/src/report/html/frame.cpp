#include "report/html/frame.h"

#include <fmt/format.h>

#include <string_view>

#include "report/html/text.h"

namespace vernier::core {
std::string_view report_style_text();  // style.css
}

namespace vernier::core::html {

std::string document(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{} · "
      "vernier</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      escape(title), report_style_text(), body);
}

std::string section(const char* title, const std::string& body) {
  return body.empty() ? "" : fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, body);
}

}  // namespace vernier::core::html
