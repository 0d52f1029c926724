"""What the services say to each other: envelope, vocabulary and one module of events per publisher and audience."""
