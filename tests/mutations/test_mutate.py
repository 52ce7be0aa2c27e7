#!/usr/bin/env python3
"""What mutate.py calls a violation, on commands that commit one each."""

import pathlib
import random
import tempfile
import unittest

import mutants
import mutate


class Judge(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.place = pathlib.Path(self.folder.name)
        (self.place / "tmp").mkdir()
        self.addCleanup(self.folder.cleanup)

    def end_of(self, script):
        code, text = mutate.ended(["/bin/sh", "-c", script], self.place)
        return mutate.wrong(code, text)

    def test_ends_that_are_told_are_fine(self):
        for code in (2, 3, 4, 5):
            self.assertEqual(self.end_of(f"printf 'error: x\\n  at y\\n' >&2; exit {code}"), "")
        self.assertEqual(self.end_of("exit 0"), "")

    def test_ends_that_say_nothing_are_not(self):
        self.assertIn("ends with 5", self.end_of("exit 5"))
        self.assertIn("says no error with a place", self.end_of("echo 'error: x' >&2; exit 5"))

    def test_defects_and_signals_are_not(self):
        self.assertEqual(self.end_of("printf 'error: x\\n  at y\\n' >&2; exit 70"), "ends with 70")
        self.assertEqual(self.end_of("kill -SEGV $$"), "ends with -11")
        self.assertEqual(self.end_of("exit 1"), "ends with 1")

    def test_long_work_that_stops_when_asked_is_fine(self):
        mutate.SECONDS, seconds = 0.3, mutate.SECONDS
        self.addCleanup(setattr, mutate, "SECONDS", seconds)
        self.assertEqual(self.end_of("trap 'exit 143' TERM; while :; do sleep 0.02; done"), "")

    def test_work_that_does_not_stop_is_not(self):
        mutate.SECONDS, mutate.GRACE, kept = 0.3, 0.3, (mutate.SECONDS, mutate.GRACE)
        self.addCleanup(lambda: (setattr(mutate, "SECONDS", kept[0]), setattr(mutate, "GRACE", kept[1])))
        self.assertEqual(self.end_of("trap '' TERM; while :; do sleep 0.02; done"), "does not end")

    def test_leftovers_are_found(self):
        self.assertEqual(mutate.leftovers(self.place), [])
        (self.place / "out").mkdir()
        (self.place / "out/.vernier-outputs.json").write_text("{}")
        self.assertEqual(mutate.leftovers(self.place), [], "what a run leaves on purpose")
        (self.place / "out/.vernier-0123.tmp").write_text("")
        (self.place / "tmp/x").write_text("")
        self.assertEqual(sorted(mutate.leftovers(self.place)), ["out/.vernier-0123.tmp", "tmp/x"])


class Mutants(unittest.TestCase):
    def test_are_the_same_for_a_seed_and_differ_from_what_they_were(self):
        data, text = bytes(range(256)) * 20, '{"a": {"b": [1, 2, 3]}, "c": "word"}'
        for index in range(200):
            one, other = (mutants.changed_bytes(random.Random(index), data) for _ in range(2))
            self.assertEqual(one, other)
            one, other = (mutants.changed_text(random.Random(index), text) for _ in range(2))
            self.assertEqual(one, other)
        changed = sum(mutants.changed_bytes(random.Random(i), data) != data for i in range(200))
        self.assertGreater(changed, 180)
        whole = [mutants.changed_bytes(random.Random(i), data, shifts=0) for i in range(200)]
        kept = sum(len(one) == len(data) for one in whole)
        self.assertGreater(kept, 150, "without shifts only a cut changes the size")


if __name__ == "__main__":
    unittest.main()
