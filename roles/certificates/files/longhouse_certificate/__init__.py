"""The edge's certificate from an ACME authority: when it is due, how it is asked for, how it comes to be served."""
