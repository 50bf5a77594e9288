"""Tutelage: a teacher model tutors a student model to mastery.

One resumable LangGraph state machine holds three agents (Diagnostician, Curriculum Planner, Tutor) and a
fine-tuning node. The method is arXiv 2602.12172 (IOA); ``tutelage.pedagogy`` holds it as pure functions.
"""

from importlib.metadata import version

__version__ = version("tutelage")
