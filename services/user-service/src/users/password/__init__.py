"""Another password: changed by who knows the present one, or reset by who reads the account's mail."""
