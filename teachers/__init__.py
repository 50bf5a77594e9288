"""Teachers: an OpenAI-compatible endpoint as our agents see it, and the offline one for the quickstart."""
