"""What was measured: its model, its Action Units, its files. Knows nothing of Azure or SQL."""
