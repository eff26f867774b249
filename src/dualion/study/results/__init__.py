"""The results document of a study and its form."""
