"""Small pictures of every kind that greybox makes, to see when one looks different."""
