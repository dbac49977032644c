"""Keys: signing access tokens and publishing what verifies them."""
