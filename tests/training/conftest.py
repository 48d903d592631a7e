import pytest

from tinynet.kernels import scalar_code


@pytest.fixture(params=["in a straight line", "in loops"])
def kernels(request, monkeypatch):
    """Select one of the two compiled forms: straight-line code or loops."""
    if request.param == "in loops":
        monkeypatch.setattr(scalar_code, "MAX_UNROLLED", 0)
    scalar_code.compiled.cache_clear()
    yield
    scalar_code.compiled.cache_clear()
