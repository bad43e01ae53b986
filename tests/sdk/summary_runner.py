"""Runs the unittest modules of one folder and writes how many tests passed, failed and were skipped as JSON.

Usage: summary_runner.py FOLDER SUMMARY_FILE
"""

import json
import sys
import unittest
from pathlib import Path


def suites_by_file(folder):
    """The tests of each file; a file that cannot be imported holds one test, which fails with the reason."""
    loader = unittest.TestLoader()
    files = sorted(path.name for path in Path(folder).glob("test_*.py"))
    return {name: loader.discover(folder, pattern=name, top_level_dir=folder) for name in files}


def counts_of(result):
    """The counts of a finished run; a test with several failing sub-tests counts as one failure."""
    failed = {str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors}
    failed |= {str(test) for test in result.unexpectedSuccesses}
    skipped = len(result.skipped)
    passed = max(result.testsRun - len(failed) - skipped, 0)
    return {"passed": passed, "failed": len(failed), "skipped": skipped}


def main(folder, summary_file):
    suites = suites_by_file(folder)
    empty = [name for name, suite in suites.items() if suite.countTestCases() == 0]
    result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(suites.values()))
    Path(summary_file).write_text(json.dumps(counts_of(result) | {"empty": empty}), encoding="utf-8")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
