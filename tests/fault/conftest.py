"""Fixtures of the fault tests: the same as those of the integration tests."""

from support.fixtures import *
