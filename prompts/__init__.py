"""One text file a prompt, by role. Its hash goes into every trace and every lesson."""
