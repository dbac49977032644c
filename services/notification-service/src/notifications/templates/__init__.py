"""What messages say: one folder a template and locale, rendered by `renderer`, their data described by `fields`."""
