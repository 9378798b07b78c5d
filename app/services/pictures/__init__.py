"""Pictures: decoded and drawn anew by a child process with limits, never by the one that serves."""
