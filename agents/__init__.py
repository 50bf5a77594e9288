"""Three agents and a judge. Each turns what was measured into a prompt, asks its teacher, and validates the answer."""
