"""report.html in a headless Chromium: nothing is fetched, nothing is wider than a phone, something is drawn."""
import re
import shutil
import subprocess

import pytest
from PIL import Image

from conftest import SOURCE, VERNIER

CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=2000"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    subprocess.run([VERNIER, "run", SOURCE / "configs/minilm_layer.json", "--out", out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return out / "report.html"


def chromium(*arguments):
    assert CHROMIUM, "Chromium is missing: `make setup-parity` installs it"
    return subprocess.run([CHROMIUM, *FLAGS, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=True)


def test_nothing_is_fetched(page):
    text = page.read_text()
    assert not re.search(r"https?://|<script|src=|@import|url\(", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("width", [390, 1280])
def test_no_line_is_wider_than_the_window(page, width):
    """Chromium measures: a frame of that width, and what is in it."""
    probe = page.with_name(f"probe_{width}.html")
    inner = page.read_text().replace("&", "&amp;").replace('"', "&quot;")
    probe.write_text(f'<body style="margin:0"><iframe id="f" srcdoc="{inner}" style="width:{width}px;height:900px;border:0"></iframe><script>'
                     'onload=()=>{const d=document.getElementById("f").contentDocument.documentElement;document.title="W"+d.scrollWidth+"/"+d.clientWidth}</script>')
    dom = chromium("--dump-dom", probe.as_uri()).stdout
    scroll, client = map(int, re.search(r"<title>W(\d+)/(\d+)</title>", dom).groups())
    assert client == width and scroll == width


@pytest.mark.parametrize("scheme,background", [("light", (251, 251, 250)), ("dark", (20, 23, 26))])
def test_something_is_drawn_in_light_and_dark(page, scheme, background):
    shot = page.with_name(f"{scheme}.png")
    chromium(f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}", "--window-size=800,1200", f"--screenshot={shot}", page.as_uri())
    image = Image.open(shot).convert("RGB")
    assert image.getpixel((2, 2)) == background
    assert len(image.getcolors(maxcolors=1 << 24)) > 100
