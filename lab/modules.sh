#!/bin/sh
# Loads what the topology and IPVS need, into the kernel that the lab uses.
set -e

modprobe -a veth bridge nf_conntrack ip_vs
modprobe -a ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh \
    ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh ip_vs_pe_sip
# twos is not built for this kernel; others may have it.
modprobe -q ip_vs_twos || true
