"""One patient's response: daily pain as a time series, side effects as graded events, and what may be said of them.

Numbers only: arrays in, arrays out. In order of use: ``parameters`` (the data file), ``diary`` (what one patient
wrote), ``posterior`` (what is possible given that), ``answers`` (the questions asked of it), ``waiting`` (when it can
tell), ``opinion`` (what it may say of a dose: lower it, hold it, or nothing) and ``review`` (all of it at once). Where
the model cannot be relied on, every one of them says so and gives no number: the rules decide alone.
"""
