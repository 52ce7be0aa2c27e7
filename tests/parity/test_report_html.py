"""Pages in a headless Chromium, one of each kind: nothing is fetched, nothing is wider than its window, texts
can be told from what is behind them, headings and heads of tables say what they are for, something is drawn
on screen and on paper."""
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from PIL import Image

from conftest import SOURCE, VERNIER

CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=2000"]
KINDS = ["module", "several", "failed_gate", "failed_verify", "diff"]
WIDTHS = [390, 800, 1440]


def run(out, recipe, *settings, code=0):
    words = [word for one in settings for word in ("--set", one)]
    command = [VERNIER, "run", SOURCE / "configs" / recipe, *words, "--out", out, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return out / "report.html"


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of each kind."""
    out = tmp_path_factory.mktemp("pages")
    found = {"module": run(out / "module", "minilm_layer.json"),
             "several": run(out / "several", "gemma4_tiny.json"),
             "failed_gate": run(out / "gate", "minilm_layer.json", 'gates={"sqnr_db": ">= 200"}', code=4),
             "failed_verify": run(out / "verify", "minilm_layer.json",
                                  f"export={json.dumps(VERIFIED)}", code=4)}
    run(out / "other", "minilm_layer.json", 'quantization.activation.dtype="int16"', 'export=[]')
    found["diff"] = out / "diff.html"
    command = [VERNIER, "diff", out / "module", out / "other", "--html", found["diff"]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return found


# No file of codes is this near to float.
VERIFIED = [{"backend": "circle", "file": "layer.circle", "verify": {"samples": 1},
             "gates": {"float_to_file": {"sqnr_db": ">= 200"}}}]


def chromium(*arguments):
    assert CHROMIUM, "Chromium is missing: `make setup-parity` installs it"
    command = [CHROMIUM, *FLAGS, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def measured(page, width, script):
    """What `script`, an expression of the page's document `d`, gives in a frame of that width."""
    probe = page.with_name(f"probe_{page.stem}_{width}.html")
    inner = page.read_text().replace("&", "&amp;").replace('"', "&quot;")
    frame = f'<iframe id="f" srcdoc="{inner}" style="width:{width}px;height:900px;border:0"></iframe>'
    tell = f'const d=document.getElementById("f").contentDocument;document.title="J"+JSON.stringify({script})'
    probe.write_text(f'<body style="margin:0">{frame}<script>onload=()=>{{{tell}}}</script>')
    dom = chromium("--dump-dom", probe.as_uri()).stdout
    return json.loads(html.unescape(re.search(r"<title>J(.*?)</title>", dom, re.S).group(1)))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched(pages, kind):
    text = pages[kind].read_text()
    assert not re.search(r"https?://|<script|src=|@import|url\(", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wider_than_the_window(pages, kind, width):
    """Neither the page nor a table within it; drawings of graphs are scrolled."""
    found = measured(pages[kind], width, """{
        page: [d.documentElement.clientWidth, d.documentElement.scrollWidth],
        tables: [...d.querySelectorAll('.scroll')]
                .filter(e => e.querySelector('table') && e.scrollWidth > e.clientWidth + 1)
                .map(e => e.closest('section').querySelector('h2').textContent)}""")
    assert found["page"] == [width, width]
    assert found["tables"] == []


class Outline(HTMLParser):
    """Headings in order; of each table its heads and how many cells its rows have."""

    def __init__(self):
        super().__init__()
        self.headings, self.tables, self.open = [], [], []

    def handle_starttag(self, tag, attributes):
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag == "table":
            self.tables.append({"heads": [], "rows": []})
        elif tag == "th":
            self.tables[-1]["heads"].append(dict(attributes).get("scope"))
        elif tag == "tr":
            self.tables[-1]["rows"].append(0)
        elif tag == "td":
            self.tables[-1]["rows"][-1] += 1


@pytest.mark.parametrize("kind", KINDS)
def test_headings_and_tables_say_what_they_are_for(pages, kind):
    outline = Outline()
    outline.feed(pages[kind].read_text())
    assert outline.headings[0] == 1 and outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:])
    assert all(later <= earlier + 1 for earlier, later in steps), outline.headings
    assert outline.tables
    for table in outline.tables:
        assert table["heads"] and set(table["heads"]) == {"col"}
        assert set(table["rows"][1:]) == {len(table["heads"])}


def luminance(colour):
    def linear(channel):
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def channels(value):
    """Of "fff" or "1b6e4a"."""
    size = len(value) // 3
    return tuple(int(value[i:i + size] * (2 // size), 16) for i in range(0, len(value), size))


def colours(text):
    found = re.findall(r"--([a-z]+): #([0-9a-f]{3}|[0-9a-f]{6});", text)
    return {name: channels(value) for name, value in found}


def test_texts_stand_out():
    """WCAG AA, 4.5 to 1, of each colour of text on each colour behind it: light, dark, on paper."""
    style = (SOURCE / "core/src/report/html/style.css").read_text()
    sets = [colours(block) for block in re.findall(r":root \{(.*?)\}", style)]
    assert len(sets) == 3 and all(len(one) == 10 for one in sets), sets
    for one in sets:
        for text in ("text", "dim", "mark", "clip", "good", "bad"):
            for behind in ("page", "card", "soft"):
                ratio = contrast(one[text], one[behind])
                assert ratio >= 4.5, f"{text} on {behind}: {ratio:.2f} in {one}"


@pytest.mark.parametrize("scheme,background", [("light", (251, 251, 250)), ("dark", (20, 23, 26))])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_something_is_drawn_in_light_and_dark(pages, kind, width, scheme, background):
    page = pages[kind]
    shot = page.with_name(f"{page.stem}_{width}_{scheme}.png")
    colour = f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"
    chromium(colour, f"--window-size={width},1200", f"--screenshot={shot}", page.as_uri())
    image = Image.open(shot).convert("RGB")
    assert image.size[0] == width
    assert image.getpixel((2, 2)) == background
    assert len(image.getcolors(maxcolors=1 << 24)) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_it_prints(pages, kind):
    paper = pages[kind].with_suffix(".pdf")
    chromium("--no-pdf-header-footer", f"--print-to-pdf={paper}", pages[kind].as_uri())
    assert paper.read_bytes().startswith(b"%PDF-") and paper.stat().st_size > 10_000
