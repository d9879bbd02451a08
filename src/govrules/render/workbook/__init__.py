"""Workbooks: to read, to send round and to take back."""
