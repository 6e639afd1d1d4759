"""What an attacker would try: every door as every role, hostile input at every door, what leaks out."""
