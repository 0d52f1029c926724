"""What statistics asks of other processes: an auditor that tries to find out what a release hides."""
