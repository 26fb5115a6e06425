"""The lab: a real IPVS kernel with the NAT tutorial's machines, without root where there is user-mode Linux.

with Lab(writable=folder) as lab:
    lab.run(["ipvsadm", "-Ln"])
    lab.run(["curl", "http://192.168.49.134/"], host="client")
"""

from lab.kernel import LabError, PartsMissing
from lab.machine import Lab
from lab.process import GuestProcess

__all__ = ["GuestProcess", "Lab", "LabError", "PartsMissing"]
