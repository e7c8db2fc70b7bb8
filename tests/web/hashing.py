"""Passwords in the tests: the same hash as in the clinic, made with as little work as it allows.

The clinic's own takes a third of a second, on purpose; hundreds of tests sign with a password and do not measure that.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher

AS_IN_THE_CLINIC = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LIGHT = ["tests.web.hashing.LightArgon2"]


class LightArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 8, 1
