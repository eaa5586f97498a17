#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Looks for services on this wire with python-zeroconf, which asks for unicast answers first, then by multicast.

    mdns.py TYPE"""
import sys
import time

import zeroconf

with zeroconf.Zeroconf() as zc:
    browser = zeroconf.ServiceBrowser(zc, sys.argv[1], handlers=[lambda **_: None])
    time.sleep(2.5)
    for name in list(browser.services):
        zc.get_service_info(sys.argv[1], name, 1000)
