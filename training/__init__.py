"""The student: load, answer, grade, fine-tune in a child process, adapters, replay. Torch stays in the child."""
