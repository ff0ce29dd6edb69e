"""What `migration` runs: explicit statements, never our declared tables."""
