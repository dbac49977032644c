"""Sessions: logging in, staying logged in, ending it."""
