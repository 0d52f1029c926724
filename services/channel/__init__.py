"""Channel: what the local authority Dovetail team knows, and the cases that it is given."""
