"""Watches over the other services: where each referral went, what waits, what failed, who vouches for the audit."""
