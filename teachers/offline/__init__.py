"""The offline teacher: openly no language model, but a procedural generator and exact solver for everyday arithmetic.

It speaks the Chat Completions protocol on loopback, so that the whole loop can be seen and tested anywhere.
"""

from tutelage.teachers.offline.process import IDENTITY, OFFLINE, OfflineTeacher

__all__ = ["IDENTITY", "OFFLINE", "OfflineTeacher"]
