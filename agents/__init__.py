"""The three agents, and the judge. Each turns what was measured into a prompt, asks its teacher, and validates the answer."""
