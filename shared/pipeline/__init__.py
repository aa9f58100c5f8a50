"""What happens to media from the upload to the report."""
