"""What every test may ask for."""

from collections.abc import Callable

import pytest
from support import components


@pytest.fixture(scope="session")
def require() -> Callable[[str, bool, str], None]:
    """Return `require(component, available, how_to_get_it)`."""
    return components.require
