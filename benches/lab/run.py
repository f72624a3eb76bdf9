#!/usr/bin/env python3
"""Failover of our daemon, as an HTTP client sees it, beside Pacemaker's on the same hosts. Needs root, and the shared
lab (`../shared/lab`, or below QUORATE_SHARED). Arguments are those of its bench.py:

    cargo build --release
    python3 benches/lab/run.py --driver quorate --scenario crash -n 7 --token 1000 --dc survivor
    python3 benches/lab/run.py --driver pacemaker --scenario crash -n 7 --token 1000 --dc survivor
"""
import os, runpy, sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get('QUORATE_SHARED', os.path.join(HERE, '../../../shared'))
BENCH = os.path.join(os.path.abspath(SHARED), 'lab')
sys.path[:0] = [HERE, BENCH]
sys.dont_write_bytecode = True

import drivers, lab
from driver import Quorate

drivers.DRIVERS['quorate'] = Quorate
# The bench tells `standby` only the node.
begin = lab.Lab.__init__
def keep(self, *arguments):
    begin(self, *arguments)
    Quorate.lab = self
lab.Lab.__init__ = keep
runpy.run_path(os.path.join(BENCH, 'bench.py'), run_name='__main__')
