import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("tinynet", deadline=None, max_examples=40)
settings.load_profile("tinynet")


@pytest.fixture(autouse=True)
def _floating_point_faults_raise():
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield
