"""An application that has never heard of Longhouse."""
