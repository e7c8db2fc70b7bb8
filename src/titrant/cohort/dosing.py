"""The arithmetic of doses in the kernel: whole smallest parts and thousandths of a milligram, always rounded down."""

from numba import njit


@njit(cache=True)
def lowered(now, above, below, part):
    """``above / below`` of ``now`` parts, rounded down; -1 where nothing smaller can be made."""
    to = (now * part * above // below) // part
    return to if 0 < to < now else -1


@njit(cache=True)
def rung_share(rules, row):
    """The share of the rung of missed doses, else that for a moderate side effect."""
    if row >= 0 and rules.rungs[row, 3] > 0:
        return min(rules.rungs[row, 3], rules.rungs[row, 4]), rules.rungs[row, 4]
    return 1000 - rules.n[0].lower_tenths, 1000


@njit(cache=True)
def raised(n, stratum, now, room):
    """Parts after one step under every limit; -1 where no higher dose comes out.

    Args:
        room: how much each dose may still rise, thousandths of a mg; stratum.cap: the smallest of the bounds.
    """
    dose = now * n.part
    most = min(dose + n.step, dose * (1000 + n.percent_tenths) // 1000)
    if stratum.share_above < stratum.share_below:
        most = min(most, dose + stratum.by)
    if stratum.reduced:
        most = min(most, dose + n.step_reduced)
    most = min(most, dose + room, stratum.cap)
    to = most // n.part
    return to if now < to <= n.most_parts else -1
