"""Deliberations: threads, posts, statements, moderation, minutes."""
