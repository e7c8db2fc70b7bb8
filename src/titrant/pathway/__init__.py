"""The spine: the clinic's flow as ten steps, each a pure function from typed facts to one frozen outcome with reasons.

In order: assess, screen, plan, simulate, prescribe, dispense, diary, review, adjust, report. Later steps import earlier
ones only. Here are all but simulate; each has its place in the import contract.
"""
