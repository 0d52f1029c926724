"""Forms as people really send them: every edition, in every shape that a document can give a label and an answer."""
