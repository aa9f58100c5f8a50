"""Jobs: their rows and trace, what their containers say of them, and how many there may be."""
