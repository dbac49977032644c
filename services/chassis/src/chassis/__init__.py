"""What every Longhouse service needs and no domain knows: one module per concern."""
