"""What one patient wrote, day by day, and whether it is enough and sound enough to be weighed at all."""

from dataclasses import dataclass

import numpy as np

from titrant.pkpd.response.parameters import ResponseSet


@dataclass(frozen=True, eq=False)
class Diary:
    """Consecutive days of one patient, the first day first. Missing is NaN.

    Attributes:
        pain_points: shape (n_days,), 0 to 10.
        doses_mg: shape (n_days,), taken on that day in all; what was taken must be known on every day.
        worst_grade: shape (n_days,), 0 to 4, of side effects; 0 is "asked, none".
        average_ng_per_ml, peak_ng_per_ml: shape (n_days,), mean and highest level of each day from the PK engine, both
            or neither; where absent, the dose stands for both.
    """

    pain_points: np.ndarray
    doses_mg: np.ndarray
    worst_grade: np.ndarray
    average_ng_per_ml: np.ndarray | None = None
    peak_ng_per_ml: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the arrays do not fit together: a bug of the caller, not of the patient."""
        if (self.average_ng_per_ml is None) != (self.peak_ng_per_ml is None):
            raise ValueError("average_ng_per_ml and peak_ng_per_ml come together or not at all")
        for name in ("pain_points", "doses_mg", "worst_grade", "average_ng_per_ml", "peak_ng_per_ml"):
            given = getattr(self, name)
            if given is None:
                continue
            held = np.array(given, dtype=np.float64)
            if held.ndim != 1 or len(held) != len(self.pain_points) or len(held) == 0:
                raise ValueError(f"{name} must have one value for each day; its shape is {held.shape}")
            held.flags.writeable = False
            object.__setattr__(self, name, held)

    @property
    def has_levels(self) -> bool:
        return self.average_ng_per_ml is not None

    @property
    def benefit_exposure(self) -> np.ndarray:
        """Shape (n_days,): mean level in ng/mL, else daily dose in mg."""
        return self.doses_mg if self.average_ng_per_ml is None else self.average_ng_per_ml

    @property
    def harm_exposure(self) -> np.ndarray:
        """Shape (n_days,): peak level in ng/mL, else daily dose in mg."""
        return self.doses_mg if self.peak_ng_per_ml is None else self.peak_ng_per_ml

    @property
    def first_dose_day(self) -> int:
        """Number of the first day with drug, or the number of days where there is none."""
        given = np.flatnonzero(self.doses_mg > 0)
        return int(given[0]) if len(given) else len(self.doses_mg)


@dataclass(frozen=True, eq=False)
class Levels:
    """The doses that could be given, rising, and which of them is given now.

    Attributes:
        daily_mg: shape (n_levels,), above zero, rising.
        present: place of the present level in it.
        average_ng_per_ml, peak_ng_per_ml: shape (n_levels,), settled; needed where the diary has them.
        held_days: for how long the present level has been signed, where a record says so.
    """

    daily_mg: np.ndarray
    present: int
    average_ng_per_ml: np.ndarray | None = None
    peak_ng_per_ml: np.ndarray | None = None
    held_days: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where the levels are not rising, or the present one is none of them."""
        for name in ("daily_mg", "average_ng_per_ml", "peak_ng_per_ml"):
            given = getattr(self, name)
            if given is None:
                continue
            held = np.array(given, dtype=np.float64)
            rising = held.ndim == 1 and len(held) == len(self.daily_mg) > 0 and bool(np.all(np.diff(held) > 0))
            if not (rising and held[0] > 0 and np.isfinite(held).all()):
                raise ValueError(f"{name} must be finite, above zero and rising: {held}")
            held.flags.writeable = False
            object.__setattr__(self, name, held)
        if not 0 <= self.present < len(self.daily_mg):
            raise ValueError(f"level {self.present} is none of {len(self.daily_mg)}")

    @property
    def next(self) -> int | None:
        """Place of the next level up, or None at the top."""
        return self.present + 1 if self.present + 1 < len(self.daily_mg) else None

    def days_at_present(self, diary: Diary) -> int:
        """How many days, up to and with the last, the present level was the nearest; one day off it is forgiven.

        Never more than it has been signed for.
        """
        rungs = np.concatenate([[0.0], self.daily_mg])
        off = np.abs(diary.doses_mg[:, None] - rungs).argmin(axis=1) != self.present + 1
        two_off = np.flatnonzero(off[1:] & off[:-1]) + 1
        begun = int(two_off[-1]) + 1 if len(two_off) else int(off[0])
        held = len(off) - begun
        return held if self.held_days is None else min(held, self.held_days)

    def benefit_exposure(self, diary: Diary) -> np.ndarray:
        """Shape (n_levels,), in the diary's unit."""
        return self.daily_mg if not diary.has_levels else _needed(self.average_ng_per_ml, "average_ng_per_ml")

    def harm_exposure(self, diary: Diary) -> np.ndarray:
        """Shape (n_levels,), in the diary's unit."""
        return self.daily_mg if not diary.has_levels else _needed(self.peak_ng_per_ml, "peak_ng_per_ml")


