"""The lab: a real IPVS kernel with the NAT tutorial's machines, anywhere, without root.

with Lab(writable=folder) as lab:
    lab.run(["ipvsadm", "-Ln"])
    lab.run(["curl", "http://192.168.49.134/"], host="client")
"""

from lab.machine import Lab
from lab.process import GuestProcess
from lab.uml import LabError, PartsMissing

__all__ = ["GuestProcess", "Lab", "LabError", "PartsMissing"]
