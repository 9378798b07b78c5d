"""Accounts: phone numbers, sign-in codes, sessions and grants."""
