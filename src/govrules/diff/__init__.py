"""What a change of rules does: which rules mean something else, and whose outcome changes."""
