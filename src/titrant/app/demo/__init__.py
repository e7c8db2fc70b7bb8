"""The synthetic clinic of ``titrant demo``: stories as data, told as events that the program itself would have made."""
