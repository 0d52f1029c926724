"""What statistics asks of other processes: an auditor that checks lists of people, hiding, charts, packs."""
