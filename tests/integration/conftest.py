"""Fixtures of the integration tests."""

from support.fixtures import *
