"""The harness: pytest runs the tests of tests/browser inside Pyodide, inside a real browser.

Outside, on CPython:

- ``plugin``: pytest collects the tests as usual, multiplies them by lane and asks the lane's page for reports
- ``lanes``: the table of lanes (an engine, its devices, permissions, interpreter and security policy)
- ``browsers``: a lane in Playwright's words
- ``page_runner``: the one open page that runs tests, replaced when a test breaks it
- ``page_watch``: what a page may not do (errors in the console, requests to other hosts)
- ``reports``: how that becomes a failure of the test
- ``server``: the project's own server, with the pages of the harness and the judge
- ``judge``: what others than the browser find in a recorded file (``decoders``: ffmpeg, or PyAV;
  ``played``: what is heard and seen when; ``readers``: other programs)
- ``recipes``: makes the files of the corpus
- ``media``: the sound and the pictures that Chromium's fake devices play
- ``places``: where things stand
- ``bundle``: the files that go into the page
- ``test_must_fail``: proof that it catches what it should (``must_fail``: tests that must fail)
- ``fixtures``: for tests that drive a page from outside (tests/demo)

Inside, in the page: ``harness.html`` and ``harness.js`` load Pyodide, ``in_page`` runs pytest there, and
``async_tests`` lets it await coroutines. ``marks``, ``corpus`` (files from elsewhere and what is
true of them), ``painted`` (numbers in their pictures) and ``agreement`` (what was found against what is true)
are read on both sides.
"""