def _needed(levels: np.ndarray | None, name: str) -> np.ndarray:
    if levels is None:
        raise ValueError(f"the diary has levels in ng/mL, so the doses to weigh need {name}")
    return levels


def fault_of(diary: Diary, chosen: ResponseSet) -> str:
    """Why this diary cannot be weighed, as a code, or "" if it can.

    Codes: ``too_long``, ``dose_unknown``, ``dose_out_of_range``, ``level_unknown``, ``level_out_of_range``,
    ``level_without_dose``, ``pain_out_of_range``, ``grade_out_of_range``,
    ``too_few_days_before``, ``too_few_days_on_drug``, ``at_scale_end``.
    """
    checks = (_fault_of_exposure, _fault_of_scores, _fault_of_amount)
    return next((fault for check in checks if (fault := check(diary, chosen))), "")


def _fault_of_exposure(diary: Diary, chosen: ResponseSet) -> str:
    if len(diary.doses_mg) > chosen["data", "most_days"]:
        return "too_long"
    if not np.isfinite(diary.doses_mg).all():
        return "dose_unknown"
    if diary.doses_mg.min() < 0 or diary.doses_mg.max() > chosen["data", "highest_daily_mg"]:
        return "dose_out_of_range"
    for levels in (diary.average_ng_per_ml, diary.peak_ng_per_ml):
        if levels is None:
            continue
        if not np.isfinite(levels).all():
            return "level_unknown"
        if levels.min() < 0 or levels.max() > chosen["data", "highest_ng_per_ml"]:
            return "level_out_of_range"
        if (levels[: diary.first_dose_day] > 0).any():
            return "level_without_dose"
    return ""


def _fault_of_scores(diary: Diary, _chosen: ResponseSet) -> str:
    pain, grade = diary.pain_points, diary.worst_grade
    if not (np.isnan(pain) | ((pain >= 0) & (pain <= 10))).all():
        return "pain_out_of_range"
    if not (np.isnan(grade) | np.isin(grade, (0, 1, 2, 3, 4))).all():
        return "grade_out_of_range"
    return ""


def _fault_of_amount(diary: Diary, chosen: ResponseSet) -> str:
    scored, start = ~np.isnan(diary.pain_points), diary.first_dose_day
    if scored[:start].sum() < chosen["data", "least_days_before"]:
        return "too_few_days_before"
    on_drug = min(int(scored[start:].sum()), int((~np.isnan(diary.worst_grade[start:])).sum()))
    if on_drug < chosen["data", "least_days_on_drug"]:
        return "too_few_days_on_drug"
    at_end = np.isin(diary.pain_points[scored], (0, 10)).mean()
    return "at_scale_end" if at_end > chosen["data", "most_at_scale_end"] else ""
