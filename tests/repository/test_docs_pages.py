"""How Markdown files become pages of the documentation site."""

from __future__ import annotations

import pytest

import docs_pages
import docs_site
from docs_pages import Page, PageError
from harness.places import ROOT

GUIDE = """# Guide

Read [the second](#second), or [a file](hosting.md#on-a-host).

## First

```sh
## no heading
```

### Detail

See [`code`](../tools/serve.py) and ![a picture](images/a.png).

## Second

<!-- no Run button: it needs
another page -->

```python
run()
```

```python
walk()
```
"""
HOSTING = "# Hosting\n\n## On a host\n\nBack to [the detail](guide.md#detail) and [all](guide.md).\n"


@pytest.fixture
def pages(tmp_path):
    for source in docs_pages.FILES:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).write_text("# Title\n")
    (tmp_path / "docs/guide.md").write_text(GUIDE)
    (tmp_path / "docs/hosting.md").write_text(HOSTING)
    (tmp_path / "README.md").write_text(
        "# x\n\n## A page that records\n\n## Install\n\n## What works where\n\nSee [guide](docs/guide.md).\n"
    )
    return docs_pages.pages(tmp_path)


def text_of(pages: list[Page], name: str) -> str:
    [page] = [page for page in pages if page.name == name]
    return page.text


def test_sections_of_the_guide_are_pages(pages):
    names = [page.name for page in pages if page.source == docs_pages.GUIDE]
    assert names == ["how-to/index", "how-to/first", "how-to/second"]
    first = text_of(pages, "how-to/first")
    assert first.startswith("# First\n")
    assert "\n## Detail\n" in first
    assert "\n## no heading\n" in first


def test_links_lead_to_the_page_of_their_heading(pages):
    linked = docs_pages.linked(pages, "", "1.0")
    introduction = text_of(linked, "how-to/index")
    assert "[the second](/how-to/second.md#second)" in introduction
    assert "[a file](/hosting.md#on-a-host)" in introduction
    hosting = text_of(linked, "hosting")
    assert "[the detail](/how-to/first.md#detail) and [all](/how-to/index.md)" in hosting
    assert "[guide](/how-to/index.md)" in text_of(linked, "browsers")


def test_links_to_other_files_lead_to_the_repository_or_nowhere(pages):
    known = text_of(docs_pages.linked(pages, "https://host/us/", "1.0"), "how-to/first")
    assert "[`code`](https://host/us/blob/v1.0/tools/serve.py)" in known
    assert "See `code` and" in text_of(docs_pages.linked(pages, "", "1.0"), "how-to/first")


def test_pictures_are_found_by_their_path(pages):
    assert list(docs_pages.pictures(pages)) == ["docs/images/a.png"]
    assert "![a picture](/docs/images/a.png)" in text_of(docs_pages.linked(pages, "", "1.0"), "how-to/first")


def test_link_to_a_missing_heading_stops_the_build(pages):
    page = Page("x", "docs/x.md", "[gone](guide.md#gone)")
    with pytest.raises(PageError, match=r"docs/x.md refers to guide.md#gone"):
        docs_pages.linked([*pages, page], "", "1.0")


def test_missing_section_of_the_readme_stops_the_build(tmp_path, pages):
    (tmp_path / "README.md").write_text("# x\n")
    with pytest.raises(PageError, match="no section 'A page that records'"):
        docs_pages.pages(tmp_path)


def test_comment_keeps_a_block_from_getting_a_run_button(pages):
    [second] = [page for page in pages if page.name == "how-to/second"]
    assert second.examples == 1
    text = text_of(docs_pages.linked(pages, "", "1.0"), "how-to/second")
    assert "```py\nrun()" in text
    assert "```python\nwalk()" in text
    assert "<!--" not in text


def test_repeated_headings_have_numbered_anchors():
    assert docs_pages.anchors("# A b\n## `c`, d!\n## C d\n# A b\n") == ["a-b", "c-d", "c-d-1", "a-b-1"]


def test_reference_has_each_public_name_once():
    names = [name for names in docs_site.REFERENCE.values() for name in names]
    assert sorted(names) == sorted(docs_site.public_names(ROOT))
