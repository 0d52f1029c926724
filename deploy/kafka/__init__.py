"""Apache Kafka on this machine: one KRaft broker, or three, from the jars that the Maven file names."""
