import pytest

from tinynet.kernels import scalar


@pytest.fixture(params=["in a straight line", "in loops"])
def kernels(request, monkeypatch):
    """Select one of the two compiled forms: straight-line code or loops."""
    if request.param == "in loops":
        monkeypatch.setattr(scalar, "MAX_UNROLLED", 0)
    scalar._compiled.cache_clear()
    yield
    scalar._compiled.cache_clear()
