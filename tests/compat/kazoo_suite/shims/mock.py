"""kazoo's tests were written for the stand-alone mock package; the standard library holds its successor."""
from unittest.mock import MagicMock, Mock, call, patch, sentinel  # noqa: F401
