"""What is known of names and expressions before a loop, and by what evidence."""
