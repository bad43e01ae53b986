"""Runs the unittest modules of one folder and writes how many tests passed, failed and were skipped as JSON.

Usage: summary_runner.py FOLDER SUMMARY_FILE
"""

import json
import sys
import unittest


def counts_of(result):
    """The counts of a finished run; a test with several failing sub-tests counts as one failure."""
    failed = {str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors}
    failed |= {str(test) for test in result.unexpectedSuccesses}
    skipped = len(result.skipped)
    passed = max(result.testsRun - len(failed) - skipped, 0)
    return {"passed": passed, "failed": len(failed), "skipped": skipped, "empty": []}


def main(folder, summary_file):
    suite = unittest.defaultTestLoader.discover(folder, top_level_dir=folder)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    with open(summary_file, "w", encoding="utf-8") as file:
        json.dump(counts_of(result), file)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
