#!/usr/bin/python3
"""The console page in Debian's Chromium: a test from the plate to the delivered package, as two officers do it with a tablet, and what goes
wrong on the way: wrong PINs, an analyzer that is unplugged, Wi-Fi that drops, a reload. Screenshots are left in build/page."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from page_lab import main  # noqa: E402
from station import Lab  # noqa: E402

main(Lab, "test.mjs")
