"""What people send: what a file is, and how its pictures are had."""
