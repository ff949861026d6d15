"""Real components that tests want: a missing one is reported, or fails where all are demanded."""

import os
import unittest

REQUIRE_VARIABLE = "GENBA_TEST_REQUIRE"


def require(component: str, available: bool, how: str) -> None:
    """End the test as not run unless the component is there; with GENBA_TEST_REQUIRE=all, fail."""
    if available:
        return
    message = f"needs {component}: {how}"
    if os.environ.get(REQUIRE_VARIABLE) == "all":
        raise AssertionError(message)
    raise unittest.SkipTest(message)
