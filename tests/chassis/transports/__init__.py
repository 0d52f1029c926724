"""The conformance suite of the bus: every transport passes the same attacks; rows of one transport say so."""
