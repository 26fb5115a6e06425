"""Tests in the lab: a real kernel with IPVS, booted once for the session."""

from lab.fixture import clean_ipvs, lab, state_folder

__all__ = ["clean_ipvs", "lab", "state_folder"]
