"""Hosts: from mouth timings and show events to controls, and from controls to pictures."""
