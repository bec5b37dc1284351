"""The tests of test_agreement.py for the other files of the corpus.

(This is a separate file, so that pages of `make test-all` need not collect a thousand tests.)
"""

import pytest
from support.verbs import agrees, verbs_of

from harness.corpus import FILES

pytestmark = [pytest.mark.lane("chromium", "firefox"), pytest.mark.soak]


@pytest.mark.parametrize(
    ("name", "verb"),
    [(name, verb) for name, file in FILES.items() if not file.quick for verb in verbs_of(name)],
)
async def test_verb_agrees_with_the_table(name, verb, engine):
    await agrees(name, verb, engine)
