"""What the run did, and when: OpenTelemetry spans in a file of the run directory."""
