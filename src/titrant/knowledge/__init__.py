"""What a clinic may change: protocols, interactions, conditions, monitoring, products, questionnaires, wording.

Data first (``data/``), with shapes, a loader (``library``), the closed ``when`` language (``judging``) and a checker.
"""
