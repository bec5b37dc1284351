#!/usr/bin/env bash
# panel convert writes an app into a script element unescaped, so "</script>" in the app ends it.
#
# Versions: panel 1.9.4, bokeh 3.9.0 (PyPI).
# Input:    a valid app with the string "</script>" in it.
# Expected: `panel convert --to pyodide` writes a page that runs this app.
# Observed: the page's script element ends inside the Python. Chromium 156 reports "Unexpected
#           end of input", and the app never starts. (`--to pyodide-worker` writes the Python
#           into a file of its own, and works.)
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py \
  panel==1.9.4 bokeh==3.9.0 || exit 2

cat > app.py <<'PY'
import panel as pn

end = "</script>"
pn.Column("the last line of the app").servable()
PY
PYTHONPATH=py python3 -m panel convert app.py --to pyodide --out out

python3 - <<'PY'
import sys
from html.parser import HTMLParser


class Scripts(HTMLParser):
    inside, texts = False, ()

    def handle_starttag(self, tag, attributes):
        self.inside = tag == "script"
        if self.inside:
            self.texts += ("",)

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts = (*self.texts[:-1], self.texts[-1] + data)


page = Scripts()
page.feed(open("out/app.html").read())
[script] = [text for text in page.texts if "import panel as pn" in text]
print("The script element ends with:", script[-40:].encode())
holds = script.endswith('end = "')
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
