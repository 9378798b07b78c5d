"""Deliberations (有事好商量): stages and what each allows, stances, agreement, moderation, and the minutes."""
