"""The method as pure functions and frozen types. Equation numbers are those of arXiv 2602.12172 (IOA).

Read in this order: ``records`` (what crosses boundaries), ``rates`` (intervals), ``gap`` (Eq. 2, 6), ``dependency``
(Eq. 3), ``severity`` (Eq. 4, 5), ``stages`` (Eq. 7), ``zpd`` (Eq. 8), ``mastery`` (Eq. 9), then ``pools``,
``profile``, ``lesson`` and ``verification``; ``curriculum`` and ``settlement`` put them together for the planner and
the gate, and ``cohort_run`` takes simulated students through both. Nothing here does I/O, and nothing of ours is
imported.
"""
