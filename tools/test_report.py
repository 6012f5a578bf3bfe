#!/usr/bin/env python3
"""Says at the end of a test run what failed, with its last lines, and what was
skipped, with the reason: tools/test_report.py REPORT.xml (ctest's JUnit).

Exit code 0, or with CI=true 1 when something was skipped.
"""

import os
import sys
import xml.etree.ElementTree as xml

LINES = 30  # of a failed test's output


def output(case):
    return (case.findtext("system-out") or "").strip().splitlines()


def reason(case):
    said = output(case)
    return next((line for line in said if "skip" in line.lower()),
                said[-1] if said else "no reason given").strip()


def main():
    cases = list(xml.parse(sys.argv[1]).iter("testcase"))
    skipped = [case for case in cases if case.find("skipped") is not None]
    for case in cases:
        if case.get("status") == "fail" or case.find("failure") is not None:
            print(f"Failed: {case.get('name')}")
            for line in output(case)[-LINES:]:
                print(f"  {line}")
    for case in skipped:
        print(f"Skipped: {case.get('name')}: {reason(case)}")
    if skipped and os.environ.get("CI") == "true":
        print("CI=true: a skipped test is a failure.", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
