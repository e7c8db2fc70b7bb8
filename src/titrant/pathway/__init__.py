"""The spine: the clinic's flow as ten steps, each a pure function from typed facts to one frozen outcome with reasons.

In order: assess, screen, plan, simulate, prescribe, dispense, diary, review, adjust, report. Later steps import earlier
ones only. Here are assess, screen, plan, prescribe, dispense and report; each has its place in the import contract.
"""
