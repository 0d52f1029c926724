"""Sample referrals of synthetic people, in every form that the doors accept."""
