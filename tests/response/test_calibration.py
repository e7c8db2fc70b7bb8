"""Calibration by simulation: small by default, in full at night."""

import numpy as np
import pytest
from tools.calibrate_response import PEOPLE, calibrated, trials, verdicts


def test_ninety_per_cent_intervals_cover_about_that():
    found = calibrated(100, whole_numbers=False)
    assert found.stopped == {"complete": 100}
    covered = list(found.coverage().values())
    assert min(covered) >= 0.8
    assert 0.87 <= np.mean(covered) <= 0.93


def test_hardly_anybody_is_called_a_responder_without_effect():
    found = verdicts(60, 42, False)
    assert found.share("real") <= 0.05


def test_a_patient_is_the_same_however_many_are_drawn():
    few, many = list(trials(3)), list(trials(5))
    for one, other in zip(few, many, strict=False):
        assert one.diary.pain_points.tobytes() == other.diary.pain_points.tobytes()


@pytest.mark.night
def test_intervals_of_a_thousand_patients():
    found = calibrated(PEOPLE, whole_numbers=False)
    assert found.stopped.get("complete", 0) >= 0.99 * PEOPLE
    for name, share in found.coverage().items():
        assert 0.87 <= share <= 0.93, name
    assert min(found.uniformity().values()) > 0.001


@pytest.mark.night
def test_false_responders_among_a_thousand_patients():
    for days in (14, 28, 42, 70):
        assert verdicts(PEOPLE, days, False).share("real") <= 0.05, days
