"""Configurations: YAML files, and the frozen models that read them. A misspelt key is an error, never ignored."""
