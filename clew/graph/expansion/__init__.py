"""What is asked next: the plan, its waves, and which answers are there already."""
