"""From a row that says what to send to the proof that it was sent."""
