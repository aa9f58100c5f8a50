"""What was measured: its model, its Action Units, its files; nothing here is of Azure or SQL."""
