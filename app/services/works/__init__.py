"""Works: projects and their tasks."""
