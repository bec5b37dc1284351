"""The harness: pytest runs the tests of tests/browser inside Pyodide, inside a real browser.

Outside, on CPython:

- ``plugin``: pytest collects the tests as usual, multiplies them by lane and asks the lane's page for reports
- ``lanes``: the table of lanes (an engine, its devices, permissions, interpreter and security policy)
- ``browsers``: translates a lane into Playwright's options (``sound_server``: an audio output for Firefox)
- ``page_runner``: the one open page that runs tests, replaced when a test breaks it
- ``pages``: what the harness needs from a page; ``playwright_pages`` provides it in Chromium and Firefox,
  ``webkit_pages`` in WebKit (with ``watch.js`` in the page, and ``display``, a screen in memory)
- ``page_watch``: detects forbidden actions of a page (errors in the console, requests to other hosts)
- ``reports``: turns these into a failure of the test
- ``server``: the project's own server, with the pages of the harness and the judge
- ``judge``: findings of programs other than the browser in a recorded file (``decoders``: ffmpeg, or PyAV;
  ``played``: the sounds and pictures with their times; ``readers``: other programs)
- ``busy_machine``: keeps the processors busy during a test
- ``recipes``: makes the files of the corpus
- ``media``: the sound and the pictures of Chromium's fake devices
- ``places``: paths in the repository
- ``bundle``: the files that go into the page
- ``test_must_fail``: proof that the harness catches faults (``must_fail``: tests that must fail)
- ``fixtures``: for tests that drive a page from outside (tests/demo)

Inside, in the page: ``harness.html`` and ``harness.js`` load Pyodide, ``in_page`` runs pytest there, and
``async_tests`` lets it await coroutines; ``without_jspi`` runs tests in a browser without JSPI. ``marks``,
``corpus`` (files from elsewhere and the facts about them), ``painted`` (numbers in their pictures) and
``agreement`` (findings compared with facts) are imported inside and outside.
"""
